"""Titles that share rare words: a graph finds them, the words themselves compare any candidate.

Shape suffixes: K the shopper's distinct items, C candidates, W words, E entries of the matrix of titles and words.
"""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

from recommender.models.bundle import ModelBundle
from recommender.models.counting.sparse_graph import Graph, Links
from recommender.models.tensors import Tensors
from recommender.retrieval.base import CandidateSource, Column, Past, register
from recommender.retrieval.query import Ints, Query
from recommender.retrieval.sources import graph_fitting

VIEWS = ("last", "near", "far")


class TitleWords(CandidateSource):
    """In shops whose shoppers don't come back to their own items; elsewhere titles add nothing to behaviour."""

    name = "words"
    columns = tuple(f"words {view}" for view in VIEWS)

    def fit_graph(self, past: Past) -> Graph | None:
        """From each title to the nearest by words; None where shoppers come back to items, or items are too many."""
        if past.repeats or past.items > graph_fitting.MOST_ITEMS:
            return None
        return past.once("words", lambda: graph_fitting.word_graph(self._titles(past), past.config.neighbours))

    def fit_tensors(self, past: Past) -> Tensors:
        """The titles' vectors of words as sparse rows; none where `fit_graph` makes no graph."""
        if past.repeats or past.items > graph_fitting.MOST_ITEMS:
            return {}
        return Graph.of(self._titles(past)).tensors()

    def _titles(self, past: Past) -> sp.csr_matrix:
        return past.once("titles", lambda: graph_fitting.word_vectors(past.titles))

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model has the titles' words."""
        return self.name in bundle.parts

    def retrieve(self, query: Query) -> Ints | None:
        """Along the links of titles, from the shopper's items of late."""
        return query.best(query.flow(self.name, "near"), query.quota(self.name))

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """A column a view: how much each title, (C,), shares with those of the history, as the view weighs these."""
        titles = Graph.read(query.bundle.parts[self.name], "")
        known_K = query.shopper.rows_K < len(titles)  # an item that came later has no words here
        known_C = rows_C < len(titles)
        own_E, owner_E = titles.links_from(query.shopper.rows_K[known_K])
        entry_E, candidate_E = titles.links_from(rows_C[known_C])
        place_C = np.flatnonzero(known_C)
        for view in VIEWS:
            weights_K = query.weights[view][known_K]
            asked_W = np.bincount(titles.indices_E[own_E], weights_K[owner_E] * titles.weights_E[own_E], minlength=1)
            word_E = titles.indices_E[entry_E]
            inside_E = word_E < len(asked_W)
            worth_E = np.where(inside_E, asked_W[np.where(inside_E, word_E, 0)], 0) * titles.weights_E[entry_E]
            yield np.bincount(place_C[candidate_E], worth_E, len(rows_C)).astype(np.float64)

    def links(self, query: Query) -> Links | None:
        """Those that lead from the titles of the shopper's leading items."""
        return query.links[self.name]


register(TitleWords())
