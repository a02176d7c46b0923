"""Histories of a frame, who acted when, ordinary changes, and the profiles that shoppers are served with."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.partitions import SCHEMAS
from monitoring.shoppers import (
    MOST_AGES,
    NewBehaviour,
    Ordinary,
    has_acted,
    histories_of,
    made_comparable,
    representative_ages,
)
from recommender.data.history import MAX_HISTORY
from tests.support.shops.behaviour_log import at, event

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def frame(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=dict(SCHEMAS["events"]))


def test_histories_are_in_order_of_time_and_of_known_shoppers() -> None:
    found = histories_of(
        frame(
            event("late", "u", at(3), "b"),
            event("early", "u", at(1), "a", value=None),
            {**event("nobody's", "", at(2)), "user_id": None},
            event("other", "v", at(2)),
        )
    )
    assert set(found) == {"u", "v"}
    assert found["u"].event_ids.tolist() == ["early", "late"]
    assert np.isnan(found["u"].values[0])


def test_a_history_keeps_the_latest_events() -> None:
    found = histories_of(frame(*(event(f"{number:05}", "u", at(number / 100)) for number in range(MAX_HISTORY + 5))))
    assert found["u"].event_ids[0] == "00005"


@pytest.mark.parametrize(("start", "end", "acted"), [(0, 1, False), (1, 2, True), (1.5, 2, False), (0, 1.0001, True)])
def test_an_interval_begins_with_its_start_and_ends_before_its_end(start: float, end: float, acted: bool) -> None:
    history = histories_of(frame(event("1", "u", at(1))))["u"]
    assert has_acted(history, at(start), at(end)) is acted


def test_the_threshold_lets_a_share_of_ordinary_changes_pass() -> None:
    ordinary = Ordinary(np.linspace(0, 1, 101), np.full(101, 4), 0.05)
    assert ordinary.threshold == pytest.approx(0.95)
    assert ordinary.beyond() == 5
    assert ordinary.distances == pytest.approx(ordinary.raw_S)


def test_only_who_has_a_profile_gets_a_comparable_distance() -> None:
    ordinary = Ordinary(np.linspace(0, 1, 101), np.full(101, 4), 0.05)
    new = {"aged": NewBehaviour(0.7, 4, DAY), "new": NewBehaviour(1.0, 4, None)}
    found = made_comparable(new, ordinary)
    assert found["aged"].distance == pytest.approx(0.7)
    assert found["new"] == new["new"]


def test_a_few_ages_stand_for_all() -> None:
    assert representative_ages([], DAY) == [DAY]
    assert representative_ages([HOUR, HOUR / 2, 3 * HOUR], DAY) == [HOUR, 3 * HOUR]
    many = representative_ages([number * HOUR for number in range(1, 101)], DAY)
    assert len(many) == MOST_AGES
    assert many == sorted(many)
    assert many[0] < 10 * HOUR < 90 * HOUR < many[-1]


def test_moments_have_a_zone() -> None:
    assert histories_of(frame(event("1", "u", at(1))))["u"].last_event_time == datetime(2025, 1, 2, tzinfo=UTC)
