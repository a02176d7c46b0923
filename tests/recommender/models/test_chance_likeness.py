"""From which cosine texts are close: what chance seldom brings, whatever an encoder's cosines are like."""

import math

import numpy as np
import pytest

from recommender.models.chance_likeness import beyond_chance


def texts(shared: float, related: int) -> np.ndarray:
    """20 texts and 50 others; the first `related` pairs have much in common, all of them as much as `shared`."""
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((70, 64)) / 8 + math.sqrt(shared / (1 - shared)) * np.eye(64)[0]
    vectors[20 : 20 + related] = vectors[:related] + rng.standard_normal((related, 64)) / 16
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


@pytest.mark.parametrize("shared", [0.05, 0.3, 0.8])
def test_related_texts_are_beyond_it_and_unrelated_ones_are_not(shared: float) -> None:
    found = texts(shared, related=20)
    bound = beyond_chance(found, np.arange(20), np.arange(20, 70))
    cosines = found[:20] @ found[20:].T
    assert (np.diag(cosines[:, :20]) > bound).all()
    others = cosines[~np.eye(20, 50, dtype=bool)]
    assert (others > bound).mean() < 0.01


def test_of_few_texts_nothing_is_claimed() -> None:
    found = texts(0.3, related=5)
    assert beyond_chance(found, np.arange(2), np.arange(20, 60)) == math.inf
    assert beyond_chance(found, np.arange(0), np.arange(20, 70)) == math.inf
