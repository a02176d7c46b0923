"""The live catalogue in memory: titles, prices and what may be shown now, kept up with the items table.

A model carries the catalogue it was trained on; the shop goes on changing prices and hiding items. It knows the items
table and nothing of models or shoppers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from sys import intern
from types import MappingProxyType
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.data.availability import OUT_OF_STOCK
from recommender.db.tables import Item
from recommender.explain.facts import ItemDescription
from recommender.importing.storing.variants import find_variants
from recommender.store.identity.item_aliases import find_aliases
from recommender.utils.currencies import read_currency
from recommender.utils.languages import pick_language

NOTHING: Mapping[str, Any] = MappingProxyType({})
OVERLAP = timedelta(seconds=30)  # a transaction may commit later than the updated_at it wrote


@dataclass(frozen=True, slots=True)
class LiveItem:
    """What an answer says of an item, and when it may be shown."""

    item_id: str
    title: str
    price: float | None
    brand: str
    categories: list[str]
    hidden: bool
    available_from: datetime | None
    available_until: datetime | None
    retired: bool = False  # the shop's whole catalogue no longer names it
    availability: str | None = None  # in_stock, out_of_stock, preorder, backorder; None: nobody said
    url: str = ""
    image: str = ""
    currency: str = ""
    stock: float | None = None  # how many there are
    price_converted: bool = False  # by the shop's rate, from one of `prices`
    language: str = "en"
    prices: Mapping[str, float] = field(default_factory=dict)  # in other currencies
    translations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # texts in other languages
    head: bytes = field(init=False)  # how an answer's JSON begins on it
    restricted: bool = field(init=False)  # whether it may be that it is not to be shown

    def __post_init__(self) -> None:
        fields = {"item_id": self.item_id, "title": self.title, "price": self.price, **self.card}
        object.__setattr__(self, "head", orjson.dumps(fields)[:-1])
        for name in ("prices", "translations"):  # most have none: a catalogue holds one empty mapping, not millions
            object.__setattr__(self, name, getattr(self, name) or NOTHING)
        for name in ("currency", "language"):
            object.__setattr__(self, name, intern(getattr(self, name)))
        limited = self.available_from is not None or self.available_until is not None
        object.__setattr__(self, "restricted", self.hidden or self.retired or self.sold_out or limited)

    @property
    def card(self) -> dict[str, Any]:
        """What a page draws of an item beside title and price; null where nobody said."""
        fields = {"currency": self.currency, "url": self.url, "image": self.image}
        shown = {name: value or None for name, value in fields.items()}
        return shown | {"stock": self.stock, "price_converted": self.price_converted}

    def shown_in(self, language: str | None, currency: str | None) -> "LiveItem":
        """The item as it is shown in a language and a currency, where it has texts and a price in them."""
        said: dict[str, Any] = {}
        if currency is not None and (price := self.prices.get(currency := read_currency(currency))) is not None:
            said = {"price": price, "currency": currency, "price_converted": False}
        if language is not None and self.translations:
            code = pick_language(language, (self.language, *self.translations))
            texts = self.translations.get(code or "", {})
            said |= {name: texts[name] for name in ("title", "categories") if texts.get(name)}
        return replace(self, **said) if said else self

    @property
    def currencies(self) -> tuple[str, ...]:
        """Those in which it has prices, its own first; none where it is retired."""
        return () if self.retired else tuple(code for code in (self.currency, *self.prices) if code)

    @property
    def sold_out(self) -> bool:
        """Whether the shop says that there are none left; one of which it says nothing is not sold out."""
        return self.availability == OUT_OF_STOCK

    def shown(self, now: datetime, with_sold_out: bool = False) -> bool:
        """Whether it may be shown at `now`: not hidden, not retired, in its time; sold out only `with_sold_out`."""
        if self.hidden or self.retired or (self.sold_out and not with_sold_out):
            return False
        if self.available_from is not None and now < self.available_from:
            return False
        return self.available_until is None or now < self.available_until


COLUMNS = (
    Item.item_id,
    Item.title,
    Item.price,
    Item.brand,
    Item.categories,
    Item.hidden,
    Item.available_from,
    Item.available_until,
    Item.retired,
    Item.availability,
    Item.url,
    Item.image,
    Item.currency,
    Item.stock,
    Item.price_converted,
    Item.language,
    Item.prices,
    Item.translations,
)


class LiveItems:
    """All items by id. `refresh` reads what has changed since it last looked. `currency` is the shop's own, if set."""

    def __init__(self, currency: str = "") -> None:
        self.currency = currency
        self.items: dict[str, LiveItem] = {}
        self.variants: dict[str, str] = {}  # the item of each size or colour that has an id of its own
        self.aliases: dict[str, str] = {}  # the item of each id that an item had before
        self._looked_at: datetime | None = None
        self._restricted: frozenset[str] = frozenset()
        self.epoch = 0  # another one whenever a list that was ranked before might be wrong now
        self.currencies: tuple[str, ...] = ()  # in which items have prices
        self._repriced = False  # whether an item has prices in other currencies than before
        self.withdrawn: frozenset[str] = frozenset()  # what the model in service doesn't know is not to be shown

    def refresh(self, session: Session) -> int:
        """Takes in new and changed items; answers how many rows it read."""
        rows, now, read = select(*COLUMNS), datetime.now(UTC), 0
        if self._looked_at is not None:
            rows = rows.where(Item.updated_at > self._looked_at - OVERLAP)
        for fields in session.execute(rows.execution_options(yield_per=5000)):
            self._put(fields)
            read += 1
        if read:
            since = None if self._looked_at is None else self._looked_at - OVERLAP
            self.variants |= find_variants(session.connection(), since)
            self.aliases = find_aliases(session.connection())
            if self._repriced:
                self._repriced = False
                self.currencies = tuple(sorted({code for item in self.items.values() for code in item.currencies}))
            self._restricted = frozenset(item_id for item_id, item in self.items.items() if item.restricted)
        self._looked_at = now
        return read

    def _put(self, fields: Iterable[Any]) -> None:
        item = LiveItem(*fields)
        if self.currency and item.price is not None and not item.currency:
            item = replace(item, currency=self.currency)
        former = self.items.get(item.item_id)
        self._repriced |= former is None or former.currencies != item.currencies
        if former is not None and (former.title, former.translations) != (item.title, item.translations):
            self.epoch += 1  # reasons may name it
        self.items[item.item_id] = item

    def look_up(self, session: Session, item_ids: Iterable[str]) -> None:
        """Takes in these items if they exist: an event may name one that is newer than the last refresh."""
        wanted = list(item_ids)
        for fields in session.execute(select(*COLUMNS).where(Item.item_id.in_(wanted))):
            self._put(fields)
        self.aliases = {**self.aliases, **find_aliases(session.connection(), wanted)}

    def __contains__(self, item_id: str) -> bool:
        return item_id in self.items

    def present_id(self, name: str) -> str:
        """The item that an id means today: its own, the one that had it before, or the one that lists it."""
        return name if name in self.items else self.aliases.get(name) or self.variants.get(name) or name

    def get(self, item_id: str) -> LiveItem | None:
        """The item of this very id, shown or not; None where there is none."""
        return self.items.get(item_id)

    def title(self, item_id: str, language: str | None = None) -> str:
        """The item's title, in a language where it has one in it; the id itself where there is no such item."""
        item = self.items.get(item_id)
        return item.shown_in(language, None).title if item is not None else item_id

    def titles_in(self, language: str | None) -> Callable[[str], str]:
        """`title` in one language."""
        return lambda item_id: self.title(item_id, language)

    def about(self, item_id: str) -> ItemDescription:
        """What a sentence may say of an item."""
        item = self.items.get(item_id)
        if item is None:
            return ItemDescription(item_id)
        return ItemDescription(item.title, item.categories[-1] if item.categories else "")

    def head(
        self, item_id: str, now: datetime, language: str | None = None, currency: str | None = None
    ) -> bytes | None:
        """How an answer's JSON begins on an item, with what a page draws of it; None when it may not be shown."""
        item = self.items.get(item_id)
        if item is None or (item.restricted and not item.shown(now)):
            return None
        return item.shown_in(language, currency).head

    def shown(self, item_id: str, now: datetime, with_sold_out: bool = False) -> bool:
        """Whether there is such an item, and it may be shown at `now`."""
        item = self.items.get(item_id)
        return item is not None and item.shown(now, with_sold_out)

    def withdraw(self, known_as_shown: Callable[[str], bool], now: datetime) -> None:
        """Notes the items that may not be shown now though `known_as_shown` says so: a newer word than the model's."""
        gone = (item_id for item_id in self._restricted if not self.items[item_id].shown(now))
        self.withdrawn = frozenset(item_id for item_id in gone if known_as_shown(item_id))
