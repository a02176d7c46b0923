"""What the numbers of a check mean: who came, who moved, and the sentence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from monitoring.compared_days import Stretches
from monitoring.shoppers import NewBehaviour, Ordinary
from monitoring.verdict import BINS, count_distances, judge_activity, judge_shoppers, sentence

END = datetime(2026, 6, 1, tzinfo=UTC)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
STRETCHES = Stretches(END - WEEK, END, (END - WEEK, END - 2 * WEEK, END - 3 * WEEK), timedelta(days=60))
ORDINARY = Ordinary(np.linspace(0, 1, 101), np.full(101, 5), 0.05)


def events(came: int, usual: int = 50, shoppers: int = 100) -> pl.DataFrame:
    """All came long ago; `usual` of them in each week of the reference, `came` in the last one."""
    rows = [(f"u{number}", END - timedelta(days=40)) for number in range(shoppers)]
    for week, count in enumerate((came, usual, usual, usual)):
        rows += [(f"u{number}", END - week * WEEK - DAY) for number in range(count)]
    return pl.DataFrame(rows, schema={"user_id": pl.String, "time": pl.Datetime("us", "UTC")}, orient="row")


@pytest.mark.parametrize(("came", "drifted"), [(50, False), (55, False), (10, True), (95, True)])
def test_far_fewer_or_more_shoppers_than_in_ordinary_stretches_are_drift(came: int, drifted: bool) -> None:
    found = judge_activity(events(came), STRETCHES)
    assert (found["shoppers"], found["share"], found["drifted"]) == (100, came / 100, drifted)
    assert found["ordinary_shares"] == [0.5, 0.5, 0.5]


def changes(far: int, near: int, unknown: int = 0) -> dict[str, NewBehaviour]:
    rows = (
        [NewBehaviour(1.5, 3, DAY)] * far + [NewBehaviour(0.2, 3, DAY)] * near + [NewBehaviour(1.0, 3, None)] * unknown
    )
    return {f"u{number}": row for number, row in enumerate(rows)}


def drifted_of(found: dict[str, NewBehaviour]) -> dict[str, float]:
    return {user: one.distance for user, one in found.items() if one.distance > ORDINARY.threshold}


@pytest.mark.parametrize(("far", "drifted"), [(0, False), (2, False), (30, True)])
def test_more_shoppers_than_chance_has_it_are_drift(far: int, drifted: bool) -> None:
    found = changes(far, 100 - far)
    judged = judge_shoppers(found, drifted_of(found), ORDINARY)
    assert (judged["checked"], judged["drifted_count"], judged["share"]) == (100, far, far / 100)
    assert judged["drifted"] is drifted


def test_shoppers_without_a_profile_are_checked_and_not_counted_in_the_share() -> None:
    found = changes(1, 9, unknown=10)
    judged = judge_shoppers(found, drifted_of(found), ORDINARY)
    assert (judged["checked"], judged["without_profile"], judged["share"]) == (20, 10, 0.1)


def test_nobody_who_moved_is_no_drift() -> None:
    judged = judge_shoppers({}, {}, ORDINARY)
    assert (judged["share"], judged["median_distance"], judged["drifted"]) == (0, None, False)


def test_distances_are_counted_as_shares_of_each_kind() -> None:
    counted = count_distances(changes(1, 3), ORDINARY)
    assert len(counted["edges"]) == BINS + 1
    assert counted["edges"][-1] == 1.5, "the farthest of both"
    assert sum(counted["found"]) == pytest.approx(1, abs=0.01)
    assert sum(counted["ordinary"]) == pytest.approx(1, abs=0.01)
    assert counted["found"][-1] == 0.25
    assert sum(count_distances({}, ORDINARY)["found"]) == 0


def verdict(**change: Any) -> dict[str, Any]:
    return {
        "drifted": True,
        "activity": {"share": 0.25, "ordinary_shares": [0.4, 0.5]},
        "behaviour": {"share": 0.5},
        "profiles": {"share": 0.0},
        "shoppers": {"checked": 200, "drifted_count": 20, "threshold": 0.1234, "expected_share": 0.01},
        **change,
    }


def test_a_verdict_is_told_in_a_sentence() -> None:
    assert sentence(verdict()) == (
        "Drift: 25% of the shoppers came, in ordinary stretches 40% to 50%; 50% of the behaviour's columns and 0% of "
        "the profiles' components changed; 20 of 200 shoppers moved farther than 0.123, which an ordinary stretch lets "
        "1% do"
    )


def test_a_verdict_without_drift_or_shoppers_says_so() -> None:
    told = sentence(verdict(drifted=False, shoppers={"checked": 0}, feed={"drifted": False}))
    assert told.startswith("No drift: ")
    assert told.endswith("nobody did anything that the profile in service doesn't know")
