"""Prices as people say them, and numbers that are none."""

import pytest

from recommender.search.text.normalization import fold
from recommender.search.text.prices import find_prices


@pytest.mark.parametrize(
    ("wish", "low", "high"),
    [
        ("under 5", None, 5),
        ("less than $4.50", None, 4.5),
        ("no more than 1,200 euros", None, 1200),
        ("10 bucks or less", None, 10),
        ("at least twenty dollars", 20, None),
        ("from 5 to 10 dollars", 5, 10),
        ("$5-$10", 5, 10),
        ("around 20", 15, 25),
        ("不超过20元", None, 20),
        ("预算二百元以内", None, 200),
        ("100块以上", 100, None),
        ("10到20元", 10, 20),
        ("50元左右", 37.5, 62.5),
        ("百元以内", None, 100),
        ("一千五百元以下", None, 1500),
        ("三百零五块以下", None, 305),
        ("兩百五元以內", None, 250),
        ("5千元以上", 5000, None),
        ("一萬元以內", None, 10_000),
    ],
)
def test_bounds(wish: str, low: float | None, high: float | None) -> None:
    [found] = find_prices(fold(wish))
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(
    "wish", ["under 2 lb", "a girl of six", "around 6 years", "5 to 10", "500ml以下", "3岁以上", "no 5"]
)
def test_other_numbers_are_no_prices(wish: str) -> None:
    assert find_prices(fold(wish)) == []


@pytest.mark.parametrize(
    ("wish", "relation"),
    [
        ("something cheaper", "cheaper"),
        ("not too expensive", "cheaper"),
        ("more expensive", "dearer"),
        ("便宜点的", "cheaper"),
        ("不要太贵的", "cheaper"),
        ("高档一点", "dearer"),
        ("cheaper than 5", ""),
    ],
)
def test_relations(wish: str, relation: str) -> None:
    [found] = find_prices(fold(wish))
    assert found.relation == relation
