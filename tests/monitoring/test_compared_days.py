"""Which days are compared: whole weeks apart, as far as the data go, or refused with the remedy."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from monitoring.check_params import DriftError, DriftParams
from monitoring.compared_days import choose_stretches

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def hourly(until: datetime, closed: int | None = None) -> pl.Series:
    """An event each hour, but none on the weekday that the shop is closed on (0: Monday)."""
    times = pl.datetime_range(BEGAN, until, "1h", closed="left", time_unit="us", eager=True)
    return times.filter(times.dt.weekday() != closed + 1) if closed is not None else times


def asked(until: datetime, days: int, reference: int = 28, **others: Any) -> DriftParams:
    start = until - days * DAY
    return DriftParams.of(
        current_from=start,
        current_until=until,
        reference_from=start - reference * DAY,
        reference_until=start,
        **others,
    )


@pytest.mark.parametrize("days", range(1, 15))
def test_stretches_of_the_reference_end_whole_weeks_before_the_current_one(days: int) -> None:
    until = datetime(2026, 6, 6, tzinfo=UTC)
    found = choose_stretches(asked(until, days), hourly(until + 9 * DAY))
    assert (found.start, found.end) == (until - days * DAY, until)
    assert len(found.ends) >= 2
    for end in found.ends:
        assert (until - end) % (7 * DAY) == timedelta(0)
        assert end <= found.start
        assert end - found.length >= found.start - 28 * DAY


def test_a_day_that_is_still_going_on_is_compared_up_to_the_same_hour() -> None:
    until = datetime(2026, 6, 7, tzinfo=UTC)
    found = choose_stretches(asked(until, 7), hourly(datetime(2026, 6, 6, 9, 30, tzinfo=UTC)))
    assert found.end == datetime(2026, 6, 6, 9, 0, 1, tzinfo=UTC)
    assert {end.hour for end in found.ends} == {9}
    assert found.length < 7 * DAY


def test_days_beyond_the_data_are_refused_by_the_day_to_choose() -> None:
    until = datetime(2026, 6, 10, tzinfo=UTC)
    with pytest.raises(
        DriftError, match=r"current_until: 2026-06-10 lies beyond the data.*choose 2026-06-08 or earlier"
    ):
        choose_stretches(asked(until, 7), hourly(until - 2 * DAY))


def test_a_shop_that_is_closed_on_sundays_is_checked_on_mondays() -> None:
    monday = datetime(2026, 6, 8, tzinfo=UTC)
    found = choose_stretches(asked(monday, 7), hourly(monday, closed=6))
    assert found.end.date() == datetime(2026, 6, 6).date()


def test_what_reaches_before_the_data_is_left_out_or_refused_by_the_first_possible_day() -> None:
    until = BEGAN + 30 * DAY
    found = choose_stretches(asked(until, 7), hourly(until + DAY))
    assert [int((until - end) / DAY) for end in found.ends] == [7, 14, 21]
    assert found.memory == 9 * DAY
    with pytest.raises(DriftError, match=r"reference_from: the reference shows only 0 stretches.*from 2026-01-16 on"):
        choose_stretches(asked(BEGAN + 14 * DAY, 7), hourly(BEGAN + 14 * DAY))


def test_days_without_events_are_refused() -> None:
    with pytest.raises(DriftError, match=r"^current_from: no events from"):
        choose_stretches(asked(BEGAN + 200 * DAY, 7), hourly(BEGAN + 100 * DAY))
    with pytest.raises(DriftError, match=r"^current_from: no events from"):
        choose_stretches(asked(BEGAN, 7), hourly(BEGAN))
