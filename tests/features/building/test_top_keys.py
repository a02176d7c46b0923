"""What shoppers lean to: the keys with the largest decayed share of a range of days, recomputed the slow way."""

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from features.building.top_keys import HALF_LIFE_DAYS, TOP, find_strongest

NAMES = pl.Series(["Coffee", "Tea", "咖啡", "茶", "茶具", "鞋", "鞋带"])


def slowly(amounts_YG: np.ndarray, day_Y: np.ndarray, low: int, high: int) -> list[tuple[str, float]]:
    if low == high:
        return []
    weight_G = sum(amounts_YG[y] * 0.5 ** ((day_Y[high - 1] - day_Y[y]) / HALF_LIFE_DAYS) for y in range(low, high))
    shares = {
        name: round(1e6 * weight / weight_G.sum()) for name, weight in zip(NAMES, weight_G, strict=True) if weight
    }
    best = sorted(
        (name for name in shares if shares[name]), key=lambda name: (-shares[name], NAMES.to_list().index(name))
    )
    return [(name, shares[name] / 1e6) for name in best[:TOP]]


def test_shares_are_those_of_decayed_sums() -> None:
    random = np.random.default_rng(2)
    amounts_YG = random.integers(0, 5, (40, len(NAMES))) * (random.random((40, len(NAMES))) < 0.4)
    day_Y = np.sort(random.choice(400, 40, replace=False))
    low_W = random.integers(0, 30, 60)
    high_W = np.minimum(low_W + random.integers(0, 12, 60), 40)
    found = find_strongest(csr_array(amounts_YG.astype(np.int64)), day_Y, low_W, high_W, NAMES)
    for place, (low, high) in enumerate(zip(low_W, high_W, strict=True)):
        expected = slowly(amounts_YG, day_Y, low, high)
        assert found.keys[place].to_list() == [name for name, _ in expected]
        assert found.shares[place].to_list() == pytest.approx([share for _, share in expected], abs=2e-6)


def test_equal_shares_rank_by_name_and_at_most_the_strongest_are_kept() -> None:
    everything = csr_array(np.ones((1, len(NAMES)), dtype=np.int64))
    found = find_strongest(everything, np.array([9]), np.array([0]), np.array([1]), NAMES)
    assert found.keys[0].to_list() == NAMES.to_list()[:TOP]
    assert found.shares[0].to_list() == pytest.approx([1 / 7] * TOP, abs=1e-6)


def test_without_days_or_ranges_nobody_leans_to_anything() -> None:
    nothing = csr_array((0, len(NAMES)), dtype=np.int64)
    none, zero = np.array([], dtype=np.int64), np.array([0])
    assert len(find_strongest(nothing, none, none, none, NAMES).keys) == 0
    assert find_strongest(nothing, none, zero, zero, NAMES).keys.to_list() == [[]]
