"""Maximal marginal relevance against choosing greedily by a loop; scores that fall; likeness of pairs."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.reranking.diversity import diversified, falling, likeness_within
from tests.support.shops.counted import unit_rows


def choose_by_loop(relevance: NDArray[np.float32], vectors: NDArray[np.float32], diversity: float, n: int) -> list[int]:
    worth = (relevance - relevance.min()) / np.ptp(relevance)
    chosen = [int(np.argmax(relevance))]
    while len(chosen) < n:
        left = [place for place in range(len(worth)) if place not in chosen]
        gains = {
            place: (1 - diversity) * worth[place]
            - diversity * max(float(vectors[place] @ vectors[one]) for one in chosen)
            for place in left
        }
        chosen.append(max(gains, key=gains.__getitem__))
    return chosen


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("diversity", [0.01, 0.3, 0.7, 1.0])
def test_each_next_item_is_the_most_relevant_less_its_likeness(seed: int, diversity: float) -> None:
    relevance, vectors = np.random.default_rng(seed).random(15).astype(np.float32), unit_rows(seed, 15, 3)
    expected = choose_by_loop(relevance, vectors, diversity, 10)
    assert diversified(relevance, vectors, diversity, 10).tolist() == expected


def test_diversity_by_hand() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    relevance = np.array([0.9, 0.8, 0.1], dtype=np.float32)
    assert diversified(relevance, vectors, 0.0, 3).tolist() == [0, 1, 2]
    assert diversified(relevance, vectors, 0.9, 3).tolist() == [0, 2, 1]
    assert diversified(relevance, vectors, 1.0, 9).tolist() == [0, 2, 1]
    assert falling(np.array([0.5, 0.2, 0.7, 0.1], dtype=np.float32)).tolist() == pytest.approx([0.7, 0.7, 0.7, 0.1])


def test_without_diversity_equal_relevances_stay_in_their_order() -> None:
    assert diversified(np.ones(4, dtype=np.float32), unit_rows(0, 4), 0.0, 3).tolist() == [0, 1, 2]
    every = diversified(np.ones(4, dtype=np.float32), unit_rows(0, 4), 0.5, 9)
    assert sorted(every.tolist()) == [0, 1, 2, 3]


@pytest.mark.parametrize("diversity", [0.0, 0.5])
def test_of_nothing_nothing_is_chosen_and_of_one_that_one(diversity: float) -> None:
    nothing = np.zeros(0, dtype=np.float32)
    assert diversified(nothing, unit_rows(0, 1)[:0], diversity, 5).tolist() == []
    assert diversified(nothing + 1, unit_rows(0, 1)[:0], diversity, 0).tolist() == []
    assert diversified(np.ones(1, dtype=np.float32), unit_rows(0, 1), diversity, 5).tolist() == [0]


def test_falling_scores_are_the_greatest_of_what_follows() -> None:
    scores = np.random.default_rng(0).random(12).astype(np.float32)
    assert falling(scores).tolist() == [max(scores[place:]) for place in range(12)]
    assert falling(scores[:0]).tolist() == []


def test_likeness_is_the_mean_cosine_of_pairs() -> None:
    vectors = unit_rows(4, 6)
    expected = np.mean([float(vectors[one] @ vectors[other]) for one, other in combinations(range(6), 2)])
    assert likeness_within(vectors) == pytest.approx(expected, abs=1e-6)
    assert likeness_within(vectors[:1]) == likeness_within(vectors[:0]) == 0
