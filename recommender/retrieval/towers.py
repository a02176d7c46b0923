"""What follows what, learned: an item as a vector of what it leads to and as one of what leads to it.

Both are the item's content (words of its title, brand, categories, the LLM's reading) through a learned projection,
plus a part of its own; so an item that hardly anyone touched is placed by what it is. `tower_network` fits them.

Shape suffixes: N items, D width, K the shopper's distinct items, C candidates, H latest items, E width of the content.
"""

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.models.tensors import Tensors
from recommender.retrieval.base import CandidateSource, Column, Past, register
from recommender.retrieval.counting import MOST_ITEMS, word_vectors
from recommender.retrieval.factors import decompose
from recommender.retrieval.query import Floats, Ints, Query, best_rows

LATEST = 10
FACTORS = 256
GROUP_WEIGHTS = {"brand": 0.7, "category": 0.7, "root": 0.4}  # beside the words of a title, which have length 1
SPREAD = 0.3  # of the content's figures
LEAST_EVENTS = 1_000
CLOSE = 0.3  # cosine from which one item is said to lead to another


class Towers(CandidateSource):
    """In shops whose shoppers don't come back to their own items; it learns, and so stays while counts are renewed."""

    name, default_quota, sentence, is_learned = "towers", 200, "onward", True
    columns = ("towers near", "towers far", "towers by content", "towers nearest", "towers of the last")

    def fit_tensors(self, past: Past) -> Tensors:
        if past.repeats or past.items > MOST_ITEMS or len(past.events) < LEAST_EVENTS:
            return {}
        from recommender.retrieval.tower_network import fit_towers  # heavy: imports torch

        return fit_towers(past.events, past.once("content", lambda: content_of(past)), past.memo)

    def is_active(self, bundle: ModelBundle) -> bool:
        return self.name in bundle.parts

    def retrieve(self, query: Query) -> Ints | None:
        tensors = query.bundle.parts[self.name]
        scores_N = tensors["out_ND"] @ self._led(query, "in_ND", "near") * tensors["sharpness"][0] + tensors["bias_N"]
        free = np.flatnonzero(query.free_N)
        return best_rows(free, scores_N[free], query.quota(self.name, self.default_quota))

    def values(self, query: Query, rows_C: Ints) -> Iterator[Column]:
        tensors = query.bundle.parts[self.name]
        out_CD = tensors["out_ND"][rows_C]
        yield out_CD @ self._led(query, "in_ND", "near")
        yield out_CD @ self._led(query, "in_ND", "far")
        yield tensors["content_out_ND"][rows_C] @ self._led(query, "content_in_ND", "near")
        cosines_CH = out_CD @ unit(tensors["in_ND"][query.shopper.rows_K[:LATEST]]).T
        yield cosines_CH.max(axis=1)
        yield cosines_CH[:, 0]

    def leads(self, query: Query, rows_R: Ints) -> Floats:
        tensors = query.bundle.parts[self.name]
        cosines_RK = tensors["out_ND"][rows_R] @ unit(tensors["in_ND"][query.shopper.rows_K]).T
        return np.where(cosines_RK >= CLOSE, cosines_RK, np.float32(0))

    def _led(self, query: Query, tower: str, view: str) -> Floats:
        """Where the shopper's items lead together, of length 1, shape (D,)."""
        led_D = query.weights[view] @ query.bundle.parts[self.name][tower][query.shopper.rows_K]
        return np.asarray(led_D / max(float(np.linalg.norm(led_D)), 1e-9), dtype=np.float32)


def content_of(past: Past) -> Floats:
    """Words, brand and categories in few numbers, beside the vectors of the texts; float32 of shape (N, E)."""
    parts = [past.once("titles", lambda: word_vectors(past.titles))]
    for kind, weight in GROUP_WEIGHTS.items():
        codes_N, unnamed = past.groups[kind]
        shape = (past.items, max(int(codes_N.max(initial=0)), unnamed) + 1)
        weights_N = np.where(codes_N == unnamed, 0, weight).astype(np.float32)
        parts.append(sp.csr_matrix((weights_N, (np.arange(past.items), codes_N)), shape=shape))
    left_NR, values_R, _ = decompose(sp.hstack(parts).tocsr().astype(np.float32), FACTORS)
    texts_NT = past.text_MT[past.text_row_N]
    content_NE = np.concatenate([left_NR * values_R, texts_NT - texts_NT.mean(axis=0)], axis=1)
    return np.asarray(content_NE * (SPREAD / max(float(content_NE.std()), 1e-9)), dtype=np.float32)


def unit(vectors: NDArray[np.float32]) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), dtype=np.float32)


register(Towers())
