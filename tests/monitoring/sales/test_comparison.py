"""The verdict on an experiment's arms: broken, early, better, worse or alike."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from monitoring.sales.attribution import Columns
from monitoring.sales.comparison import MIN_DAYS, MIN_SHOPPERS, compare
from recommender.experiments.arms import Arm, Experiment

START = datetime(2026, 3, 2, tzinfo=UTC)
EXPERIMENT = Experiment("e", (Arm("first", 0.5), Arm("other", 0.5)), START)
TIME = pl.Datetime("us", "UTC")
SHOWN: Columns = {"unit": pl.String, "arm": pl.String, "experiment_id": pl.String, "recommendation_id": pl.String}
OUTCOMES: Columns = {"unit": pl.String, "kind": pl.String, "money": pl.Float64, "time": TIME}


def judged(first: int, other: int, buys: tuple[int, int] = (0, 0), days: float = 28, money: float = 10.0) -> Any:
    """So many shoppers an arm, every second answer clicked, of whom so many bought."""
    shown, sold = [], []
    for arm, count, bought in (("first", first, buys[0]), ("other", other, buys[1])):
        for number in range(count):
            unit = f"{arm}-{number}"
            shown.append((unit, arm, "e", unit, START + timedelta(hours=1), number % 2 == 0))
            if number < bought:
                sold.append((unit, "bought", money + number % 3 * (money > 0), START + timedelta(hours=2)))
    frame = pl.DataFrame(shown, schema={**SHOWN, "time": TIME, "clicked": pl.Boolean}, orient="row")
    outcomes = pl.DataFrame(sold, schema=OUTCOMES, orient="row")
    return compare(EXPERIMENT, frame, outcomes, START + timedelta(days=days), days=7)


def verdict(found: Any) -> str:
    assert found["arms"][0]["verdict"] is None, "the first is what the other is compared with"
    return str(found["arms"][1]["verdict"])


def test_an_arm_that_sells_more_is_better_and_one_that_sells_less_worse() -> None:
    assert verdict(judged(300, 300, (30, 120))) == "better"
    assert verdict(judged(300, 300, (120, 30))) == "worse"
    assert verdict(judged(300, 300, (60, 62))) == "alike"


def test_where_no_money_was_told_of_who_bought_decides() -> None:
    assert verdict(judged(300, 300, (30, 120), money=0.0)) == "better"


@pytest.mark.parametrize(("shoppers", "days"), [(MIN_SHOPPERS - 1, 28), (300, MIN_DAYS - 1)])
def test_few_shoppers_or_days_are_too_early(shoppers: int, days: float) -> None:
    assert verdict(judged(shoppers, shoppers, (0, shoppers), days)) == "early"


def test_a_broken_division_can_not_be_compared() -> None:
    found = judged(300, 150, (30, 100))
    assert found["sample_ratio_p"] < 0.0005
    assert verdict(found) == "uneven"


def test_figures_are_a_shopper_s_and_answers_their_clicks() -> None:
    first = judged(300, 300, (30, 30))["arms"][0]
    assert (first["shoppers"], first["answers"], first["share"]) == (300, 300, 0.5)
    assert first["clicked"]["value"] == 0.5
    assert first["conversion"]["value"] == 0.1


def test_what_was_bought_before_the_first_answer_or_in_another_experiment_does_not_count() -> None:
    shown = pl.DataFrame(
        [("u", "first", "another", "r", START, True)],
        schema={**SHOWN, "time": TIME, "clicked": pl.Boolean},
        orient="row",
    )
    found = compare(EXPERIMENT, shown, pl.DataFrame(schema=OUTCOMES), START + timedelta(days=28), days=7)
    assert [arm["shoppers"] for arm in found["arms"]] == [0, 0]
