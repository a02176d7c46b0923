"""The index of many vectors: what exact search finds, in half the memory, opened without reading."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.models.ann import VectorIndex, build_index, exact_search, recall

WIDTH = 48


def vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Around a few hundred centres, as items of a shop lie around what they are."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(99).standard_normal((300, WIDTH))
    found = centres[random.integers(0, 300, count)] + 0.5 * random.standard_normal((count, WIDTH))
    unit: NDArray[np.float32] = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.mark.parametrize("count", [1, 7, 3_000, 12_000])
def test_it_finds_what_exact_search_finds(tmp_path: Path, count: int) -> None:
    known, queries = vectors(count), vectors(50, seed=1)
    index = build_index(known, tmp_path)
    right = exact_search(known, queries, min(100, count))
    assert recall(index, queries, right) >= 0.97
    assert recall(index, queries, right, probes=10**6) >= 0.995  # all that half precision may cost
    assert index.nbytes <= 0.6 * known.nbytes or count < 3_000
    assert (index.probes < len(index.centres_GD)) == (count == 12_000)


def test_it_is_the_same_when_opened_again(tmp_path: Path) -> None:
    known = vectors(6_000)
    built = build_index(known, tmp_path)
    opened = VectorIndex.open(tmp_path)
    for query in vectors(5, seed=2):
        rows, scores = opened.search(query, 20)
        assert (rows == built.search(query, 20)[0]).all()
        assert (np.diff(scores) <= 0).all()
        assert scores == pytest.approx(known[rows] @ query, abs=2e-3)
    assert sorted(opened.rows_N) == list(range(6_000))
    with pytest.raises(ValueError, match="read-only"):
        opened.vectors_ND[0, 0] = 1


def test_a_vector_finds_itself_and_asking_for_more_than_there_is_gives_all(tmp_path: Path) -> None:
    known = vectors(40)
    index = build_index(known, tmp_path)
    assert index.search(known[7], 1)[0][0] == 7
    assert sorted(index.search(known[7], 100)[0]) == list(range(40))
