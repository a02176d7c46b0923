"""What goes with an item: chosen on the same occasion by shoppers, and seldom another one of the same kind.

How likely a shopper who chooses the one chooses the other on that visit, as counted; where little was counted, what
sells anyway counts for more. What is known of an item never depends on whose basket it is. Everything is counted when
the model is trained; an answer reads one row of a graph for each item of the basket.

Shape suffixes: N items, C candidates, K distinct items of the basket, E links of these.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.models.counting.sparse_graph import Links
from recommender.ranking.evidence import POPULAR_PLACES, Evidence
from recommender.ranking.pipeline import ScoredItem

PRIOR = 30.0  # occasions' worth of what sells anyway, mixed with what was counted of an item
PLACES_A_KIND = 10  # one in so many is of the very category of what is in the basket
NOTHING_LEADS = -1
Goes = tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]


def complements(bundle: ModelBundle, item_ids: tuple[str, ...], allowed_N: NDArray[np.bool_]) -> Goes:
    """The rows that go with these items, the best first, their scores in (0, 1), and which item each goes with most.

    Among them are the shop's best sellers, which `NOTHING_LEADS` to.
    """
    basket = _basket(bundle, item_ids)
    if not len(basket):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
    links = Links.of(bundle.statistics.occasions, basket)
    # a row is scaled by the root of all that was counted of its item, so that its sum is about that root
    sum_K = np.bincount(links.owners_E, links.weights_E, minlength=len(basket))
    counted_K = sum_K**2
    counted_share_K = counted_K / (counted_K + PRIOR)  # how much of what is said of the item was counted
    shares_E = links.weights_E / np.maximum(sum_K, 1e-9)[links.owners_E] * counted_share_K[links.owners_E]
    rows = np.unique(np.concatenate([links.targets_E.astype(np.int64), bundle.sellers[:POPULAR_PLACES]]))
    rows = rows[allowed_N[rows] & ~np.isin(rows, basket)]
    slot_N = np.full(len(bundle.catalogue), -1, dtype=np.int64)
    slot_N[rows] = np.arange(len(rows))
    slots_E = slot_N[links.targets_E]
    kept = slots_E >= 0
    counted_KC = np.zeros((len(basket), len(rows)))
    np.add.at(counted_KC, (links.owners_E[kept], slots_E[kept]), shares_E[kept])
    sold_C = bundle.popularity_N[rows] / max(float(bundle.popularity_N.sum()), 1e-9)
    total_C = counted_KC.mean(axis=0) + (1 - counted_share_K).mean() * sold_C
    leads_C = np.where(counted_KC.any(axis=0), basket[counted_KC.argmax(axis=0)], NOTHING_LEADS)
    order = np.lexsort((rows, -total_C))
    order = order[total_C[order] > 0]
    scores = np.sqrt(total_C / max(float(total_C.max(initial=0)), 1e-12)) * 0.999
    return rows[order], scores[order].astype(np.float32), leads_C[order]


def few_of_its_kind(bundle: ModelBundle, item_ids: tuple[str, ...], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """An order of these rows, as places among them, in which items of the basket's own categories are spread out."""
    names, leaf_N = bundle.catalogue.leaves
    leaves = {int(leaf) for leaf in leaf_N[_basket(bundle, item_ids)] if names[leaf]}
    same = np.isin(leaf_N[rows], list(leaves))
    others, alike = np.flatnonzero(~same), np.flatnonzero(same)
    before = np.searchsorted(others, alike)  # of the others, where each stands
    spread = np.maximum(before, (PLACES_A_KIND - 1) * np.arange(len(alike)))
    return np.insert(others, np.minimum(spread, len(others)), alike)


def goes_with(bundle: ModelBundle, item_id: str, n: int, allowed_N: NDArray[np.bool_]) -> list[ScoredItem]:
    """What goes with one item; KeyError for an id that isn't known."""
    bundle.catalogue.index[item_id]
    rows, scores, leads = complements(bundle, (item_id,), allowed_N)
    order = few_of_its_kind(bundle, (item_id,), rows)[:n]
    scores = np.minimum.accumulate(scores[order])
    ids = bundle.catalogue.ids
    return [
        ScoredItem(str(ids[row]), float(score), (together(bundle, int(lead)),))
        for row, score, lead in zip(rows[order], scores, leads[order], strict=True)
    ]


def together(bundle: ModelBundle, lead: int) -> Evidence:
    """Why an item goes with a basket of which `lead` leads to it most."""
    if lead == NOTHING_LEADS:
        return Evidence("popular")
    return Evidence("context", (str(bundle.catalogue.ids[lead]),), attributes={"by": "together"})


def _basket(bundle: ModelBundle, item_ids: tuple[str, ...]) -> NDArray[np.int64]:
    rows = bundle.catalogue.rows_of(item_ids)
    return np.unique(rows[rows >= 0])
