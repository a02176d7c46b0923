"""Goods as the assistant speaks of them, and how a question's words find them in the catalogue.

Found goods are of two kinds: those whose text holds every word that was asked for, and those that only come near. It
knows a search's answer and no shopper.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from recommender.data.availability import BACKORDER, IN_STOCK, OUT_OF_STOCK, PREORDER
from recommender.search.query_understanding import Understood
from recommender.search.text.normalization import fold
from recommender.search.text.tokenization import drop_little_words, split_folded, stem, terms

SOLD_OUT = OUT_OF_STOCK
MOST_NEAR = 3
STATES = (IN_STOCK, SOLD_OUT, PREORDER, BACKORDER)


class GoodsAway(Exception):
    """The catalogue can't be searched now."""


@dataclass(frozen=True, slots=True)
class Good:
    """One product: `availability` is one of `STATES`, None where the shop doesn't say; `stock` counts them."""

    item_id: str
    title: str
    price: float | None = None
    currency: str = ""
    availability: str | None = None
    stock: float | None = None
    category: str = ""  # the narrowest

    @property
    def sold_out(self) -> bool:
        """Whether the shop says that there are none left."""
        return self.availability == SOLD_OUT

    @property
    def state(self) -> str | None:
        """One of `STATES`; a product of which a stock is counted and nothing else said is in stock."""
        return self.availability or (IN_STOCK if self.stock else None)


@dataclass(frozen=True, slots=True)
class FoundGoods:
    """What a query found, the best first: `fitting` hold all that was asked for, `near` some of it."""

    fitting: tuple[Good, ...] = ()
    near: tuple[Good, ...] = ()


@dataclass(frozen=True, slots=True)
class Finder:
    """How goods are found: `find` takes words, and a price that all that is found must be below (None: any).

    It raises `GoodsAway`. `get` gives one item by its id as it may be spoken of now, or None.
    """

    find: Callable[[str, float | None], FoundGoods]
    get: Callable[[str], Good | None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class SeenHit:
    """A product that a search found, with the words of the query that its text holds (see `search.pipeline.Hit`)."""

    good: Good
    matched: tuple[str, ...]
    says_without: bool = False


def content_words(understood: Understood) -> frozenset[str]:
    """The words of a query that a fitting product's text must hold: not little ones, and not those of quantities."""
    amounts = {word for written in understood.quantities.values() for word in split_folded(fold(written))}
    words = drop_little_words([word for word in understood.words if word not in amounts])
    return frozenset(words).union(understood.quantities.values())


def split_by_fit(hits: Sequence[SeenHit], asked: frozenset[str]) -> FoundGoods:
    """Hits by whether their texts hold all words that were asked for, or at least half of them.

    Of those that hold all, where any say that they are without what the shopper doesn't want, only these; and of
    these, where names hold words that were asked for, those whose names hold the most: what is only said to go well
    with coffee is no coffee.
    """
    fitting = [hit for hit in hits if asked <= frozenset(hit.matched)]
    fitting = [hit for hit in fitting if hit.says_without] or fitting
    held = [_named(hit.good, asked) for hit in fitting]
    near = [
        hit.good
        for hit in hits
        if asked - frozenset(hit.matched) and 2 * len(asked & frozenset(hit.matched)) >= len(asked)
    ]
    best = [hit.good for hit, count in zip(fitting, held, strict=True) if count == max(held)]
    return FoundGoods(tuple(best), tuple(near[:MOST_NEAR]))


def _named(good: Good, asked: frozenset[str]) -> int:
    """How many of the words asked for the names of the product and its category hold."""
    names = fold(f"{good.title} {good.category}")
    words = set(terms(names))
    return sum(stem(word) in words or (not word.isascii() and word in names) for word in asked)
