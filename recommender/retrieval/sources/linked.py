"""Sources that follow links from the shopper's items to other items, each along a graph of its own.

It knows graphs by name; how each is counted, `retrieval.sources.graph_fitting` knows.

Shape suffixes: P rows of the pool, C candidates.
"""

from collections.abc import Callable, Iterator

import numpy as np

from recommender.models.bundle import ModelBundle
from recommender.models.counting.sparse_graph import Graph, Links
from recommender.retrieval.base import CandidateSource, Column, Past, register
from recommender.retrieval.query import Ints, Query
from recommender.retrieval.sources import graph_fitting
from recommender.retrieval.sources.ease import fit_ease


class LinkedSource(CandidateSource):
    """Its columns are what arrives where the shopper's items weigh by a view of the history; `finder` is one of them.

    A column that ends in "lift" also sees how popular the item is anyway.
    """

    def __init__(
        self,
        name: str,
        columns: dict[str, str],
        finder: str,
        fit: Callable[[Past], Graph | None] | None = None,
        sentence: str = "",
    ) -> None:
        self.name, self.sentence = name, sentence
        self.weights, self.finder, self.fit = columns, finder, fit
        self.columns = tuple(columns)

    def fit_graph(self, past: Past) -> Graph | None:
        """What its `fit` makes of the past; None for a graph that the statistics count in any case."""
        return None if self.fit is None else self.fit(past)

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model has the graph of its name."""
        return self.name in bundle.graphs

    def retrieve(self, query: Query) -> Ints | None:
        """The rows where most arrives by the view of `finder`."""
        found_P = query.flow(self.name, self.weights[self.finder])
        return query.best(found_P, query.quota(self.name, self.default_quota))

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """What arrives at each candidate by the view of each column; 0 outside the pool."""
        place_C = query.place_of(rows_C)
        for column, weights in self.weights.items():
            values_C = np.append(query.flow(self.name, weights), 0)[place_C]
            yield values_C * query.bundle.rarity_N[rows_C] if column.endswith("lift") else values_C

    def links(self, query: Query) -> Links | None:
        """Those of its graph that lead from the shopper's leading items."""
        return query.links[self.name]


register(LinkedSource(
    "transitions",
    {
        "next last": "last", "next near": "near", "next far": "far",
        "damped near": "near by flow", "damped far": "far by flow", "next lift": "near by flow",
    },
    finder="damped far",
))  # fmt: skip
register(LinkedSource("together", {"together near": "near", "together taste": "taste", "together lift": "taste"},
                      finder="together taste"))  # fmt: skip
register(LinkedSource("companions", {"companions near": "near", "companions far": "far"}, "companions far",
                      graph_fitting.fit_companions))  # fmt: skip
register(LinkedSource("onward", {"onward near": "near by flow", "onward far": "far by flow"}, "onward near",
                      graph_fitting.fit_onward))  # fmt: skip
register(LinkedSource("step_then_text", {"step then text near": "near by flow", "step then text far": "far by flow"},
                      "step then text near", graph_fitting.fit_step_then_text, sentence="onward"))  # fmt: skip
register(LinkedSource("text_then_step", {"text then step near": "near", "text then step far": "far"},
                      "text then step near", graph_fitting.fit_text_then_step, sentence="onward"))  # fmt: skip
register(LinkedSource("ease", {"ease": "liking"}, "ease", lambda past: fit_ease(past, recent=True), "companions"))
register(LinkedSource("ease_ever", {"ease ever": "had"}, "ease ever", lambda past: fit_ease(past, recent=False),
                      "companions"))  # fmt: skip
