"""Scores by words and by meaning become one score between 0 and 1."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.search.fusion import RANK_OFFSET, WORDS_ALONE, Fusion


def floats(*values: float) -> NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def test_the_share_of_meaning_grows_where_words_fail() -> None:
    said, meant = np.array([4.0, 0.0], dtype=np.float32), np.array([0.4, 0.9], dtype=np.float32)
    fusion = Fusion(least=0.3)
    assert fusion.fuse(said, meant, held=1.0).argmax() == 0
    assert fusion.fuse(said, meant, held=0.1).argmax() == 1
    assert WORDS_ALONE.fuse(said, meant, held=0.0).argmax() == 0
    assert not WORDS_ALONE.near(meant, 10).any()
    assert Fusion(by_rank=True, share=0.5, most=0.5).fuse(said, said * 2).tolist() == pytest.approx([1.0, 0.0])


def test_scores_are_averaged_after_both_are_put_between_0_and_1() -> None:
    fused = Fusion(share=0.25, most=0.75, least=0.4).fuse(floats(2, 8, 0), floats(0.9, 0.4, 0.65), held=0.5)
    share = 0.25 + 0.5 * 0.5  # halfway between the least and the most share
    expected = [share * 1 + (1 - share) * 0.25, (1 - share) * 1, share * 0.5]
    assert fused.tolist() == pytest.approx(expected, rel=1e-6)
    assert fused.dtype == np.float32


def test_more_than_the_whole_query_is_held_counts_as_all_of_it() -> None:
    fusion, said, meant = Fusion(), floats(3, 1), floats(0.4, 0.8)
    assert fusion.fuse(said, meant, held=1.5).tolist() == fusion.fuse(said, meant, held=1.0).tolist()


def test_without_items_and_without_any_score_nothing_breaks() -> None:
    assert len(Fusion().fuse(floats(), floats())) == 0
    assert Fusion().fuse(floats(0, 0), floats(0.1, 0.2)).tolist() == [0, 0]


def test_only_the_nearest_items_are_found_by_meaning_alone() -> None:
    meant = floats(0.5, 0.34, 0.9, 0.7, 0.36)
    fusion = Fusion(least=0.35)
    assert fusion.near(meant, 10).tolist() == [True, False, True, True, True]
    assert fusion.near(meant, 2).tolist() == [False, False, True, True, False]
    assert not fusion.near(floats(0.1, 0.2), 2).any()


def test_by_rank_scores_are_those_of_reciprocal_rank_fusion() -> None:
    fused = Fusion(share=0.5, most=0.5, by_rank=True).fuse(floats(9, 1, 1, 0), floats(0.2, 0.8, 0.1, 0))
    first = RANK_OFFSET + 1
    assert fused.tolist() == pytest.approx(
        [
            0.5 + 0.5 * first / (first + 1),
            0.5 * first / (first + 1) + 0.5,
            0.5 * first / (first + 1) + 0.5 * first / (first + 2),
            0,
        ],
        rel=1e-6,
    )
