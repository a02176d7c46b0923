"""Whose column is which: the names of shop systems, product feeds and recommenders, mapped to our fields.

It knows names only. Case, spaces, dashes and underscores don't count: USER_ID, UserId and user-id are one name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from recommender.data.availability import about, spelled
from recommender.importing.coded_columns import SALE, find_coded
from recommender.importing.reading.rows import own_name


class Kind(StrEnum):
    """What the rows of a file are."""

    ITEMS = "items"
    USERS = "users"
    EVENTS = "interactions"
    LINKS = "links"


# our field -> the names it goes by elsewhere; the first that a file has is taken
NAMES: Mapping[Kind, Mapping[str, tuple[str, ...]]] = {
    Kind.EVENTS: {
        "event_id": ("event_id", "id"),
        "user_id": ("user_id", "visitor_id", "customer_id", "user_token", "user"),
        "item_id": ("item_id", "product_id", "object_id", "parent_asin", "asin", "item"),
        "event_type": ("event_type", "feedback_type", "type", "event", "behavior_type", "action"),
        "value": ("value", "event_value", "rating", "revenue", "price"),
        "currency": ("currency", "currency_code"),
        "quantity": ("quantity", "count"),
        "text": ("text", "comment", "review", "search_query", "query"),
        "session_id": (
            "session_id",
            "basket_id",
            "order_id",
            "cart_id",
            "order_number",
            "invoice_no",
            "订单ID",
            "订单号",
        ),
        "recommendation_id": ("recommendation_id", "attribution_token", "query_id"),
        "status": ("status", "financial_status", "order_status", "payment_status"),
        "returned_at": ("returned_at", "refunded_at", "cancelled_at", "canceled_at"),
        "time": ("time", "timestamp", "event_time", "time_stamp", "sent_at", "created_at", "date"),
    },
    Kind.ITEMS: {
        "item_id": ("item_id", "product_id", "parent_asin", "asin", "sku", "variant_sku", "id", "handle"),
        "title": ("title", "name", "product_name", "item_name"),
        "description": ("description", "product_description", "body_html", "short_description", "comment"),
        "brand": ("brand", "brands", "store", "vendor"),
        "categories": (
            *("categories", "category", "category_path", "product_type", "product_category", "google_product_category"),
            "genres",
        ),
        "price": (
            *("price", "price_info_price", "regular_price", "variant_price", "unit_price", "base_price"),
            *("selling_price", "current_price", "retail_price", "list_price", "original_price", "sale_price"),
            *("special_price", "价格", "售价"),
        ),
        "image": ("image", "image_url", "image_link", "images", "image_uri", "image_src"),
        "url": (
            *("url", "link", "product_url", "item_url", "product_link", "permalink", "canonical_link", "canonical_url"),
            *("landing_page", "uri"),
        ),
        "currency": ("currency", "currency_code", "price_currency", "price_info_currency_code"),
        "prices": ("prices",),
        "language": ("language", "language_code", "lang", "content_language"),
        "translations": ("translations",),
        "attributes": ("attributes", "labels", "details"),
        "available_from": (
            *("available_from", "creation_timestamp", "available_time", "timestamp", "time_stamp"),
            *("availability_date", "available_date", "date_available", "publish_at", "published_at", "publish_date"),
            *("online_from", "product_available_date", "launch_date", "上架时间"),
        ),
        "available_until": (
            *("available_until", "expire_time", "expires_at", "available_to", "expiration_date", "unpublish_at"),
            *("online_until", "online_to", "end_of_sale", "discontinued_at", "archived_at", "deleted_at", "下架时间"),
        ),
        "hidden": ("hidden", "is_hidden", "is_deleted"),
        "kind": ("kind",),
    },
    Kind.USERS: {
        "user_id": ("user_id", "visitor_id", "customer_id", "user", "id"),
        "attributes": ("attributes", "labels"),
        "consent": ("consent", "has_consent", "consent_given", "gdpr_consent"),
        "consent_time": ("consent_time", "consent_at", "consent_date", "consent_timestamp", "consent_updated_at"),
        "created_at": ("created_at", "creation_timestamp", "signed_up_at"),
    },
    Kind.LINKS: {
        "source_user_id": ("source_user_id", "source", "truster", "follower", "from", "user_id", "user"),
        "target_user_id": ("target_user_id", "target", "trustee", "trusted", "followee", "followed", "to", "friend_id"),
        "kind": ("kind", "type", "link_type"),
        "weight": ("weight", "value", "strength"),
    },
}
# columns of items that are read as well: where the first is blank, or where a sale's price holds
ALSO: Mapping[str, tuple[str, ...]] = {
    "price": NAMES[Kind.ITEMS]["price"],
    "categories": ("product_type", "product_category", "google_product_category"),
    "description": ("body_html", "short_description"),
    "sale_price": ("sale_price", "special_price", "discounted_price", "discount_price", "促销价"),
    "sale_start": ("date_sale_price_starts", "special_price_from_date", "date_on_sale_from", "sale_price_starts"),
    "sale_end": ("date_sale_price_ends", "special_price_to_date", "date_on_sale_to", "sale_price_ends"),
    "sale_range": ("sale_price_effective_date",),
}
OTHER_IDS = {"sku": ("id",), "variantsku": ("id",)}  # shops leave these blank, and have another id for each item
AVAILABILITY = ("status", "availability", "stock")  # what --map may call any of the columns that speak of it
LEVELS = ("category_l1", "category_l2", "category_l3")  # Amazon Personalize's category path
REQUIRED = {
    Kind.EVENTS: ("time",),
    Kind.ITEMS: ("item_id",),
    Kind.USERS: ("user_id",),
    Kind.LINKS: ("source_user_id", "target_user_id"),
}
KEEPS_ATTRIBUTES = frozenset({Kind.ITEMS, Kind.USERS})

_TYPE_NAMES = {
    "view": "view click detailpageview pageview pv read watch open itemview viewitem product_view viewcontent",
    "cart": "cart addtocart atc basket addtobasket",
    "favorite": "favorite favourite fav wishlist addtowishlist favorited favourited save saved bookmark 收藏",
    "removal": "removal removefromcart removefrombasket cartremove removedfromcart",
    "purchase": "purchase purchasecomplete buy bought order ordered transaction checkout conversion sale",
    "rating": "rating rate rated star stars like",
    "review": "review reviewed comment",
    "search": "search searched query",
    "return": "return returned refund refunded chargeback cancel cancelled canceled cancellation void voided reversal",
}
EVENT_TYPE_NAMES = {name.replace("_", ""): ours for ours, names in _TYPE_NAMES.items() for name in names.split()}


class UnclearColumns(ValueError):
    """A file whose columns can't be understood; the message says which and what to do."""


def same_name(name: str) -> str:
    """What remains of a name when its spelling doesn't count."""
    return spelled(name)


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file's columns are read: `fields` ours -> theirs, `levels` of a category path, the rest."""

    kind: Kind
    fields: Mapping[str, str]
    levels: tuple[str, ...]
    rest: tuple[str, ...]  # attributes of items and users; left out of events and links
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what is read beside `fields`, see `ALSO`
    availability: Mapping[str, str] = field(default_factory=dict)  # theirs -> the known name it is read by
    coded: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # theirs -> ours and its currency or language

    def lines(self) -> list[tuple[str, str]]:
        """What to show: (their column, what becomes of it)."""
        shown = [(theirs, ours) for ours, theirs in self.fields.items()]
        shown += [(name, f"categories, level {depth}") for depth, name in enumerate(self.levels, 1)]
        shown += [(name, f"{ours}, too") for ours, names in self.also.items() for name in names]
        shown += [(name, "availability") for name in self.availability]
        shown += [(name, f"{ours} in {code}") for name, (ours, code) in self.coded.items()]
        keeps = self.kind in KEEPS_ATTRIBUTES
        return shown + [(name, f"attribute {name.lower()}" if keeps else "not used") for name in self.rest]

    @property
    def used(self) -> frozenset[str]:
        """The columns that are read, each as a field of ours or a part of one."""
        also = (name for names in self.also.values() for name in names)
        return frozenset((*self.fields.values(), *self.levels, *also, *self.availability, *self.coded))


def map_columns(kind: Kind, columns: Iterable[str], wanted: Mapping[str, str] | None = None) -> Columns:
    """Finds our fields among `columns`; `wanted` (ours -> theirs, blank where no column is it) goes first."""
    columns = list(columns)
    unwanted = {ours for ours, theirs in (wanted or {}).items() if not theirs}
    fields = _wanted(kind, columns, wanted or {})
    by_name = {same_name(name): name for name in reversed(columns)}
    for ours, names in NAMES[kind].items():
        theirs = next((by_name[same_name(name)] for name in names if same_name(name) in by_name), None)
        if ours not in {*fields, *unwanted} and theirs is not None and theirs not in fields.values():
            fields[ours] = theirs
    levels = tuple(by_name[same_name(name)] for name in LEVELS if same_name(name) in by_name)
    if kind is not Kind.ITEMS or "categories" in fields:
        levels = ()
    missing = [ours for ours in REQUIRED[kind] if ours not in fields]
    if missing:
        raise UnclearColumns(
            f"{kind} need a column for {' and '.join(missing)}, and none of {', '.join(columns) or 'no columns'} is "
            f"known as that: name it with --map {missing[0]}=THEIR_COLUMN"
        )
    also = _also(fields, by_name) if kind is Kind.ITEMS else {}
    fields = {ours: fields[ours] for ours in NAMES[kind] if ours in fields}
    found = Columns(kind, fields, levels, (), also, _availability(kind, columns, fields, wanted or {}))
    if kind is Kind.ITEMS:
        known = {**NAMES[kind], SALE: ALSO[SALE]}
        found = replace(found, coded=find_coded((name for name in columns if name not in found.used), known))
    return replace(found, rest=tuple(name for name in columns if name not in found.used))


def own_columns(kind: Kind, columns: Iterable[str]) -> Columns:
    """Columns that are in our names already: only these are fields."""
    names = dict.fromkeys([*columns, *REQUIRED[kind]])
    return map_columns(kind, names, {ours: ours if ours in names else "" for ours in NAMES[kind]})


def _also(fields: Mapping[str, str], by_name: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What else is read of an item beside its fields."""
    taken = set(fields.values())
    known = {**ALSO, "item_id": OTHER_IDS.get(same_name(fields.get("item_id", "")), ())}
    also: dict[str, tuple[str, ...]] = {}
    for ours in ("sale_price", *known):  # a sale's price is no price to fall back on
        theirs = [by_name[same_name(name)] for name in known[ours] if same_name(name) in by_name]
        if found := tuple(name for name in theirs if name not in taken and ours not in also):
            also[ours] = found
            taken.update(found)
    return also


def _availability(
    kind: Kind, columns: Iterable[str], fields: Mapping[str, str], wanted: Mapping[str, str]
) -> dict[str, str]:
    """The columns of items that speak of availability, known ones and those that were named by hand."""
    if kind is not Kind.ITEMS:
        return {}
    by_hand = {theirs: ours for ours, theirs in wanted.items() if ours in AVAILABILITY}
    free = (name for name in columns if name not in fields.values())
    return {name: by_hand.get(name, name) for name in free if name in by_hand or about(name) is not None}


def _wanted(kind: Kind, columns: list[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The part of --map that is about this kind of file and these columns."""
    return {ours: theirs for ours, theirs in wanted.items() if ours in NAMES[kind] and theirs in columns}


def parse_map(pairs: Iterable[str]) -> dict[str, str]:
    """`ours=theirs` pairs of the command line; a dash says that no column is it."""
    known = {ours for names in NAMES.values() for ours in names} | set(AVAILABILITY)
    mapping: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs or ours not in known:
            raise UnclearColumns(f"--map {pair!r} is not OURS=THEIRS, where OURS is one of {', '.join(sorted(known))}")
        mapping[ours] = "" if theirs == "-" else own_name(theirs)
    return mapping


def parse_types(pairs: Iterable[str]) -> dict[str, str]:
    """`ours=theirs` pairs that say what a shop calls our event types; the answer is theirs -> ours."""
    types = dict(EVENT_TYPE_NAMES)
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        if not equals or not theirs or ours not in _TYPE_NAMES:
            raise UnclearColumns(f"--type {pair!r} is not OURS=THEIRS, where OURS is one of {', '.join(_TYPE_NAMES)}")
        types[same_name(theirs)] = ours
    return types
