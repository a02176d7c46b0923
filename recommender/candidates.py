"""Where an answer's items come from: each source scores items, and its best become candidates.

It knows a bundle and a shopper in the model's terms. The ranker decides among what is found here.

Shape suffixes: N items, V distinct item vectors, M distinct texts, T text width, C candidates, K the shopper's
distinct items.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.shoppers import Shopper

LIMITS = {"sequence": 120, "recent": 100, "lasting": 150, "text": 60, "popular": 100, "new": 20}
OF_A_TEXT = 5  # items that say the same, at most
REPEATS = 400  # own items, at most
LEADERS = 60  # the shopper's items that transitions start from


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows worth ranking, and what each source made of every item (the arrays the features are read from)."""

    rows_C: NDArray[np.int64]
    found: dict[str, NDArray[np.int64]]  # source -> the rows it brought, best first
    sequence_V: NDArray[np.float32]
    recent_N: NDArray[np.float32]
    lasting_N: NDArray[np.float32]
    text_M: NDArray[np.float32]


def retrieve(
    bundle: ModelBundle, shopper: Shopper, vector: NDArray[np.float32], allowed_N: NDArray[np.bool_]
) -> Candidates:
    """The best of each source among the allowed rows; every allowed item of a known text can be found."""
    sequence_V = bundle.item_VD @ vector if len(shopper) else np.zeros(len(bundle.item_VD), dtype=np.float32)
    recent_N = transition_scores(bundle, shopper.rows_K, shopper.recent_weights())
    lasting_N = transition_scores(bundle, shopper.rows_K, shopper.lasting_weights())
    text_M = text_scores(bundle, shopper)
    found = {"popular": _popular(bundle, allowed_N)}
    if len(shopper):
        live = bundle.live_rows[allowed_N[bundle.live_rows]]
        newcomers = live[bundle.borrowed_N[live]]
        found["repeat"] = _own(shopper, allowed_N)
        found["sequence"] = _best(live, sequence_V[bundle.item_row_N[live]], LIMITS["sequence"])
        found["recent"] = _best_scored(recent_N, allowed_N, LIMITS["recent"])
        found["lasting"] = _best_scored(lasting_N, allowed_N, LIMITS["lasting"])
        found["text"] = _of_like_text(bundle, text_M, allowed_N)
        found["new"] = _best(newcomers, text_M[bundle.text_row_N[newcomers]], LIMITS["new"])
    rows_C = np.unique(np.concatenate(list(found.values())))
    return Candidates(rows_C, found, sequence_V, recent_N, lasting_N, text_M)


def transition_scores(
    bundle: ModelBundle, rows_K: NDArray[np.int64], weights_K: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How much leads from these items to each other, the weights made to sum to 1."""
    stats = bundle.statistics
    leaders = np.argsort(-weights_K, kind="stable")[:LEADERS]
    leaders = leaders[weights_K[leaders] > 0]
    if not len(leaders):
        return np.zeros(len(bundle.catalogue), dtype=np.float32)
    entries, owners = links_from(bundle, rows_K[leaders])
    mass = stats.weights[entries] * (weights_K[leaders] / weights_K[leaders].sum())[owners]
    scores_N = np.bincount(stats.indices[entries], mass, minlength=len(bundle.catalogue)).astype(np.float32)
    if len(bundle.lenders_BK):
        scores_N[bundle.borrowed_N] = scores_N[bundle.lenders_BK].mean(axis=1)
    return scores_N


def links_from(bundle: ModelBundle, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where in the graph the transitions from these rows stand, and which of them each belongs to."""
    starts = bundle.statistics.indptr[rows]
    lengths = bundle.statistics.indptr[rows + 1] - starts
    owners = np.repeat(np.arange(len(rows)), lengths)
    skipped = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    return (starts - skipped)[owners] + np.arange(len(owners)), owners


def text_scores(bundle: ModelBundle, shopper: Shopper) -> NDArray[np.float32]:
    """Cosine of each text with the mean text of what the shopper came for lately."""
    weights_K = shopper.recent_weights() + 0.3 * shopper.lasting_weights()
    if not (weights_K > 0).any():
        return np.zeros(len(bundle.text_MT), dtype=np.float32)
    mean_T = weights_K @ bundle.text_MT[bundle.text_row_N[shopper.rows_K]]
    scores: NDArray[np.float32] = bundle.text_MT @ (mean_T / max(float(np.linalg.norm(mean_T)), 1e-9))
    return scores


def _own(shopper: Shopper, allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The shopper's own items, those they come back to most first; not what they look at right now."""
    mine_K = np.ones(len(shopper.rows_K), dtype=bool)
    mine_K[shopper.place_L[shopper.context_L]] = False
    order = np.argsort(-shopper.frequency_KH[:, 1], kind="stable")
    order = order[(mine_K & (shopper.frequency_KH[:, 1] > 0))[order]]
    rows: NDArray[np.int64] = shopper.rows_K[order]
    return rows[allowed_N[rows]][:REPEATS]


def _popular(bundle: ModelBundle, allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Only what was really sold: a new item's popularity is lent to it."""
    for enough in (10 * LIMITS["popular"], len(bundle.sellers)):
        rows = bundle.sellers[:enough]
        rows = rows[allowed_N[rows] & ~bundle.borrowed_N[rows]]
        if len(rows) >= LIMITS["popular"]:
            break
    return rows[: LIMITS["popular"]]


def _of_like_text(bundle: ModelBundle, text_M: NDArray[np.float32], allowed_N: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The best sellers of the texts nearest to the shopper's, sold or not."""
    order_N, starts = bundle.rows_by_text
    texts = np.arange(len(text_M))
    if np.count_nonzero(allowed_N) < len(allowed_N) / 2:  # most texts may have no allowed row
        texts = np.unique(bundle.text_row_N[np.flatnonzero(allowed_N)])
    texts = _best(texts, text_M[texts], LIMITS["text"])
    places = starts[texts][:, None] + np.arange(OF_A_TEXT)
    rows: NDArray[np.int64] = order_N[places[places < starts[texts + 1][:, None]]]
    return rows[allowed_N[rows]][: 2 * LIMITS["text"]]


def _best(rows: NDArray[np.int64], scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The rows with the highest scores, the highest first; equal ones in order of row."""
    if len(rows) > count:
        top = np.argpartition(-scores, count)[:count]
        rows, scores = rows[top], scores[top]
    return rows[np.lexsort((rows, -scores))]


def _best_scored(scores_N: NDArray[np.float32], allowed_N: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
    """The same among the few rows that score at all."""
    rows = np.flatnonzero(scores_N)
    rows = rows[allowed_N[rows]]
    return _best(rows, scores_N[rows], count)
