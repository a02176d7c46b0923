"""Whose column is which: the names of Amazon Personalize, Gorse, Google Retail and ours, mapped to our fields.

It knows names only. Case, spaces, dashes and underscores don't count: USER_ID, UserId and user-id are one name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from unicodedata import normalize

from recommender.importing.rows import own_name


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
        "item_id": ("item_id", "product_id", "parent_asin", "asin", "sku", "id"),
        "title": ("title", "name", "product_name", "item_name"),
        "description": ("description", "product_description", "comment"),
        "brand": ("brand", "brands", "store", "vendor"),
        "categories": ("categories", "category", "category_path", "genres"),
        "price": ("price", "price_info_price", "sale_price", "unit_price"),
        "image": ("image", "image_url", "image_link", "images", "image_uri"),
        "language": ("language", "language_code", "lang"),
        "attributes": ("attributes", "labels", "details"),
        "available_from": ("available_from", "creation_timestamp", "available_time", "timestamp", "time_stamp"),
        "available_until": ("available_until", "expire_time", "expires_at"),
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
    "cart": "cart addtocart atc basket addtobasket fav favorite favourite wishlist addtowishlist",
    "purchase": "purchase purchasecomplete buy bought order ordered transaction checkout conversion sale",
    "rating": "rating rate rated star stars like",
    "review": "review reviewed comment",
    "search": "search searched query",
    "return": "return returned refund refunded chargeback cancel cancelled canceled cancellation void voided reversal",
}
EVENT_TYPE_NAMES = {name.replace("_", ""): ours for ours, names in _TYPE_NAMES.items() for name in names.split()}


class UnclearColumns(ValueError):
    """A file whose columns can't be understood; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file's columns are read: `fields` ours -> theirs, `levels` of a category path, the rest."""

    kind: Kind
    fields: Mapping[str, str]
    levels: tuple[str, ...]
    rest: tuple[str, ...]  # attributes of items and users; left out of events and links

    def lines(self) -> list[tuple[str, str]]:
        """What to show: (their column, what becomes of it)."""
        shown = [(theirs, ours) for ours, theirs in self.fields.items()]
        shown += [(name, f"categories, level {depth}") for depth, name in enumerate(self.levels, 1)]
        keeps = self.kind in KEEPS_ATTRIBUTES
        return shown + [(name, f"attribute {name.lower()}" if keeps else "not used") for name in self.rest]


def same_name(name: str) -> str:
    """What remains of a name when its spelling doesn't count."""
    return re.sub(r"[\W_]", "", normalize("NFKC", name).lower())


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
    rest = tuple(name for name in columns if name not in fields.values() and name not in levels)
    return Columns(kind, {ours: fields[ours] for ours in NAMES[kind] if ours in fields}, levels, rest)


def _wanted(kind: Kind, columns: list[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The part of --map that is about this kind of file and these columns."""
    return {ours: theirs for ours, theirs in wanted.items() if ours in NAMES[kind] and theirs in columns}


def parse_map(pairs: Iterable[str]) -> dict[str, str]:
    """`ours=theirs` pairs of the command line; a dash says that no column is it."""
    known = {ours for names in NAMES.values() for ours in names}
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
