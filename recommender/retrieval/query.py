"""One shopper's question to all sources: what is shared by them is computed once.

Graphs are walked from the shopper's leading items only, and what they reach is one small pool of rows, so that a
question costs what the shopper's items link to and not what the catalogue holds.

Shape suffixes: N items, K the shopper's distinct items, E links, P rows of the pool, C candidates, B new items.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.models.counting.sparse_graph import Flow, Links
from recommender.profiles.user_state import Shopper
from recommender.retrieval.search_intent import SearchIntent, find_search_intent
from recommender.utils.vectors import normalise

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
LAST = 0.01  # what is left of an event's weight one event further back, where only the last one counts


@dataclass(frozen=True)
class Query:
    """`vector_D` is the profile's; only rows of `allowed_N` may become candidates."""

    bundle: ModelBundle
    shopper: Shopper
    vector_D: Floats
    allowed_N: NDArray[np.bool_]
    _flows: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)  # several columns ask for one

    @property
    def items(self) -> int:
        """N, how many items the model knows."""
        return len(self.bundle.catalogue)

    @cached_property
    def search_intent(self) -> SearchIntent | None:
        """What the shopper searched for lately."""
        return find_search_intent(self.bundle, self.shopper)

    @cached_property
    def weights(self) -> Mapping[str, Floats]:
        """How much each of the shopper's items says, of shape (K,) each, by the name of a view of the history."""
        shopper, stats, config = self.shopper, self.bundle.statistics, self.bundle.manifest.retrieval
        last, near, far = (
            _shares(shopper.by_place(decay, size))
            for decay, size in (
                (LAST, 1.0), (config.near_decay, stats.visit_size), (config.far_decay, stats.visit_size)
            )
        )  # fmt: skip
        flow_K = np.sqrt(stats.flow_N[shopper.rows_K])
        tastes = shopper.tastes_K
        return {
            "last": last,
            "near": near,
            "far": far,
            "near by flow": near * flow_K,
            "far by flow": far * flow_K,
            "taste": _shares(tastes),
            "liking": tastes,
            "had": (shopper.frequency_KH[:, -1] > 0).astype(np.float32),
        }

    @cached_property
    def interest_K(self) -> Floats:
        """How much each of the shopper's items says of what they came for lately."""
        near_K = self.shopper.by_place(self.bundle.manifest.retrieval.near_decay, self.bundle.statistics.visit_size)
        return np.asarray(near_K + np.float32(0.3) * np.sqrt(self.shopper.lasting_K), dtype=np.float32)

    @cached_property
    def interest_T(self) -> Floats:
        """The mean text of what the shopper came for and searched for lately, of length 1, or zeros."""
        bundle = self.bundle
        mean_T = self.interest_K @ bundle.text_MT[bundle.text_row_N[self.shopper.rows_K]]
        mean_T = mean_T if self.search_intent is None else mean_T + self.search_intent.sum_T
        return np.asarray(normalise(mean_T), dtype=np.float32)

    @cached_property
    def text_M(self) -> Floats:
        """Cosine of each text with that mean; not asked where there is an index, which does with fewer."""
        return np.asarray(self.bundle.text_MT @ self.interest_T, dtype=np.float32)

    def texts_of(self, rows_C: Ints) -> Floats:
        """Cosine of the text of each of these rows with that mean, of shape (C,)."""
        texts_C = self.bundle.text_row_N[rows_C]
        if self.bundle.text_index is None:
            return self.text_M[texts_C]
        return self.bundle.texts.cosines(self.interest_T, texts_C)

    def nearest_texts(self, count: int) -> Ints:
        """The texts with the highest cosines; where most items aren't allowed, of those with an allowed row."""
        bundle = self.bundle
        few = np.count_nonzero(self.allowed_N) < self.items / 2
        allowed_M = bundle.having_rows(self.allowed_N) if few else None
        if bundle.text_index is not None:
            return bundle.texts.nearest(self.interest_T, count, allowed_M)
        texts = np.arange(len(bundle.text_MT)) if allowed_M is None else np.flatnonzero(allowed_M)
        return best_rows(texts, self.text_M[texts], count)

    @cached_property
    def now(self) -> int:
        """The moment that what sells is looked up at: never later than the counts reach."""
        return min(self.shopper.asked_at, self.bundle.statistics.until)

    @cached_property
    def _own_place_N(self) -> NDArray[np.int32]:
        place_N = np.full(self.items, len(self.shopper.rows_K), dtype=np.int32)
        place_N[self.shopper.rows_K] = np.arange(len(self.shopper.rows_K))
        return place_N

    def own_place_of(self, rows_C: Ints) -> NDArray[np.int32]:
        """Where rows stand among the shopper's distinct items; their number for those that are none of them."""
        return self._own_place_N[rows_C]

    def sold(self, rows_C: Ints) -> tuple[Floats, Floats]:
        """What each row sold in the windows of days before now, (S, C), and days since it last did, (C,)."""
        return self.bundle.statistics.sold_before(rows_C, self.now)

    @cached_property
    def leaders(self) -> Ints:
        """The places in K of the items that say most of the shopper, late or often."""
        most = self.bundle.manifest.retrieval.leading_items
        weights_K = self.weights["far"] + self.weights["taste"]
        return np.sort(np.argsort(-weights_K, kind="stable")[:most])

    @cached_property
    def links(self) -> dict[str, Links]:
        """What leads from the leading items, by the name of the graph; owners are places in K."""
        rows = self.shopper.rows_K[self.leaders]
        return {name: self._owned(Links.of(graph, rows)) for name, graph in self.bundle.graphs.items()}

    def _owned(self, links: Links) -> Links:
        return Links(self.leaders[links.owners_E], links.targets_E, links.weights_E)

    @cached_property
    def neighbour_flows(self) -> tuple[Flow, Flow]:
        """What a few and many of the shoppers most alike bought lately."""
        return self.bundle.statistics.user_knn.flows(self.shopper.rows_K, self.shopper.tastes_K)

    @cached_property
    def _pool(self) -> tuple[Ints, NDArray[np.int32]]:
        """The rows that any link reaches, ascending, and each row's place among them, -1 for the others."""
        reached_N = np.zeros(self.items, dtype=bool)
        for links in self.links.values():
            reached_N[links.targets_E] = True
        for flow in self.neighbour_flows:
            reached_N[flow.targets_E] = True
        rows = np.flatnonzero(reached_N)
        place_N = np.full(self.items, -1, dtype=np.int32)
        place_N[rows] = np.arange(len(rows), dtype=np.int32)
        return rows, place_N

    @cached_property
    def rows_P(self) -> Ints:
        """The pool: what links reach, and new items, which get what reaches those that lend to them."""
        rows, _ = self._pool
        return np.concatenate([rows, self._new_rows]) if len(self._new_rows) else rows

    @cached_property
    def free_P(self) -> NDArray[np.bool_]:
        """Which rows of the pool are allowed and new to the shopper."""
        return self.free_N[self.rows_P]

    @cached_property
    def free_N(self) -> NDArray[np.bool_]:
        """Which rows are allowed and aren't the shopper's own, whom the source of repeats brings."""
        free_N = self.allowed_N.copy()
        free_N[self.own_rows] = False
        return free_N

    @cached_property
    def own_rows(self) -> Ints:
        """The shopper's own items, those they come back to most first; not what they look at right now."""
        shopper = self.shopper
        own_K = np.ones(len(shopper.rows_K), dtype=bool)
        own_K[shopper.place_L[shopper.context_L]] = False
        order = np.argsort(-shopper.lasting_K, kind="stable")
        order = order[(own_K & (shopper.lasting_K > 0))[order]]
        rows: Ints = shopper.rows_K[order]
        return rows[self.allowed_N[rows]][: self.quota("repeat")]

    def quota(self, source: str, default: int = 30) -> int:
        """How many candidates a source brings at most; `default` where the model's configuration doesn't say."""
        return self.bundle.manifest.retrieval.quota(source, default)

    @cached_property
    def _new_rows(self) -> Ints:
        return np.flatnonzero(self.bundle.borrowed_N)

    @cached_property
    def _slots(self) -> dict[str, tuple[NDArray[np.int32], Links]]:
        _, place_N = self._pool
        return {name: (place_N[links.targets_E], links) for name, links in self.links.items()}

    def flow(self, graph: str, weights: str) -> NDArray[np.float64]:
        """How much leads to each row of the pool along a graph, when the shopper's items weigh so; of shape (P,)."""
        key = (graph, weights)
        if key not in self._flows:
            slots_E, links = self._slots[graph]
            mass_E = links.weights_E * self.weights[weights][links.owners_E]
            self._flows[key] = self._with_new(np.bincount(slots_E, mass_E, len(self._pool[0])).astype(np.float64))
        return self._flows[key]

    @cached_property
    def alike(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What shoppers alike bring to each row of the pool, of shape (P,) each: a few of them, and many."""
        close, wide = self.neighbour_flows
        return self._arriving(close), self._arriving(wide)

    def _arriving(self, flow: Flow) -> NDArray[np.float64]:
        """The same of a flow that doesn't start from the shopper's items."""
        rows, place_N = self._pool
        return self._with_new(np.bincount(place_N[flow.targets_E], flow.mass_E, len(rows)).astype(np.float64))

    def _with_new(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        if not len(self._new_rows):
            return values
        lent_BK = np.append(values, 0)[self._pool[1][self.bundle.lenders_BK]]
        return np.concatenate([values, lent_BK.mean(axis=1)])

    def place_of(self, rows_C: Ints) -> Ints:
        """Where rows stand in the pool; its length for those outside."""
        rows, place_N = self._pool
        place_C = place_N[rows_C].astype(np.int64)
        place_C[place_C < 0] = len(self.rows_P)
        if len(self._new_rows):
            new_C = self.bundle.borrowed_N[rows_C]
            place_C[new_C] = len(rows) + np.searchsorted(self._new_rows, rows_C[new_C])
        return place_C

    def best(self, scores_P: NDArray[np.floating], count: int) -> Ints:
        """The free rows of the pool with the highest scores above 0, the highest first."""
        places = np.flatnonzero((scores_P > 0) & self.free_P)
        return best_rows(self.rows_P[places], scores_P[places], count)


def best_rows(rows: Ints, scores: NDArray[np.floating], count: int) -> Ints:
    """The rows with the highest scores, the highest first; equal ones in order of row."""
    if len(rows) > count:
        top = np.argpartition(-scores, count)[:count]
        rows, scores = rows[top], scores[top]
    return rows[np.lexsort((rows, -scores))]


def _shares(weights_K: Floats) -> Floats:
    shares: Floats = weights_K / max(float(weights_K.sum()), 1e-9)
    return shares
