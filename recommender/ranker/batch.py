"""A few hundred queries at once against the sources: their histories as matrices and the scores of every item.

It knows sources and queries. Scores of all items live only as long as a batch, so memory doesn't grow with the log.

Shape suffixes: Q queries, N items, E width of vectors.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from recommender.ranker.graphs import unit
from recommender.ranker.log import Floats, Ints, Queries
from recommender.ranker.sources import Sources

PLACE_DECAYS = {"near": 0.5, "far": 0.85}
_TEXT, _WORDS, _PLACE, _DETOUR, _POPULAR = 0.4, 0.2, 0.3, 6.0, 0.03
_OWN, _OWN_AT_ALL, _OTHERS = 2.0, 0.3, 0.5
_OWN_PART, _FAR = 0.4, 1e3


@dataclass(frozen=True)
class Batch:
    sources: Sources
    queries: Queries

    @cached_property
    def histories(self) -> dict[str, sp.csr_matrix]:
        """What the shopper touched last, lately, and over a longer time; a basket counts as one step back."""
        items, visit = self.sources.items, self.queries.log.visit_size
        decayed = {
            name: self.queries.by_place(items, decay ** (1 / visit), int(50 * visit))
            for name, decay in PLACE_DECAYS.items()
        }
        return {"last": self.queries.by_place(items, 0.5, 1), **decayed}

    @cached_property
    def own(self) -> sp.csr_matrix:
        return self.queries.by_age(self.sources.items, 1e9)

    @cached_property
    def recent_own(self) -> sp.csr_matrix:
        return self.queries.by_age(self.sources.items, 60.0)

    @cached_property
    def taste(self) -> sp.csr_matrix:
        taste = self.queries.by_age(self.sources.items, 90.0)
        taste.data = np.sqrt(np.minimum(taste.data, 3))
        return taste

    def led(self, graph: str, history: str) -> Floats:
        """How much leads from a history to each item, of shape (Q, N)."""
        scores: Floats = (self.histories[history] @ self.sources.graphs[graph]).toarray()
        return scores

    def near_text(self, history: str) -> Floats:
        vectors_NE = self.sources.facts.vectors_NE
        scores: Floats = unit(self.histories[history] @ vectors_NE) @ vectors_NE.T
        return scores

    def near_words(self, history: str) -> Floats:
        words_NW = self.sources.facts.words_NW
        scores: Floats = ((self.histories[history] @ words_NW) @ words_NW.T).toarray()
        return scores

    def near_place(self, place: str, history: str) -> Floats:
        vectors_NE = self.sources.places[place]
        scores: Floats = unit(self.histories[history] @ vectors_NE) @ vectors_NE.T
        return scores

    @cached_property
    def others(self) -> dict[str, Floats]:
        """Of shops of repeat products: what whole histories say, of shape (Q, N) each."""
        parts = self.sources.collaborative
        if parts is None:
            return {}
        scaled = self.taste @ sp.diags(parts.rarity_N)
        return {
            "ease": parts.ease.scores(self.taste),
            "alike_near": parts.alike.scores(self.taste, self.queries.users_Q, 50),
            "alike_wide": parts.alike.scores(self.taste, self.queries.users_Q, 300),
            "taste_small": np.asarray((scaled @ parts.left_NR[:, :32]) @ parts.left_NR[:, :32].T, dtype=np.float32),
            "taste_wide": np.asarray((scaled @ parts.left_NR) @ parts.left_NR.T, dtype=np.float32),
        }

    @cached_property
    def mixed(self) -> Floats:
        """The plain mixture of sources that decides who becomes a candidate, of shape (Q, N)."""
        mass_Q1 = np.maximum(np.asarray(self.histories["near"].sum(axis=1)), np.float32(1e-9))
        led = (
            self.led("damped", "near") + _WORDS * self.near_words("near") + _DETOUR * self.led("text_then_step", "near")
        )
        score: Floats = led / mass_Q1 + _TEXT * self.near_text("near") + _PLACE * self.near_place("all", "near")
        score += _POPULAR * np.log1p(self.sources.counts_N)
        if self.sources.repeats:
            recent = self.recent_own.toarray()
            score = _OTHERS * (score + 2 * _of_best(self.others["ease"]) + 2 * _of_best(self.others["alike_wide"]))
            score += _OWN * np.minimum(recent, 3) + np.float32(_OWN_AT_ALL) * (recent > 0)
            return score
        score[self.own.nonzero()] = -np.inf
        return score

    def candidates(self, count: int) -> Ints:
        """The best of the mixture, best first: rows of shape (Q, count); own items take up at most a part of them."""
        count = min(count, self.sources.items)
        score_QN = self._with_own_first(count) if self.sources.repeats else self.mixed
        best = np.argpartition(-score_QN, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(score_QN, best, axis=1), axis=1, kind="stable")
        return np.take_along_axis(best, order, axis=1)

    def _with_own_first(self, count: int) -> Floats:
        """The best of the shopper's own items before all others, the rest of them after."""
        score_QN = self.mixed.copy()
        own_QN = self.own.toarray() > 0
        most = min(max(int(count * _OWN_PART), 1), score_QN.shape[1])
        among_own_QN = np.where(own_QN, score_QN, -np.inf)
        least_Q1 = -np.partition(-among_own_QN, most - 1, axis=1)[:, most - 1][:, None]
        score_QN[own_QN] -= _FAR
        score_QN[own_QN & (among_own_QN >= least_Q1)] += 2 * _FAR
        return score_QN


def _of_best(scores_QN: Floats) -> Floats:
    result: Floats = scores_QN / (scores_QN.max(axis=1, keepdims=True) + 1e-9)
    return result
