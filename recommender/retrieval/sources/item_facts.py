"""What the ranker reads of items, of kinds of items and of the shopper: sources that bring nothing and only tell.

Shape suffixes: N items, K the shopper's distinct items, C candidates, G groups of a kind, H latest items, R rank.
"""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.data.event_weights import DAY
from recommender.models.bundle import ModelBundle
from recommender.models.counting.item_statistics import SOLD_DAYS
from recommender.models.counting.sparse_graph import Graph, Links
from recommender.models.tensors import Tensors
from recommender.profiles.user_state import LASTING, LONG, RECENT
from recommender.retrieval.base import CandidateSource, Column, Past, register
from recommender.retrieval.query import Floats, Ints, Query
from recommender.retrieval.sources.factors import factorise, taste_factors
from recommender.retrieval.sources.graph_fitting import owned_matrix
from recommender.utils.vectors import normalise

LATEST = 10  # items of a history that kinds are compared with
DECAY = 0.8
NARROW, RANK = 32, 128
RARE_A_DAY = 0.02
KINDS = ("brand", "category", "root")


class ItemFacts(CandidateSource):
    """What sells, up to the moment of the question and never after it; how old an item is and how often it repeats."""

    name = "item"
    columns = (
        "popular week", "popular month", "popular quarter", "trend", "repeat rate", "age",
        *(f"sold in {days} days" for days in SOLD_DAYS), "idle", "rising", "flow", "length of its histories",
    )  # fmt: skip

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How popular an item is in each window, and its trend; how often it repeats, and how old it is.

        Then what it sold before the question, how long ago and how much beyond the usual; the sum of its transitions,
        and how long the histories are that it is part of. Most are logarithms.
        """
        stats = query.bundle.statistics
        shares = np.log1p(1e4 * stats.popularity_NW[rows_C] / query.bundle.sold_W)
        yield from shares.T
        yield shares[:, 0] - shares[:, 2]
        yield stats.repeat_rate_N[rows_C]
        yield np.log1p(np.maximum(query.now - stats.first_seen_N[rows_C], 0) / DAY)
        sold_WC, idle_C = query.sold(rows_C)
        yield from np.log1p(sold_WC)
        yield np.log1p(idle_C)
        days = max((query.now - stats.since) / DAY, SOLD_DAYS[1])
        usual_C = stats.total_N[rows_C] / days
        yield np.log((sold_WC[1] / SOLD_DAYS[1] + RARE_A_DAY) / (usual_C + RARE_A_DAY))
        yield np.log(stats.flow_N[rows_C])
        yield stats.history_N[rows_C]


class Kinds(CandidateSource):
    """How much of the candidate's brand and categories the shopper chooses, and the candidate's part of it."""

    name = "kinds"
    columns = (
        *(f"{kind} {habit}" for kind in KINDS for habit in
          ("recent", "recent share", "recent part", "lasting", "lasting share", "lasting part", "part sold")),
        *(f"{kind} {latest}" for kind in KINDS for latest in ("share", "of the last", "how often", "how far back")),
        "brand and category", *(f"sold within {kind}" for kind in KINDS), "price gap",
    )  # fmt: skip

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How much of its brand, category and root the shopper chooses, and how many of the latest items share these.

        Then how many share brand and category at once, what all items of each sold, and how far off the price is.
        """
        for kind in KINDS:
            yield from self._habits(query, kind, rows_C)
        latest = query.shopper.rows_L[::-1][:LATEST]
        weights_H = DECAY ** np.arange(len(latest), dtype=np.float32)
        same: dict[str, NDArray[np.bool_]] = {}
        for kind in KINDS:
            codes_N, unnamed = query.bundle.groups[kind]
            codes_C = codes_N[rows_C]
            same[kind] = (codes_N[latest][:, None] == codes_C) & (codes_C != unnamed)
            yield weights_H @ same[kind] / max(float(weights_H.sum()), 1e-9)
            yield same[kind][0]
            yield same[kind].sum(axis=0)
            yield np.where(same[kind].any(axis=0), same[kind].argmax(axis=0), LATEST)
        yield weights_H @ (same["brand"] & same["category"])
        for kind in KINDS:
            yield query.bundle.sold_within[kind][rows_C]
        yield price_gap(query, rows_C)

    def _habits(self, query: Query, kind: str, rows_C: Ints) -> Iterator[Column]:
        bundle, shopper = query.bundle, query.shopper
        codes_N, unnamed = bundle.groups[kind]
        codes_K, codes_C, place_C = codes_N[shopper.rows_K], codes_N[rows_C], query.own_place_of(rows_C)
        named_C = codes_C != unnamed
        for life in (RECENT, LONG):
            frequency_K = shopper.frequency_KH[:, life].clip(min=0)
            total_G = np.bincount(codes_K, frequency_K, minlength=bundle.group_sizes[kind]).astype(np.float32)
            within_C = total_G[codes_C] * named_C
            yield within_C
            yield within_C / (total_G.sum() + np.float32(0.5))
            yield (np.append(frequency_K, 0)[place_C] + np.float32(0.02)) / (within_C + np.float32(0.1))
        yield bundle.part_sold[kind][rows_C]


def price_gap(query: Query, rows_C: Ints) -> Column:
    """How far the candidate's price is from those the shopper pays, as logarithms; 0 where it isn't known."""
    shopper = query.shopper
    level, known = price_level(query.bundle, shopper.rows_K, shopper.frequency_KH[:, LASTING].clip(min=0))
    if not known:
        return 0.0
    return np.nan_to_num(np.abs(np.log1p(query.bundle.catalogue.prices[rows_C]) - level), nan=0.0)


def price_level(bundle: ModelBundle, rows_K: Ints, weights_K: Floats) -> tuple[float, bool]:
    """Mean log1p price of the shopper's items, and whether any of them has a price."""
    prices = np.log1p(bundle.catalogue.prices[rows_K])
    priced = np.isfinite(prices) & (weights_K > 0)
    if not priced.any():
        return 0.0, False
    return float(np.average(prices[priced], weights=weights_K[priced])), True


class KindSteps(CandidateSource):
    """Which brand or category follows those of the shopper's items."""

    name = "kind_steps"
    columns = tuple(f"{kind} step {view}" for kind in KINDS for view in ("last", "near"))

    def fit_tensors(self, past: Past) -> Tensors:
        """A square of each kind, rows summing to at most 1, as sparse rows."""
        graph = past.statistics.transitions
        steps_NN = sp.csr_matrix((graph.weights_E, graph.indices_E, graph.indptr), shape=(len(graph), len(graph)))
        weighed = sp.diags(past.statistics.flow_N) @ steps_NN
        tensors: Tensors = {}
        for kind in KINDS:
            codes_N, unnamed = past.groups[kind]
            size = int(codes_N.max(initial=-1)) + 1
            known = (codes_N != unnamed).astype(np.float32)
            member = sp.csr_matrix((known, (np.arange(len(codes_N)), codes_N)), shape=(len(codes_N), size))
            total = (member.T @ weighed @ member).tocsr()
            total = (sp.diags(1 / (np.asarray(total.sum(axis=1)).ravel() + 1)) @ total).tocsr()
            tensors |= {
                f"{kind}.indptr": total.indptr.astype(np.int64), f"{kind}.indices": total.indices.astype(np.int32),
                f"{kind}.data": total.data.astype(np.float32),
            }  # fmt: skip
        return tensors

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model has counted the steps."""
        return self.name in bundle.parts

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How much leads to the candidate's brand, category and root, each from the last item's and those of late."""
        tensors, led_K = query.bundle.parts[self.name], query.leaders
        for kind in KINDS:
            graph = Graph(*(tensors[f"{kind}.{part}"] for part in ("indptr", "indices", "data")))
            codes_N, size = query.bundle.groups[kind][0], query.bundle.group_sizes[kind]
            from_K = codes_N[query.shopper.rows_K[led_K]]
            inside = from_K < len(graph)  # groups of new items lead nowhere
            groups, place = np.unique(from_K[inside], return_inverse=True)
            links = Links.of(graph, groups)
            for view in ("last", "near"):
                weights_G = np.bincount(place, query.weights[view][led_K][inside], minlength=len(groups))
                yield links.carrying(weights_G.astype(np.float32)).everywhere(size + 1)[codes_N[rows_C]]


class Places(CandidateSource):
    """Where items stand in the graph of transitions: cosines of its factors, which reach further than its links."""

    name = "places"
    columns = ("place near", "place far", "place nearest", "place of the last")

    def fit_tensors(self, past: Past) -> Tensors:
        """The factors of the transitions, `vectors_NR`; none in shops whose shoppers come back to their own items."""
        return {} if past.repeats else {"vectors_NR": factorise(past.statistics, RANK)}

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model has the factors."""
        return self.name in bundle.parts

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """Cosines with the mean places of late and of longer, the greatest with a latest item's, and the last one's."""
        vectors_NR, rows_K = query.bundle.parts[self.name]["vectors_NR"], query.shopper.rows_K
        places_CR = vectors_NR[rows_C]
        for view in ("near", "far"):
            mean_R = query.weights[view] @ vectors_NR[rows_K]
            yield places_CR @ normalise(mean_R)
        cosines_CK = places_CR @ vectors_NR[rows_K[:LATEST]].T
        yield cosines_CK.max(axis=1)
        yield cosines_CK[:, 0]


class ShopperFacts(CandidateSource):
    """The same for all candidates of a shopper: the ranker reads them as context."""

    name = "shopper"
    columns = ("events", "distinct share", "shopping days", "days away", "popularity of the last", "days between")

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """How much the shopper did, on how many days, how long ago, and how popular the last item is."""
        shopper, length = query.shopper, len(query.shopper)
        times = shopper.times_L
        yield float(np.log1p(length))
        yield len(shopper.rows_K) / max(length, 1)
        yield float(np.log1p(shopper.shopping_days))
        yield float(np.log1p(max(shopper.moment - times[-1], 0) / DAY))
        yield float(np.log1p(query.bundle.statistics.total_N[shopper.rows_L[-1]]))
        yield float(np.log1p((times[-1] - times[-2]) / DAY)) if length > 1 else 0.0


class Tastes(CandidateSource):
    """How an item fits the whole history, by the greatest directions of all histories."""

    name = "tastes"
    columns = ("taste narrow", "taste wide")

    def fit_tensors(self, past: Past) -> Tensors:
        """The factors of histories and items' rarity; none in shops whose shoppers come back to their own items."""
        if past.repeats:
            return {}
        factors_NR, rarity_N = taste_factors(owned_matrix(past), RANK)
        return {"factors_NR": factors_NR, "rarity_N": rarity_N}

    def is_active(self, bundle: ModelBundle) -> bool:
        """Whether the model has the factors."""
        return self.name in bundle.parts

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        """The product of item and history in the first `NARROW` and in all `RANK` directions."""
        tensors, rows_K = query.bundle.parts[self.name], query.shopper.rows_K
        factors_NR = tensors["factors_NR"]
        history_R = (query.weights["had"] * tensors["rarity_N"][rows_K]) @ factors_NR[rows_K]
        factors_CR = factors_NR[rows_C]
        for rank in (NARROW, RANK):
            yield factors_CR[:, :rank] @ history_R[:rank]


for _source in (ItemFacts, Kinds, KindSteps, Places, Tastes, ShopperFacts):
    register(_source())
