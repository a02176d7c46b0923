"""The lift of answers, by hand: how many times as often as by chance two items share a basket."""

import pytest

from benchmarks.quality.scenarios import lift_of

BASKETS = [["petrol", "tea", "cup"], ["petrol", "tea", "cup"], ["petrol", "soap"], ["petrol", "dog food"]]


def test_what_is_in_every_basket_has_no_lift() -> None:
    assert lift_of([("tea", ["petrol"])], BASKETS) == pytest.approx(1.0)
    assert lift_of([("tea", ["cup"])], BASKETS) == pytest.approx(2.0)
    assert lift_of([("tea", ["soap"])], BASKETS) == 0.0
    assert lift_of([("tea", ["cup", "petrol"])], BASKETS) == pytest.approx(4 / 3)
    assert lift_of([("tea", ["never sold"]), ("new", ["tea"])], BASKETS) == 0.0
