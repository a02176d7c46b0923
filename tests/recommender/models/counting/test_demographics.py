"""What shoppers of an attribute choose more often, counted by hand; attributes as words."""

import numpy as np
import pytest

from recommender.models.counting.demographics import (
    FEWEST_SHOPPERS,
    LIFTED,
    Demographics,
    fit_demographics,
    format_attributes,
)


def test_attributes_are_words() -> None:
    assert format_attributes({"age": "45-54", "kids": 2, "income": 3.5, "name": "", "tags": ["a"], "vip": True}) == (
        "age=45-54", "kids=2", "vip=True",
    )  # fmt: skip


def test_words_are_in_order_of_their_names_and_no_attributes_are_none() -> None:
    assert format_attributes({"b": 1, "a": False, "c": None, "d": {"x": 1}}) == ("a=False", "b=1")
    assert format_attributes({}) == ()


def test_lifts_say_what_shoppers_of_an_attribute_choose_more_often() -> None:
    words = [("home=a",)] * 30 + [("home=b",)] * 30 + [("home=c",)] * 3
    users = np.arange(63)
    items = np.where(users < 30, 0, 1)
    found = fit_demographics(words, users, items, np.array([30, 33, 1], dtype=np.float32))
    assert found is not None
    assert found.names == ("home=a", "home=b")  # three shoppers are too few
    lift = dict(zip(found.names, found.lift_AD, strict=True))
    assert lift["home=a"][0] > LIFTED > 0 > lift["home=a"][1]
    assert lift["home=b"][1] > 0 > lift["home=b"][0]
    assert lift["home=a"][2] == 0
    assert found.lifts(("home=c", "home=?")) is None
    assert fit_demographics(words[:5], users[:5], items[:5], np.zeros(3, dtype=np.float32)) is None


def test_a_lift_is_the_smoothed_ratio_of_shares() -> None:
    """Of 40 shoppers 25 have the attribute; item 0 is chosen by 20 of these and 2 of the others, several times."""
    words = [("a",)] * 25 + [()] * 15
    users = np.concatenate([np.arange(20), np.arange(20), np.arange(25, 27), np.arange(40)])
    items = np.array([0] * 42 + [1] * 40)
    found = fit_demographics(words, users, items, np.array([22, 40, 0], dtype=np.float32))
    assert found is not None
    usual = 22 / 40
    expected = np.log((20 + 10 * usual + 1) / ((25 + 10) * usual + 1))
    assert found.everywhere(("a",), 3)[0] == pytest.approx(expected, rel=1e-5)
    assert found.everywhere(("a",), 3)[1] == pytest.approx(np.log((25 + 10 + 1) / (35 + 1)), abs=1e-6)


def test_several_attributes_count_by_their_mean_and_unknown_ones_not_at_all() -> None:
    lift_AD = np.array([[1.0, 0.0], [0.0, -1.0]], dtype=np.float32)
    one = Demographics(("a", "b"), np.array([3, 1]), lift_AD)
    assert one.everywhere(("a", "b", "?"), 5).tolist() == [0, -0.5, 0, 0.5, 0]
    assert one.everywhere((), 2).tolist() == [0, 0]
    again = Demographics.read(one.tensors())
    assert again is not None
    assert again.names == one.names
    np.testing.assert_array_equal(again.lift_AD, lift_AD)
    assert Demographics.read({}) is None


def test_only_the_best_sellers_and_attributes_of_enough_active_shoppers_are_kept() -> None:
    words = [("a", "b")] * FEWEST_SHOPPERS + [("b",)] * 5
    users = np.arange(FEWEST_SHOPPERS - 1)  # one of those with "a" chose nothing
    assert fit_demographics(words, users, users % 3, np.ones(3, dtype=np.float32)) is None
    users = np.arange(FEWEST_SHOPPERS)
    found = fit_demographics(words, users, users % 3, np.ones(3, dtype=np.float32))
    assert found is not None
    assert found.names == ("a", "b")
