"""A few hundred queries at once against the sources: their histories as matrices and the scores of every item.

It knows sources and queries. Scores of all items live only as long as a batch, so memory doesn't grow with the log.

Shape suffixes: Q queries, N items, E width of vectors.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.ranker.graphs import unit
from recommender.ranker.log import Floats, Ints, Queries
from recommender.ranker.mixture import mix, parts
from recommender.ranker.sources import Sources
from recommender.ranker.towers import Towers

PLACE_DECAYS = {"near": 0.5, "far": 0.85}
_OWN_PART, _FAR, _NEVER = 0.4, 1e3, -1e9
OWN_HALF_LIFE_DAYS = 180.0
RISING_DAYS, RISING_POWER, RARE_A_DAY = 28.0, 0.4, 0.02


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
        latest = self.queries.by_place(items, 1.0, int(10 * visit))
        return {"last": self.queries.by_place(items, 0.5, 1), **decayed, "latest": latest}

    @cached_property
    def own(self) -> sp.csr_matrix:
        return self.queries.by_age(self.sources.items, 1e9)

    @cached_property
    def recent_own(self) -> sp.csr_matrix:
        return self.queries.by_age(self.sources.items, 60.0)

    @cached_property
    def taste(self) -> sp.csr_matrix:
        taste = self.queries.by_age(self.sources.items, 90.0 if self.sources.repeats else 1e9)
        taste.data = np.sqrt(np.minimum(taste.data, 3))
        return taste

    @cached_property
    def _kept(self) -> dict[tuple[str, str], Floats]:
        return {}

    def _once(self, name: str, history: str, make: Callable[[], Floats]) -> Floats:
        """Scores that several columns and the mixture ask for are made once a batch."""
        key = (name, history)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def led(self, graph: str, history: str) -> Floats:
        """How much leads from a history to each item, of shape (Q, N)."""
        matrix = self.sources.graphs[graph]
        return self._once(graph, history, lambda: (self.histories[history] @ matrix).toarray())

    def near_text(self, history: str) -> Floats:
        return self._once("text", history, lambda: self._near(self.sources.facts.vectors_NE, history))

    def near_words(self, history: str) -> Floats:
        words_NW = self.sources.facts.words_NW
        return self._once("words", history, lambda: ((self.histories[history] @ words_NW) @ words_NW.T).toarray())

    def near_place(self, place: str, history: str) -> Floats:
        return self._once(f"place {place}", history, lambda: self._near(self.sources.places[place], history))

    def _near(self, vectors_NE: Floats, history: str) -> Floats:
        scores: Floats = unit(self.histories[history] @ vectors_NE) @ vectors_NE.T
        return scores

    @cached_property
    def others(self) -> dict[str, Floats]:
        """What whole histories say, of shape (Q, N) each."""
        parts = self.sources.collaborative
        scaled = self.taste @ sp.diags(parts.rarity_N)
        ever = self.own.copy()
        ever.data[:] = 1
        near_QN, wide_QN = parts.alike.scores(self.taste, self.queries.users_Q, (50, 300))
        return {
            **({"ease": parts.ease.scores(self.taste)} if parts.ease is not None else {}),
            **({"ease ever": parts.ease_ever.scores(ever)} if parts.ease_ever is not None else {}),
            "alike_near": near_QN,
            "alike_wide": wide_QN,
            "taste_small": np.asarray((scaled @ parts.left_NR[:, :32]) @ parts.left_NR[:, :32].T, dtype=np.float32),
            "taste_wide": np.asarray((scaled @ parts.left_NR) @ parts.left_NR.T, dtype=np.float32),
        }

    def sold_within(self, days: float) -> Floats:
        """Events of each item in the days up to each query's moment, never after it; of shape (Q, N)."""
        return self._once(f"sold {days:.0f}", "", lambda: _sold(self.sources, self.queries.moments_Q, days))

    @cached_property
    def parts(self) -> dict[str, Floats]:
        return parts(self)

    @cached_property
    def sequence(self) -> dict[str, Floats]:
        """What the sequence model expects next, of shape (Q, N); nothing where there is none."""
        model = self.sources.sequence
        return {} if model is None else {"sequence": model.scores(self.queries)}

    def led_by(self, towers: Towers, history: str) -> Floats:
        """Cosines of what the towers expect after a history, of shape (Q, N)."""
        return self._once("towers", history, lambda: towers.cosines(self.histories[history]))

    @cached_property
    def towers(self) -> dict[str, Floats]:
        """The logarithm of each item's chance to follow, of shape (Q, N); nothing where there are no towers."""
        towers = self.sources.towers
        if towers is None:
            return {}
        return {f"towers {history}": towers.chances(self.led_by(towers, history)) for history in PLACE_DECAYS}

    @cached_property
    def trust(self) -> dict[str, Floats]:
        """What those do that the shopper is linked to, and rare items of theirs, of shape (Q, N) each."""
        users_Q, owned_UN = self.queries.users_Q, self.sources.collaborative.alike.recent_UN
        theirs = {name: (graph[users_Q] @ owned_UN).toarray() for name, graph in self.sources.links.items()}
        rarity_N = self.sources.collaborative.rarity_N
        return {**theirs, **{f"{name}, rare": scores_QN * rarity_N for name, scores_QN in theirs.items()}}

    @cached_property
    def rising(self) -> Floats:
        """How much more each item sells than it used to, of shape (Q, N); 1 is as ever."""
        sources, moments_Q1 = self.sources, self.queries.moments_Q[:, None]
        first = float(sources.sorted_times_L[0]) if len(sources.sorted_times_L) else 0.0
        usual_QN = sources.counts_N / np.maximum(moments_Q1 - first, RISING_DAYS)
        lately_QN = self.sold_within(RISING_DAYS) / RISING_DAYS
        return ((lately_QN + RARE_A_DAY) / (usual_QN + RARE_A_DAY)).astype(np.float32)

    @cached_property
    def untried(self) -> Floats:
        """In shops of repeat products, which the shopper never had but might: by whole histories and what sells now."""
        if "ease ever" not in self.others:
            return self.mixed
        scores: Floats = self.others["ease ever"] * self.rising ** np.float32(RISING_POWER)
        return scores

    @cached_property
    def mixed(self) -> Floats:
        """The plain mixture of sources that decides who becomes a candidate, of shape (Q, N)."""
        score = mix(self.parts, self.sources.mixture)
        if not self.sources.repeats:
            score[self.own.nonzero()] = -np.inf
        return score

    def candidates(self, count: int) -> Ints:
        """Rows of shape (Q, count), best first; in shops of repeat products own items are at most a part of them."""
        count = min(count, self.sources.items)
        score_QN = self._with_own_first(count) if self.sources.repeats else self.mixed
        best = np.argpartition(-self._with_fresh(score_QN, count), count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(score_QN, best, axis=1), axis=1, kind="stable")
        return np.take_along_axis(best, order, axis=1)

    def _with_fresh(self, score_QN: Floats, count: int) -> Floats:
        """The best of what nobody has touched before all others, as many as are their share."""
        fresh_N = self.sources.fresh_N
        share = round(count * float(fresh_N.mean()))
        if not self.sources.keeps_fresh or not share:
            return score_QN
        best = np.argpartition(-np.where(fresh_N, score_QN, -np.inf), share - 1, axis=1)[:, :share]
        chosen_QN = score_QN.copy()
        np.put_along_axis(chosen_QN, best, np.inf, axis=1)
        return chosen_QN

    def _with_own_first(self, count: int) -> Floats:
        """The shopper's own items that were bought most before all others, the rest of them after."""
        score_QN = self.untried.copy()
        own_QN = self.own.toarray() > 0
        most = min(max(int(count * _OWN_PART), 1), score_QN.shape[1])
        lasting_QN = self.queries.by_age(self.sources.items, OWN_HALF_LIFE_DAYS).toarray()
        among_own_QN = np.where(own_QN, lasting_QN, _NEVER)
        least_Q1 = -np.partition(-among_own_QN, most - 1, axis=1)[:, most - 1][:, None]
        score_QN[own_QN] = lasting_QN[own_QN] - _FAR
        score_QN[own_QN & (among_own_QN >= least_Q1)] += 2 * _FAR
        return score_QN


def _sold(sources: Sources, moments_Q: NDArray[np.float64], days: float) -> Floats:
    times_L = sources.sorted_times_L
    starts, ends = np.searchsorted(times_L, moments_Q - days, "right"), np.searchsorted(times_L, moments_Q, "right")
    spans = list(zip(starts.tolist(), ends.tolist(), strict=True))
    counted: dict[tuple[int, int], Floats] = {
        span: np.bincount(sources.sorted_items_L[slice(*span)], minlength=sources.items).astype(np.float32)
        for span in set(spans)
    }
    return np.stack([counted[span] for span in spans])
