"""The recommendation, `recommendation = g(user_profile, item pool)`: retrieve, rank, filter, say why.

It knows a model bundle, a profile and what the shop asks for; it opens no database, no feature store and no socket.

Shape suffixes: N items, C candidates, M distinct texts.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import PURCHASE
from recommender.models.bundle import ModelBundle
from recommender.models.counting.sparse_graph import Links
from recommender.profiles.profile import Profile, prepare_shopper, profile_vectors
from recommender.profiles.user_state import Shopper
from recommender.ranking.evidence import Evidence, gather
from recommender.retrieval import Candidates, retrieve
from recommender.retrieval.cold_start import newcomer_scores
from recommender.retrieval.columns import feature_matrix
from recommender.retrieval.search_intent import score_search_intent
from recommender.retrieval.sources.own_purchases import without_unwanted
from recommender.tracing import annotate, span

__all__ = ["Evidence", "RankingQuery", "ScoredItem", "rank", "recommend", "similar"]
CONTEXT_BOOST = 4.0  # how far being like what is looked at now outweighs habits, in log-odds, at least
SPREADS = 2.5  # of the candidates' log-odds: as far as that, where habits are told far apart
SIMILAR_WEIGHTS = {"text": 0.5, "sequence": 0.3, "transitions": 0.6, "category": 0.15}
OTHER_ROOT = 0.5  # what is left of following an item for one that another root category holds
IMAGE_SHARE = 0.25  # of the sum, where both items have a photo
COMPARED = 300  # nearest texts that an item is compared with beside what it leads to, where there is an index


@dataclass(frozen=True, slots=True)
class RankingQuery:
    """What the shop asks for. Prices are in the shop's currency; `categories` and `brands` mean any of them."""

    n: int = 10
    context_item_ids: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    without_categories: frozenset[str] = frozenset()  # none of these, whatever else is asked
    without_brands: frozenset[str] = frozenset()
    price_min: float | None = None
    price_max: float | None = None
    include_bought: bool = False  # also what the shopper has and hardly anybody buys twice


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """One item of an answer; scores of one answer fall from first to last."""

    item_id: str
    score: float
    evidence: tuple[Evidence, ...] = field(default_factory=tuple)


def recommend(bundle: ModelBundle, profile: Profile | None, query: RankingQuery, now: datetime) -> list[ScoredItem]:
    """g: at most `query.n` items that may be shown at `now`, the best first, each with why it is there.

    Without a profile the context speaks for the shopper; without either, what sells now. Scores are between 0 and 1.
    """
    shopper = prepare_shopper(bundle, profile, now, query.context_item_ids)
    vector = profile.vector if profile is not None and _usable(bundle, profile, query) else None
    allowed_N = one_of_each(bundle, shopper.rows_L, shopper.kinds_L, allowed(bundle, query, now))
    candidates, rows, scores = rank(bundle, shopper, vector, allowed_N, query.n, query.include_bought)
    why = gather(bundle, shopper, candidates, rows)
    return [
        ScoredItem(str(bundle.catalogue.ids[row]), float(score), evidence)
        for row, score, evidence in zip(rows, scores, why, strict=True)
    ]


def _usable(bundle: ModelBundle, profile: Profile, query: RankingQuery) -> bool:
    """Whether the profile's vector stands for the shopper now: of this very model, and no context to add."""
    return profile.model_version == bundle.model_version and not query.context_item_ids


def allowed(bundle: ModelBundle, query: RankingQuery, now: datetime) -> NDArray[np.bool_]:
    """Which rows the answer may hold."""
    catalogue = bundle.catalogue
    mask_N = catalogue.sellable(now).copy()
    left_out = catalogue.rows_of((*query.exclude, *catalogue.with_duplicates(query.context_item_ids)))
    mask_N[left_out[left_out >= 0]] = False
    if query.categories:
        mask_N &= catalogue.in_categories(query.categories)
    if query.brands:
        mask_N &= catalogue.of_brands(query.brands)
    if query.without_categories:
        mask_N &= ~catalogue.in_categories(query.without_categories)
    if query.without_brands:
        mask_N &= ~catalogue.of_brands(query.without_brands)
    if query.price_min is not None:
        mask_N &= catalogue.prices >= query.price_min  # an unknown price is not within any bounds
    if query.price_max is not None:
        mask_N &= catalogue.prices <= query.price_max
    return mask_N


def one_of_each(
    bundle: ModelBundle,
    rows_L: NDArray[np.int64],
    kinds_L: NDArray[np.int8],
    allowed_N: NDArray[np.bool_],
    *preferred: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """The allowed rows, of those that a shopper can't tell apart only one.

    It is one of `preferred`, the last of the last rows first; else what the shopper bought last, of rows (L,) and
    kinds of events (L,) in order of time; else what they last had to do with; else what sells best.
    """
    duplicates = bundle.catalogue.duplicates
    if not duplicates:
        return allowed_N
    known_L = rows_L >= 0
    bought = rows_L[known_L & (kinds_L == PURCHASE)]
    return duplicates.keep_one(allowed_N, bundle.sellers[::-1], rows_L[known_L], bought, *preferred)


def rank(
    bundle: ModelBundle,
    shopper: Shopper,
    vector: NDArray[np.float32] | None,
    allowed_N: NDArray[np.bool_],
    n: int | None = None,
    include_bought: bool = False,
) -> tuple[Candidates, NDArray[np.int64], NDArray[np.float32]]:
    """sources -> features -> ranker: the best `n` candidates (None: all) and their scores.

    What the shopper disliked is not among them, nor, unless asked for, what they have and nobody buys twice.
    """
    if vector is None:
        vector = profile_vectors(bundle, [shopper])[0]
    with span("retrieval"):
        candidates = retrieve(bundle, shopper, vector, without_unwanted(bundle, shopper, allowed_N, include_bought))
        annotate(candidates=len(candidates.rows_C))
    if len(shopper):
        with span("ranker", candidates=len(candidates.rows_C)):
            odds_C = bundle.ranker.score(feature_matrix(bundle, candidates))
        if shopper.context_L.any():
            boost = max(CONTEXT_BOOST, SPREADS * float(np.std(odds_C)))
            odds_C = odds_C + boost * _likeness(bundle, shopper, candidates.rows_C)
        odds_C = odds_C + score_search_intent(bundle, candidates.search_intent, candidates.rows_C)
        scores_C = np.asarray(1 / (1 + np.exp(-np.clip(odds_C, -30, 30))), dtype=np.float32)
    else:
        scores_C = newcomer_scores(bundle, shopper.background, candidates.search_intent, candidates.rows_C)
    order = np.lexsort((candidates.rows_C, -scores_C))[:n]
    return candidates, candidates.rows_C[order], scores_C[order]


def _likeness(bundle: ModelBundle, shopper: Shopper, rows_C: NDArray[np.int64]) -> NDArray[np.float32]:
    """Between 0 and 1: how like the items of the context a candidate is, by text and by what follows them."""
    context = np.unique(shopper.rows_L[shopper.context_L])
    texts_CT = bundle.text_MT[bundle.text_row_N[rows_C]]
    cosines_C = (texts_CT @ bundle.text_MT[bundle.text_row_N[context]].T).max(axis=1).clip(min=0)
    follows_C = led_from(bundle, context)[rows_C]
    likeness: NDArray[np.float32] = (cosines_C + np.sqrt(follows_C / max(float(follows_C.max(initial=0)), 1e-9))) / 2
    return likeness


def led_from(
    bundle: ModelBundle, rows_K: NDArray[np.int64], worth_N: NDArray[np.float32] | None = None
) -> NDArray[np.float64]:
    """How much leads from these items, taken alike, to each other one; new items get what reaches their lenders.

    `worth_N` is what all that reaches an item is multiplied by, (N,); without it by 1.
    """
    weights_K = np.full(len(rows_K), 1 / max(len(rows_K), 1), dtype=np.float32)
    scores_N = Links.of(bundle.statistics.transitions, rows_K).carrying(weights_K).everywhere(len(bundle.catalogue))
    if worth_N is not None:
        scores_N *= worth_N
    if len(bundle.lenders_BK):
        scores_N[bundle.borrowed_N] = scores_N[bundle.lenders_BK].mean(axis=1)
    return scores_N


def similar(
    bundle: ModelBundle,
    item_id: str,
    n: int,
    now: datetime | None = None,
    only_N: NDArray[np.bool_] | None = None,
) -> list[ScoredItem]:
    """Items like this one: by text, by what shoppers do before and after, by category.

    What is chosen after it counts by how much more often than its sales alone would bring: divided by the root of all
    that sold of the other item. KeyError for an id that isn't known.
    """
    row = bundle.catalogue.index[item_id]
    allowed_N = np.ones(len(bundle.catalogue), dtype=bool) if now is None else bundle.catalogue.sellable(now).copy()
    allowed_N[row] = False
    if only_N is not None:
        allowed_N &= only_N
    follows_N = led_from(bundle, np.array([row]))
    rows_C = _worth_comparing(bundle, row, allowed_N, follows_N, n)
    lifted_N = led_from(bundle, np.array([row]), bundle.rarity_N)
    category_C, may_stand_in_C = _category_agreement(bundle, row, rows_C)
    parts = {
        "text": bundle.texts.cosines(bundle.text_MT[bundle.text_row_N[row]], bundle.text_row_N[rows_C]).clip(min=0),
        "sequence": bundle.item_cosines(bundle.item_VD[bundle.item_row_N[row]], rows_C).clip(min=0),
        "transitions": may_stand_in_C * np.sqrt(lifted_N[rows_C] / max(float(lifted_N.max()), 1e-9)),
        "category": category_C,
    }
    total_C = np.asarray(sum(SIMILAR_WEIGHTS[name] * part for name, part in parts.items()))
    total_C = total_C / sum(SIMILAR_WEIGHTS.values())
    if bundle.photos is not None and bundle.photos.row_N[row] >= 0:
        parts["image"] = bundle.photos.like(row, rows_C, bundle.text_index is not None).clip(min=0)
        mixed_C = (1 - IMAGE_SHARE) * total_C + IMAGE_SHARE * parts["image"]
        total_C = np.where(bundle.photos.has(rows_C), mixed_C, total_C)
    best = np.lexsort((rows_C, -total_C))[:n]
    # what is told of two items is how often the one follows the other, not how much more often than it sells
    parts["transitions"] = np.sqrt(follows_N[rows_C] / max(float(follows_N.max()), 1e-9))
    del parts["category"]
    return [
        _like({name: float(part[place]) for name, part in parts.items()}, float(total_C[place]), item_id, str(found))
        for place, found in zip(best, bundle.catalogue.ids[rows_C[best]], strict=True)
    ]


def _category_agreement(
    bundle: ModelBundle, row: int, rows_C: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """1 for a candidate of the item's own category, a half for one of its root, 0 for any other; float32 (C,).

    And what is left, (C,), of what shoppers do: less where the two stand under roots of different names.
    """
    agreement_C, left_C = np.zeros(len(rows_C), dtype=np.float32), np.ones(len(rows_C), dtype=np.float32)
    for name in ("category", "root"):
        codes_N, unnamed = bundle.groups[name]
        if codes_N[row] != unnamed:
            agreement_C += np.float32(0.5) * (codes_N[rows_C] == codes_N[row])
            if name == "root":
                left_C[(codes_N[rows_C] != codes_N[row]) & (codes_N[rows_C] != unnamed)] = OTHER_ROOT
    return agreement_C, left_C


def _worth_comparing(
    bundle: ModelBundle, row: int, allowed_N: NDArray[np.bool_], follows_N: NDArray[np.float64], n: int
) -> NDArray[np.int64]:
    """The allowed rows, ascending; where there is an index, those of the nearest texts and those that `row` leads to.

    Where too few of these are allowed, the nearest texts are those that have an allowed row.
    """
    if bundle.text_index is None:
        return np.flatnonzero(allowed_N)
    text_T, count = bundle.text_MT[bundle.text_row_N[row]], COMPARED + n
    rows = bundle.rows_of_texts(bundle.texts.nearest(text_T, count))
    if np.count_nonzero(allowed_N[rows]) < count // 2:
        rows = bundle.rows_of_texts(bundle.texts.nearest(text_T, count, bundle.having_rows(allowed_N)))
    chosen_N = follows_N > 0
    chosen_N[rows] = True
    return np.flatnonzero(chosen_N & allowed_N)


def _like(parts: dict[str, float], total: float, item_id: str, found: str) -> ScoredItem:
    strongest = sorted((name for name, part in parts.items() if part > 0), key=lambda name: -parts[name])
    return ScoredItem(found, total, tuple(Evidence(name, (item_id,)) for name in strongest))
