"""The plain mixture of sources that decides who becomes a candidate: a sum of few parts, its weights learned or given.

It knows a batch's sources. The weights that are given were found on one shop's validation items; `training` learns a
shop's own, starting from them.

Shape suffixes: Q queries, N items.
"""

from typing import TYPE_CHECKING

import numpy as np

from recommender.ranker.log import Floats

if TYPE_CHECKING:
    from recommender.ranker.batch import Batch

Weights = dict[str, float]
LATELY_DAYS = 60.0
GIVEN: Weights = {
    "step": 1.0, "words": 0.2, "text then step": 6.0, "text": 0.4, "text far": 0.0, "place": 0.3, "popular": 0.03,
    "lately": 0.0, "two steps": 0.0, "step then text": 0.0, "together": 0.0, "alike": 0.0, "taste": 0.0,
}  # fmt: skip
GIVEN_REPEATS: Weights = {
    **{name: weight / 2 for name, weight in GIVEN.items()},
    "ease": 1.0, "alike": 1.0, "own lately": 2.0, "own at all": 0.3,
}  # fmt: skip


def given(repeats: bool) -> Weights:
    return GIVEN_REPEATS if repeats else GIVEN


def parts(batch: "Batch") -> dict[str, Floats]:
    """What is added up, of shape (Q, N) each; what a history leads to counts by its weight, not by its length."""
    sources = batch.sources
    mass_Q1 = np.maximum(np.asarray(batch.histories["near"].sum(axis=1)), np.float32(1e-9))
    shape = (len(batch.queries), sources.items)
    found = {
        "step": batch.led("damped", "near") / mass_Q1,
        "words": batch.near_words("near") / mass_Q1,
        "text then step": batch.led("text_then_step", "near") / mass_Q1,
        "text": batch.near_text("near"),
        "text far": batch.near_text("far"),
        "place": batch.near_place("all", "near"),
        "popular": np.broadcast_to(np.log1p(sources.counts_N), shape),
        "lately": np.log1p(batch.sold_within(LATELY_DAYS)),
        "step then text": batch.led("step_then_text", "near") / mass_Q1,
        "two steps": batch.led("two_steps", "near") / mass_Q1,
        "together": batch.led("together_lift", "near") / mass_Q1,
        "alike": _of_best(batch.others["alike_wide"]),
        "taste": _of_best(batch.others["taste_wide"]),
    }
    found |= batch.sequence | batch.towers
    found |= {name: scores_QN for name, scores_QN in batch.trust.items() if "rare" not in name}
    if sources.repeats:
        recent = batch.recent_own.toarray()
        found |= {
            "ease": _of_best(batch.others["ease"]) if "ease" in batch.others else np.zeros(shape, dtype=np.float32),
            "own lately": np.minimum(recent, 3),
            "own at all": (recent > 0).astype(np.float32),
        }
    return found


def mix(found: dict[str, Floats], weights: Weights) -> Floats:
    total = np.zeros(next(iter(found.values())).shape, dtype=np.float32)
    for name, weight in weights.items():
        if weight:
            total += np.float32(weight) * found[name]
    return total


def _of_best(scores_QN: Floats) -> Floats:
    result: Floats = scores_QN / (scores_QN.max(axis=1, keepdims=True) + 1e-9)
    return result
