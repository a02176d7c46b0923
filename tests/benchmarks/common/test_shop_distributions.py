"""A made shop is distributed as the one it was learned from: the demo, and any other."""

import polars as pl
import pytest

from benchmarks.common.shop_distributions import category_distance, learn, statistics
from benchmarks.quality.synthetic import DAYS, compare, demo_shop, synthetic_shop
from recommender.importing.synthetic.description import read_description

CLOSE = 0.25  # of each statistic, relative; most are within a tenth
FEWER = (600, 92_331, 365)  # shoppers, items, days


def test_a_shop_of_fewer_shoppers_has_the_demo_s_distributions() -> None:
    rows = {row["system"]: row for row in compare(demo_shop(), synthetic_shop(read_description(), *FEWER, 3), DAYS)}
    assert {name: row["ratio"] for name, row in rows.items() if abs(row["ratio"] - 1) > CLOSE} == {}
    assert rows["distance of categories bought, 0 to 1"]["synthetic"] < 0.25


def test_another_shop_s_distributions_are_learned() -> None:
    source = synthetic_shop(read_description(), 300, 3_000, 365, 1)
    source = (source[0], source[1].with_columns(quantity=2 * pl.col("quantity")))
    found = learn(*source, 365, "a shop of pairs")
    assert found.quantities[0] == 0
    made = statistics(*synthetic_shop(found, 300, 3_000, 365, 2), 365)
    wanted = statistics(*source, 365)
    wanted.pop("share of sales of the first 0.1%")  # of three items
    for name, value in wanted.items():
        assert made[name] == pytest.approx(value, rel=CLOSE), name


def test_categories_are_told_apart() -> None:
    one, other = pl.DataFrame({"categories": ["a", "b"]}), pl.DataFrame({"categories": ["a", "a", "a", "c"]})
    assert category_distance(one, one) == 0
    assert category_distance(one, other) == pytest.approx(0.5)
