"""How far few examples are believed: as far as they help beyond chance, and no further."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.models.ranker import Ranker
from training.fit.small_sample_blend import estimate_believed_share, mix_rankers

EXAMPLES = np.arange(400)
COLUMNS = 3


def ranker_with(value: float) -> Ranker:
    """A ranker whose scores are this value whatever is asked."""
    empty = Ranker.empty(COLUMNS)
    return replace(empty, bias=np.full_like(empty.bias, value))


def believed_share(place_of: Callable[[float, int], int], examples: NDArray[np.int64] = EXAMPLES) -> float:
    """The share believed where the wanted item of an example stands at `place_of(share, example)`."""

    def score(mixed: Ranker, example: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        wanted_C = np.zeros(20, dtype=bool)
        wanted_C[place_of(float(np.ravel(mixed.bias)[0]), example)] = True
        return -np.arange(20, dtype=np.float32), wanted_C

    return estimate_believed_share(ranker_with(0.0), lambda _: ranker_with(1.0), score, examples, seed=0)


def test_what_helps_more_the_more_it_counts_is_believed_whole() -> None:
    assert believed_share(lambda share, example: round(8 * (1 - share)) + example % 2) == 1.0


def test_what_does_not_help_or_harms_is_not_believed() -> None:
    assert believed_share(lambda share, example: example % 10) == 0.0
    assert believed_share(lambda share, example: round(8 * share)) == 0.0


def test_what_helps_one_in_many_by_chance_is_not_believed() -> None:
    assert believed_share(lambda share, example: 0 if example == 7 and share == 1.0 else 5) == 0.0


def test_of_shares_that_chance_cannot_tell_apart_the_least_is_believed() -> None:
    """From a quarter on half of the examples gain much; a larger share brings one in fifty a place more."""

    def place(share: float, example: int) -> int:
        if share == 0.0 or example % 2:
            return 9
        return 1 if example % 50 and share >= 0.25 else 2 - (share >= 0.75)

    assert believed_share(place) == 0.25


def test_too_few_to_hold_any_out_are_not_believed() -> None:
    assert believed_share(lambda share, example: 0 if share else 9, np.arange(4)) == 0.0


def test_a_mixture_scores_between_the_two() -> None:
    rows_CF, context_2F = np.zeros((4, COLUMNS), dtype=np.float32), np.zeros(2 * COLUMNS, dtype=np.float32)
    mixed = mix_rankers(ranker_with(1.0), ranker_with(3.0), 0.25)
    assert np.allclose(mixed.score_scaled(rows_CF, context_2F), 1.5)
