"""A query answered: found by its words and by its meaning, fused, filtered, ordered for who asks, counted by facet.

It knows an index beside a model, a query, the query's vector (None: meaning is left out) and a profile (None: nobody
known). It loads no encoder and opens no socket. The shop's rules hold as they do elsewhere, with one difference: what a
query doesn't find no rule brings in.

Shape suffixes: O items of the index.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import PRODUCT
from recommender.profiles.profile import Profile
from recommender.reranking.diversity import falling
from recommender.reranking.rules import Rule, RuleSet
from recommender.search.facets import Facets, count_facets
from recommender.search.fusion import Fusion
from recommender.search.lexical.bm25 import Lexicon
from recommender.search.lexical.exclusion import excluded_texts
from recommender.search.personalization import affinity
from recommender.search.price_words import priced
from recommender.search.query_understanding import Understood
from recommender.search.search_index import Attributes, Shopfront
from recommender.search.text.prices import PricePhrase
from recommender.search.text.tokenization import stem

MOST_BY_MEANING = 300  # items that only the meaning finds
PERSONAL = 0.5  # what being the shopper's kind of thing weighs beside answering the query best (1)
POPULAR = 0.1
MOST_SCORE = 1 + PERSONAL + POPULAR


@dataclass(frozen=True, slots=True)
class Filters:
    """What may be in the answer; names in one filter mean any of them, several filters all of them."""

    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    price_min: float | None = None
    price_max: float | None = None
    attributes: Attributes = field(default_factory=dict)
    kinds: frozenset[str] = frozenset({PRODUCT})
    exclude: frozenset[str] = frozenset()
    without_categories: frozenset[str] = frozenset()  # what the shopper muted
    without_brands: frozenset[str] = frozenset()
    with_sold_out: bool = False  # after all that is on sale


@dataclass(frozen=True, slots=True)
class Hit:
    """One item of an answer: by what it was found, and which of the query's words its text holds.

    `says_without`: its text says that it has none of what the query wants it to be without.
    """

    item_id: str
    kind: str
    score: float
    found_by: tuple[str, ...]  # words | meaning | profile
    matched: tuple[str, ...]
    rules: tuple[Rule, ...] = ()  # it owes its place to
    sold_out: bool = False
    says_without: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """`total` counts all that answers the query within the filters, of which `hits` are a page.

    Of items that a shopper can't tell apart only the best is among them; facets count each.

    `loosened`: what the query says of prices in words ("cheap") and nothing that it finds meets.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Facets
    loosened: tuple[PricePhrase, ...] = ()


def search(
    front: Shopfront,
    query: Understood,
    vector: NDArray[np.float32] | None,
    profile: Profile | None,
    filters: Filters,
    now: datetime,
    n: int = 10,
    offset: int = 0,
    fusion: Fusion | None = None,
    rules: Iterable[Rule] = (),
) -> Found:
    """The page of `n` from `offset` on, the best first."""
    index, fusion = front.index, fusion or Fusion()
    lexicon, row_O = index.lexicon, index.text_row_O
    amounts = query.amounts
    held_M = lexicon.held(query.terms, amounts)
    said_O = lexicon.scores(query.terms, query.marks, amounts)[row_O]
    holds_most_O = (held_M >= held_M.max(initial=0) - 1e-5)[row_O]
    for name, named_O in index.names.find(query.terms):  # a name doesn't make up for a word
        said_O[named_O & holds_most_O] += np.float32(lexicon.worth_of_names(name))
    by_words_O = lexicon.found(held_M, _find_informative_texts(lexicon, query))[row_O]
    if query.is_of_prices_alone:
        by_words_O = np.ones(len(index), dtype=bool)
    meant_O = np.zeros(len(index), dtype=np.float32)
    if vector is not None:
        meant_O = front.likeness(vector, by_words_O, MOST_BY_MEANING)
    near_O = fusion.near(meant_O, MOST_BY_MEANING)
    ruled = _ruling(front, rules, by_words_O, now)
    base_O = (by_words_O | near_O) & _may_be_shown(front, filters, now)
    if query.excluded:
        base_O &= ~excluded_texts(lexicon, query.excluded)[row_O]
    base_O[ruled.left_out()] = False
    base_O, loosened = _priced(front, query, base_O)
    narrowed = _narrowed(front, filters)
    docs = np.flatnonzero(base_O & np.logical_and.reduce([np.ones(len(index), dtype=bool), *narrowed.values()]))
    fused = fusion.fuse(said_O[docs], meant_O[docs], float(held_M.max(initial=0)))
    total = fused + POPULAR * front.popularity_O[docs]
    liked = np.zeros(len(docs), dtype=np.float32)
    if profile is not None and len(docs):
        liked = affinity(front, profile, docs, int(now.timestamp()))
        total = total + PERSONAL * liked
    sold_out = index.catalogue.sold_out[docs]
    places, scores = _placed(ruled, docs, total, sold_out)
    shown = index.catalogue.duplicates.is_first(docs[places])
    places, scores = places[shown], scores[shown]
    order = docs[places].tolist() if ruled else []
    page = slice(offset, offset + n)
    hits = [
        Hit(
            str(index.catalogue.ids[docs[place]]),
            index.catalogue.kind_of(int(docs[place])),
            round(float(score), 6),
            _found_by(bool(by_words_O[docs[place]]), bool(near_O[docs[place]]), float(liked[place])),
            _matched(front, query, int(docs[place])),
            tuple(ruled.touching(int(docs[place]), order)) if ruled else (),
            bool(sold_out[place]),
            _says_without(front, query, int(docs[place])),
        )
        for place, score in zip(places[page], scores[page], strict=True)
    ]
    return Found(len(places), tuple(hits), count_facets(index.catalogue, base_O, narrowed), loosened)


def _priced(
    front: Shopfront, query: Understood, base_O: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], tuple[PricePhrase, ...]]:
    """What costs what the query asks for; bounds always hold, "cheap" is given up where nothing is."""
    loosened: list[PricePhrase] = []
    for price in sorted(query.prices, key=lambda one: bool(one.relation)):
        within_O = base_O & priced(front.index, price)
        if price.relation and not within_O.any():
            loosened.append(price)
        else:
            base_O = within_O
    return base_O, tuple(loosened)


def _find_informative_texts(lexicon: Lexicon, query: Understood) -> NDArray[np.bool_]:
    """Which texts hold something of the query that nonsense doesn't hold by chance."""
    informative_M = lexicon.informative(query.pieces)
    for mark in query.amounts:
        informative_M[lexicon.marks.holders(mark)] = True
    return informative_M


def _ruling(front: Shopfront, rules: Iterable[Rule], by_words_O: NDArray[np.bool_], now: datetime) -> RuleSet:
    """The rules that may touch this answer: an item is pinned only where the query's words find it.

    A pinned category or brand stands for the shopper's best item of it, which is no answer to a query.
    """
    catalogue = front.index.catalogue

    def may_touch(rule: Rule) -> bool:
        return rule.action != "pin" or (rule.target == "item" and bool(by_words_O[rule.rows(catalogue)].any()))

    return RuleSet(filter(may_touch, rules), catalogue, now)


def _placed(
    ruled: RuleSet, docs: NDArray[np.int64], total: NDArray[np.float32], sold_out: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The order of the docs, as places among them, and the score of each in that order; what is sold out comes last."""
    if ruled:
        total = MOST_SCORE * ruled.weighed(docs, (total / MOST_SCORE).clip(0, 1))
    places = np.lexsort((docs, -total, sold_out))
    if not ruled:
        return places, falling(total[places]) if sold_out.any() else total[places]
    found_O = np.zeros(len(ruled.catalogue), dtype=bool)
    found_O[docs[~sold_out]] = True
    places = np.searchsorted(docs, ruled.pinned(docs[places], found_O))
    return places, falling(total[places])


def _may_be_shown(front: Shopfront, filters: Filters, now: datetime) -> NDArray[np.bool_]:
    catalogue = front.index.catalogue
    mask_O = catalogue.sellable(now, filters.with_sold_out).copy()
    of_kinds = catalogue.of_kinds(filters.kinds)
    if of_kinds is not None:
        mask_O &= of_kinds
    if filters.without_categories:
        mask_O &= ~catalogue.in_categories(filters.without_categories)
    if filters.without_brands:
        mask_O &= ~catalogue.of_brands(filters.without_brands)
    gone = catalogue.rows_of(filters.exclude)
    mask_O[gone[gone >= 0]] = False
    return mask_O


def _narrowed(front: Shopfront, filters: Filters) -> dict[str, NDArray[np.bool_]]:
    """By what it is about, what each filter leaves."""
    catalogue, masks = front.index.catalogue, {}
    if filters.categories:
        masks["category"] = catalogue.in_categories(filters.categories)
    if filters.brands:
        masks["brand"] = catalogue.of_brands(filters.brands)
    if filters.price_min is not None or filters.price_max is not None:
        low = filters.price_min if filters.price_min is not None else -np.inf
        high = filters.price_max if filters.price_max is not None else np.inf
        masks["price"] = (catalogue.prices >= low) & (catalogue.prices <= high)  # an unknown price is in no bounds
    if filters.attributes:
        masks["attributes"] = front.index.having(filters.attributes)
    return masks


def _found_by(by_words: bool, near: bool, liked: float) -> tuple[str, ...]:
    named = (("words", by_words), ("meaning", near), ("profile", liked > 0.25))
    return tuple(name for name, holds in named if holds)


def _matched(front: Shopfront, query: Understood, doc: int) -> tuple[str, ...]:
    """Which of the query's words and quantities the item's text holds."""
    row, lexicon = front.index.text_row_O[doc], front.index.lexicon
    words = [word for word in query.words if _is_among(lexicon.holders(stem(word)), row)]
    amounts = [written for mark, written in query.quantities.items() if _is_among(lexicon.marks.holders(mark), row)]
    return tuple(dict.fromkeys([*words, *amounts]))


def _says_without(front: Shopfront, query: Understood, doc: int) -> bool:
    """Whether the item's text denies all that the query denies."""
    row, lexicon = front.index.text_row_O[doc], front.index.lexicon
    denials = [mark for mark in query.marks if mark.startswith("-")]
    return bool(denials) and all(_is_among(lexicon.marks.holders(mark), row) for mark in denials)


def _is_among(holders: NDArray[np.int32], row: int) -> bool:
    place = int(np.searchsorted(holders, row))
    return place < len(holders) and int(holders[place]) == row
