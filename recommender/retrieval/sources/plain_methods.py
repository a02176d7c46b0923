"""The plain methods that a good engineer would try first: a model has to beat them, and reads their scores.

Both rank what the graphs reach, the shopper's own items and what sells; nothing in them is learned by gradient.

Shape suffixes: C items that are ranked.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from recommender.profiles.user_state import LASTING
from recommender.retrieval.base import CandidateSource, Column, register
from recommender.retrieval.query import Ints, Query, best_rows

TEXT_WEIGHT = 0.4  # of the cosine of texts beside transitions
SCALED_BY = 20  # the mean of so many of the best scores becomes 1
Scores = NDArray[np.float64]


def graph_and_text(query: Query, rows_C: Ints) -> Scores:
    """Transitions from what was touched lately, and likeness of texts."""
    steps_C = np.append(query.flow("transitions", "near by flow"), 0)[query.place_of(rows_C)]
    scores: Scores = steps_C + TEXT_WEIGHT * query.texts_of(rows_C)
    return scores


def score_fusion(query: Query, rows_C: Ints) -> Scores:
    """The sum of plain methods, each scaled by its best scores (CombSUM, Fox and Shaw 1994).

    Where products repeat: personal frequency, EASE and shoppers alike; elsewhere transitions with texts, items of the
    same shoppers and shoppers alike.
    """
    place_C = query.place_of(rows_C)

    def along(graph: str, weights: str) -> Scores:
        if graph not in query.bundle.graphs:
            return np.zeros(len(rows_C))
        led_C: Scores = np.append(query.flow(graph, weights), 0)[place_C]
        return led_C

    alike_C = np.append(query.alike[1], 0)[place_C]
    if query.bundle.manifest.repeats:
        frequency_K = np.append(query.shopper.frequency_KH[:, LASTING].clip(min=0), 0)
        parts = [frequency_K[query.own_place_of(rows_C)], along("ease", "liking"), alike_C]
    else:
        parts = [graph_and_text(query, rows_C), along("companions", "far"), alike_C]
    total_C: Scores = np.sum([_scaled(part) for part in parts], axis=0)
    return total_C


def _scaled(scores_C: Scores) -> Scores:
    best = np.partition(scores_C, max(len(scores_C) - SCALED_BY, 0))[-SCALED_BY:]
    scaled: Scores = scores_C / max(float(best.mean()) if len(best) else 0.0, 1e-9)
    return scaled


PLAIN: Mapping[str, Callable[[Query, Ints], Scores]] = {
    "transition graph + text": graph_and_text,
    "score fusion": score_fusion,
}


def rank_plainly(query: Query, count: int) -> dict[str, Ints]:
    """Each plain method's first rows among the allowed ones, the best first; what sells fills up."""
    chosen_N = np.zeros(query.items, dtype=bool)
    chosen_N[query.rows_P] = True
    chosen_N[query.shopper.rows_K] = True
    rows_C = np.flatnonzero(chosen_N & query.allowed_N)
    sellers = query.bundle.sellers[: count + len(rows_C)]
    sellers = sellers[query.allowed_N[sellers]]
    ranked = {}
    for name, method in PLAIN.items():
        rows = best_rows(rows_C, method(query, rows_C), count)
        chosen_N[:] = False
        chosen_N[rows] = True
        ranked[name] = np.concatenate([rows, sellers[~chosen_N[sellers]]])[:count]
    return ranked


class Plain(CandidateSource):
    """Brings nothing: what it says of a candidate is the plain methods' score."""

    name = "plain"
    columns = tuple(PLAIN)

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The score of each plain method."""
        for method in PLAIN.values():
            yield method(query, rows_C)


register(Plain())
