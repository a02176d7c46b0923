"""The ranker against loops over candidates and hidden units; its scaler against means and spreads by hand."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.models.ranker import CONSTANT, FARTHEST, Ranker, Scaler

COLUMNS, HIDDEN, SECOND = 4, 6, 3


def scaler_of(rows_CF: np.ndarray) -> Scaler:
    return Scaler.fit(rows_CF.astype(np.float32))


def drawn(seed: int, scaler: Scaler | None = None) -> Ranker:
    """One network of random weights."""
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.7, shape).astype(np.float32)

    kept = scaler or scaler_of(rng.normal(0, 2, (50, COLUMNS)))
    return Ranker(
        kept, some(COLUMNS, HIDDEN), some(2 * COLUMNS, HIDDEN), some(HIDDEN), some(1, HIDDEN, SECOND),
        some(1, SECOND), some(1, SECOND), some(COLUMNS), some(1),
    )  # fmt: skip


def silu(x: float) -> float:
    return float(x / (1 + np.exp(-x)))


def score_by_loop(ranker: Ranker, features_CF: np.ndarray) -> list[float]:
    x_CF = ranker.scaler.apply(features_CF).astype(np.float64)
    context = [*(max(column) for column in x_CF.T), *(sum(column) / len(column) for column in x_CF.T)]
    scores = []
    for x_F in x_CF:
        first = [
            silu(
                float(
                    x_F @ ranker.candidate_FH[:, unit]
                    + np.dot(context, ranker.context_2FH[:, unit])
                    + ranker.bias_H[unit]
                )
            )
            for unit in range(HIDDEN)
        ]
        second = [
            silu(float(np.dot(first, ranker.second_MHJ[0, :, unit]) + ranker.bias_MJ[0, unit]))
            for unit in range(SECOND)
        ]
        scores.append(float(np.dot(second, ranker.last_MJ[0]) + x_F @ ranker.line_F + ranker.bias[0]))
    return scores


@pytest.mark.parametrize("candidates", [1, 2, 17])
def test_scores_are_those_of_a_loop(candidates: int) -> None:
    features = np.random.default_rng(candidates).normal(0, 3, (candidates, COLUMNS)).astype(np.float32)
    np.testing.assert_allclose(drawn(0).score(features), score_by_loop(drawn(0), features), atol=1e-4)


def test_a_candidate_is_read_against_its_list_and_not_by_its_place() -> None:
    ranker, rng = drawn(1), np.random.default_rng(0)
    features = rng.normal(0, 1, (9, COLUMNS)).astype(np.float32)
    order = rng.permutation(9)
    np.testing.assert_allclose(ranker.score(features[order]), ranker.score(features)[order], atol=1e-5)
    assert not np.allclose(ranker.score(features)[:3], ranker.score(features[:3]))
    assert ranker.score(features[:0]).shape == (0,)


def test_several_networks_give_the_mean_of_their_scores() -> None:
    scaler = scaler_of(np.random.default_rng(3).normal(0, 2, (50, COLUMNS)))
    rankers = [drawn(seed, scaler) for seed in range(3)]
    features = np.random.default_rng(4).normal(0, 2, (11, COLUMNS)).astype(np.float32)
    joined = Ranker.joined(rankers)
    assert (joined.networks, joined.columns) == (3, COLUMNS)
    np.testing.assert_allclose(
        joined.score(features), np.mean([one.score(features) for one in rankers], axis=0), atol=1e-5
    )


def test_tensors_make_the_same_ranker_again_and_a_missing_one_is_named() -> None:
    ranker, features = drawn(5), np.random.default_rng(0).normal(0, 2, (5, COLUMNS)).astype(np.float32)
    tensors = ranker.tensors()
    np.testing.assert_array_equal(Ranker.of(tensors).score(features), ranker.score(features))
    for name in ("line_F", "scaler.mean_F"):
        with pytest.raises(KeyError, match=name):
            Ranker.of({key: array for key, array in tensors.items() if key != name})


def test_one_that_learned_nothing_scores_all_alike() -> None:
    features = np.random.default_rng(0).normal(0, 100, (7, COLUMNS)).astype(np.float32)
    assert Ranker.empty(COLUMNS).score(features).tolist() == [0] * 7
    assert Ranker.empty(0).score(features[:, :0]).tolist() == [0] * 7


def test_what_is_far_below_zero_gives_no_overflow() -> None:
    ranker = replace(drawn(6), candidate_FH=np.full((COLUMNS, HIDDEN), -1e5, dtype=np.float32))
    assert np.isfinite(ranker.score(np.full((3, COLUMNS), 9.0, dtype=np.float32))).all()


def test_columns_are_brought_to_mean_0_and_spread_1() -> None:
    rows = np.random.default_rng(0).normal([5, -300], [2, 50], (4_000, 2)).astype(np.float32)
    scaler = scaler_of(rows)
    assert not scaler.long_tailed_F.any()
    scaled = scaler.apply(rows)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=0.01)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=0.01)
    assert rows.min() < -300, "what was given is left as it was"


def test_a_long_tail_is_bent_by_its_logarithm() -> None:
    rows = np.random.default_rng(0).exponential(1.0, (2_000, 1)).astype(np.float32) ** 3
    scaler = scaler_of(rows)
    assert scaler.long_tailed_F.tolist() == [True]
    bent = np.log1p(rows / rows.mean())
    np.testing.assert_allclose(scaler.apply(rows), ((bent - bent.mean()) / bent.std()).clip(-5, 5), atol=1e-3)
    assert np.isfinite(scaler.apply(np.array([[-3.0]], dtype=np.float32))).all()


def test_what_never_varied_says_nothing_and_what_is_far_off_is_cut() -> None:
    rows = np.random.default_rng(0).normal(0, 1, (100, 2)).astype(np.float32)
    rows[:, 0] = 7 + CONSTANT / 100 * rows[:, 0]
    scaled = scaler_of(rows).apply(np.array([[1e9, 1e9], [-1e9, -1e9]], dtype=np.float32))
    assert scaled.tolist() == [[0, FARTHEST], [0, -FARTHEST]]
