"""The recommendation, `recommendation = g(user_profile, item pool)`: retrieve, rank, filter, say why.

It knows a model bundle, a profile and what the shop asks for; it opens no database, no feature store and no socket.

Shape suffixes: N items, C candidates, M distinct texts.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.history import History
from recommender.data.side_info import NOTHING
from recommender.models.bundle import ModelBundle
from recommender.models.sparse_graph import Links
from recommender.profiles.profile import Profile, profile_vectors
from recommender.profiles.user_state import Shopper, prepare_question
from recommender.ranking.evidence import Evidence, gather
from recommender.retrieval import Candidates, retrieve
from recommender.retrieval.cold_start import newcomer_scores
from recommender.retrieval.columns import feature_matrix
from recommender.retrieval.search_intent import score_search_intent
from recommender.retrieval.sources.own_purchases import without_unwanted

__all__ = ["Evidence", "RankingQuery", "ScoredItem", "rank", "recommend", "similar"]
CONTEXT_PULL = 4.0  # how far being like what is looked at now outweighs habits, in log-odds, at least
SPREADS = 2.5  # of the candidates' log-odds: as far as that, where habits are told far apart
SIMILAR_WEIGHTS = {"text": 0.5, "sequence": 0.3, "transitions": 0.6}
IMAGE_SHARE = 0.25  # of the sum, where both items have a photo


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
    history, background = (History.of([]), NOTHING) if profile is None else (profile.history, profile.background)
    second = int(now.timestamp())
    shopper = prepare_question(bundle.manifest, history, bundle.catalogue, second, query.context_item_ids, background)
    vector = profile.vector if profile is not None and _usable(bundle, profile, query) else None
    allowed_N = allowed(bundle, query, now)
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
    left_out = catalogue.rows_of((*query.exclude, *query.context_item_ids))
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
    candidates = retrieve(bundle, shopper, vector, without_unwanted(bundle, shopper, allowed_N, include_bought))
    if len(shopper):
        odds_C = bundle.ranker.score(feature_matrix(bundle, candidates))
        if shopper.context_L.any():
            pull = max(CONTEXT_PULL, SPREADS * float(np.std(odds_C)))
            odds_C = odds_C + pull * _likeness(bundle, shopper, candidates.rows_C)
        odds_C = odds_C + score_search_intent(bundle, candidates.wish, candidates.rows_C)
        scores_C = np.asarray(1 / (1 + np.exp(-np.clip(odds_C, -30, 30))), dtype=np.float32)
    else:
        scores_C = newcomer_scores(bundle, shopper.background, candidates.wish, candidates.rows_C)
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


def led_from(bundle: ModelBundle, rows_K: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much leads from these items, taken alike, to each other one; new items get what reaches their lenders."""
    weights_K = np.full(len(rows_K), 1 / max(len(rows_K), 1), dtype=np.float32)
    scores_N = Links.of(bundle.statistics.transitions, rows_K).carrying(weights_K).everywhere(len(bundle.catalogue))
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
    """Items like this one: by text, by what shoppers do before and after; KeyError for an id that isn't known."""
    row = bundle.catalogue.index[item_id]
    text_N = (bundle.text_MT @ bundle.text_MT[bundle.text_row_N[row]])[bundle.text_row_N]
    follows_N = led_from(bundle, np.array([row]))
    parts = {
        "text": text_N.clip(min=0),
        "sequence": (bundle.item_VD @ bundle.item_VD[bundle.item_row_N[row]])[bundle.item_row_N].clip(min=0),
        "transitions": np.sqrt(follows_N / max(float(follows_N.max()), 1e-9)),
    }
    total = sum(SIMILAR_WEIGHTS[name] * part for name, part in parts.items()) / sum(SIMILAR_WEIGHTS.values())
    if bundle.photos is not None and bundle.photos.row_N[row] >= 0:
        looks_N, has_N = bundle.photos.like(row)
        parts["image"] = looks_N.clip(min=0)
        total = np.where(has_N, (1 - IMAGE_SHARE) * total + IMAGE_SHARE * parts["image"], total)
    allowed_N = np.ones(len(text_N), dtype=bool) if now is None else bundle.catalogue.sellable(now).copy()
    allowed_N[row] = False
    if only_N is not None:
        allowed_N &= only_N
    best = np.flatnonzero(allowed_N)
    best = best[np.lexsort((best, -np.asarray(total)[best]))][:n]
    return [_like(bundle, parts, np.asarray(total), item_id, int(other)) for other in best]


def _like(
    bundle: ModelBundle, parts: dict[str, NDArray[np.float32]], total_N: NDArray[np.float32], item_id: str, row: int
) -> ScoredItem:
    strongest = sorted((name for name in parts if parts[name][row] > 0), key=lambda name: -float(parts[name][row]))
    evidence = tuple(Evidence(name, (item_id,)) for name in strongest)
    return ScoredItem(str(bundle.catalogue.ids[row]), float(total_N[row]), evidence)
