"""How good rankings are: accuracy, and what else a shop asks of them, over all shoppers at once.

The project's own definitions, pure functions over rankings (an array of item rows a shopper, the best first). A shopper
who wanted nothing counts in no measure of accuracy; an empty ranking holds no place. k places are looked at, of a
shorter ranking those there are.

| measure | of one list | source |
|---|---|---|
| NDCG@k | sum of 1 / log2(1 + place) of the hits, over that of the best order | Järvelin, Kekäläinen, TOIS 2002 |
| Recall@k | hits / items wanted | |
| HitRate@k | 1 if there is a hit | |
| NewItems@k | places of items that are new in the shop / all places of all lists | |
| NewToShopper@k | places of items that the shopper had not had / all places of all lists | |
| Coverage@k | different items in all lists / items that may be recommended | Ge et al., RecSys 2010 |
| Diversity@k | 1 - mean cosine of all pairs of a list; mean of lists of two or more | Ziegler et al., WWW 2005 |
| Popularity@k | mean percentile of popularity; .5: as of items drawn at random | Yin et al., VLDB 2012 |
| PopularityLift@k | mean popularity of lists / of what their shoppers had, less 1 | Abdollahpouri et al., RecSys 2020 |

Shape suffixes: U shoppers, K places of the ranking, N items, T width of the items' vectors.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.reranking.diversity import likeness_within

Rows = NDArray[np.int64]
Rankings = Sequence[Rows]
PLACES = (10, 20)
SPARSE_BELOW = 5  # items had before: a shopper of fewer is sparse, one of none is new
GROUPS = ("new shoppers", "sparse shoppers", "known shoppers")


@dataclass(frozen=True)
class Ground:
    """What rankings are measured against: one entry a shopper in `wanted` and `had`, one an item in the others.

    `vectors` gives the vectors of rows, of length 1; `new_N` says which items are new in the shop, `pool_N` which may
    be recommended, `popularity_N` how much was done with each before.
    """

    wanted: Rankings
    had: Rankings
    popularity_N: NDArray[np.float64]
    new_N: NDArray[np.bool_]
    pool_N: NDArray[np.bool_]
    vectors: Callable[[Rows], NDArray[np.float32]]

    def of(self, places: Rows) -> "Ground":
        """The same of some of the shoppers."""
        wanted, had = [self.wanted[place] for place in places.tolist()], [self.had[place] for place in places.tolist()]
        return Ground(wanted, had, self.popularity_N, self.new_N, self.pool_N, self.vectors)


def measure_rankings(rankings: Rankings, ground: Ground, places: Sequence[int] = PLACES) -> dict[str, float]:
    """Each measure at each of `places`, by its usual name. Wanted items outside the pool count as missed."""
    hits_UK, relevant_U = find_hits(rankings, ground.wanted, max(places))
    measured = all_metrics(hits_UK, relevant_U, places)
    for k in places:
        more = {
            "NewItems": new_item_share(rankings, ground.new_N, k),
            "NewToShopper": new_to_shopper_share(rankings, ground.had, k),
            "Coverage": catalogue_coverage(rankings, ground.pool_N, k),
            "Diversity": diversity(rankings, ground.vectors, k),
            "Popularity": popularity_percentile(rankings, ground.popularity_N, ground.pool_N, k),
            "PopularityLift": popularity_lift(rankings, ground.had, ground.popularity_N, k),
        }
        measured |= {f"{name}@{k}": round(value, 6) for name, value in more.items()}
    return measured


def measure_groups(rankings: Rankings, ground: Ground, places: Sequence[int] = PLACES) -> dict[str, dict[str, float]]:
    """The same of known, sparse and new shoppers apart, with their number; a group without shoppers is left out."""
    group_U = shopper_groups(np.array([len(np.unique(rows)) for rows in ground.had], dtype=np.int64))
    found = {}
    for code, name in reversed(list(enumerate(GROUPS))):
        who = np.flatnonzero(group_U == code)
        if len(who):
            measured = measure_rankings([rankings[place] for place in who.tolist()], ground.of(who), places)
            found[name] = {"shoppers": float(len(who)), **measured}
    return found


def shopper_groups(had_U: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place in `GROUPS` of shoppers who had so many items before."""
    return np.digitize(had_U, [1, SPARSE_BELOW]).astype(np.int64)


def find_hits(rankings: Rankings, wanted: Rankings, k: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which of the first k places hold what their shopper wanted, and how many items that were."""
    hits_UK = np.zeros((len(rankings), k), dtype=bool)
    for place, (ranking, right) in enumerate(zip(rankings, wanted, strict=True)):
        hits_UK[place, : len(ranking[:k])] = np.isin(ranking[:k], right)
    return hits_UK, np.array([len(np.unique(right)) for right in wanted], dtype=np.int64)


def recall_at(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], k: int) -> float:
    """The share of a shopper's right items that stand in the first k places; mean over shoppers who have any."""
    return _mean(hits_UK[:, :k].sum(axis=1) / np.maximum(relevant_U, 1), relevant_U)


def ndcg_at(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], k: int) -> float:
    """The same with a place's worth falling by its logarithm, against the best ranking there could be."""
    worth_K = 1 / np.log2(np.arange(k) + 2)
    gained_U = (hits_UK[:, :k] * worth_K[: hits_UK.shape[1]]).sum(axis=1)
    best_U = np.concatenate([[0.0], np.cumsum(worth_K)])[np.minimum(relevant_U, k)]
    return _mean(gained_U / np.maximum(best_U, 1e-12), relevant_U)


def hit_rate_at(hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], k: int) -> float:
    """The share of shoppers with at least one right item in the first k places."""
    return _mean(hits_UK[:, :k].any(axis=1).astype(np.float64), relevant_U)


def all_metrics(
    hits_UK: NDArray[np.bool_], relevant_U: NDArray[np.int64], places: Sequence[int] = PLACES
) -> dict[str, float]:
    """Each measure of accuracy at each of `places`, by its usual name."""
    measured = {}
    for k in places:
        measured[f"NDCG@{k}"] = ndcg_at(hits_UK, relevant_U, k)
        measured[f"Recall@{k}"] = recall_at(hits_UK, relevant_U, k)
        measured[f"HitRate@{k}"] = hit_rate_at(hits_UK, relevant_U, k)
    return {name: round(value, 6) for name, value in measured.items()}


def new_item_share(rankings: Rankings, new_N: NDArray[np.bool_], k: int) -> float:
    """The share of the first `k` places of all rankings that hold items new in the shop; `new_N` marks these, (N,)."""
    shown = _shown(rankings, k)
    return float(new_N[shown].mean()) if len(shown) else 0.0


def new_to_shopper_share(rankings: Rankings, had: Rankings, k: int) -> float:
    """The share of all places whose items their shopper had not had before."""
    new = [~np.isin(ranking[:k], own) for ranking, own in zip(rankings, had, strict=True)]
    return float(np.concatenate(new).mean()) if any(map(len, new)) else 0.0


def catalogue_coverage(rankings: Rankings, pool_N: NDArray[np.bool_], k: int) -> float:
    """The share of the items that may be recommended which stand in any shopper's first k places."""
    shown = np.unique(_shown(rankings, k))
    return float(pool_N[shown].sum() / max(int(pool_N.sum()), 1))


def diversity(rankings: Rankings, vectors: Callable[[Rows], NDArray[np.float32]], k: int) -> float:
    """How unlike the items of a list are; mean over lists of two items or more."""
    likeness = [likeness_within(vectors(ranking[:k])) for ranking in rankings if len(ranking[:k]) > 1]
    return 1 - float(np.mean(likeness)) if likeness else 0.0


def popularity_percentile(
    rankings: Rankings, popularity_N: NDArray[np.float64], pool_N: NDArray[np.bool_], k: int
) -> float:
    """How popular what is shown is: the mean over all places of the share of the pool that is less popular.

    Items of equal popularity share the middle of their places, so that any drawing at random has .5.
    """
    shown, pool = _shown(rankings, k), np.sort(popularity_N[pool_N])
    if not len(shown) or not len(pool):
        return 0.0
    theirs = popularity_N[shown]
    below, upto = np.searchsorted(pool, theirs, side="left"), np.searchsorted(pool, theirs, side="right")
    return float(((below + upto) / (2 * len(pool))).mean())


def popularity_lift(rankings: Rankings, had: Rankings, popularity_N: NDArray[np.float64], k: int) -> float:
    """By how much more popular things are recommended than shoppers choose: 0: as popular, 1: twice as popular.

    Means of lists and of what their shoppers had, over shoppers who had something; 0 where nobody had.
    """
    pairs = [(ranking[:k], own) for ranking, own in zip(rankings, had, strict=True) if len(own) and len(ranking)]
    if not pairs:
        return 0.0
    shown = float(np.mean([popularity_N[ranking].mean() for ranking, _ in pairs]))
    chosen = float(np.mean([popularity_N[np.unique(own)].mean() for _, own in pairs]))
    return shown / chosen - 1 if chosen > 0 else 0.0


def _shown(rankings: Rankings, k: int) -> Rows:
    """The rows of all first k places of all lists."""
    if not len(rankings):
        return np.zeros(0, dtype=np.int64)
    return np.concatenate([ranking[:k] for ranking in rankings]).astype(np.int64)


def _mean(values_U: NDArray[np.float64] | np.float64, relevant_U: NDArray[np.int64]) -> float:
    counted = relevant_U > 0
    return float(np.asarray(values_U)[counted].mean()) if counted.any() else 0.0
