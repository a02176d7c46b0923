"""Partitions on disk: days, files that are replaced as wholes, rows that take the place of others, locks."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest

from features import partitions
from features.partitions import (
    SCHEMAS,
    Busy,
    add_rows,
    days_of,
    existing_days,
    newest_day,
    only_one,
    parts_of,
    path_of,
    quiet_since,
    read_days,
    seed_views,
    write_day,
)
from recommender.settings import Settings
from tests.support.shops.behaviour_log import at, day, event

VIEW, KEYS = "events", ["event_id"]


def rows(*ids: str, user: str = "u") -> pl.DataFrame:
    return pl.DataFrame([event(one, user, at(0.5)) for one in ids], schema=dict(SCHEMAS[VIEW]))


def test_an_interval_touches_the_days_of_utc() -> None:
    assert days_of(at(0.5), at(2)) == [day(0), day(1)]
    assert days_of(at(1), at(1)) == []
    shanghai = timezone(timedelta(hours=8))
    start = datetime(2025, 1, 2, 4, tzinfo=shanghai)
    assert days_of(start, start + timedelta(hours=1)) == [date(2025, 1, 1)]


def test_an_interval_without_a_zone_or_backwards_is_refused() -> None:
    with pytest.raises(ValueError, match=r"start .* has no zone"):
        days_of(at(0).replace(tzinfo=None), at(1))
    with pytest.raises(ValueError, match="lies before start"):
        days_of(at(1), at(0))


def test_a_day_is_replaced_and_an_empty_one_removed(home: Settings) -> None:
    write_day(VIEW, day(1), rows("a", "b"))
    write_day(VIEW, day(1), rows("c"))
    assert read_days(VIEW, day(1), day(2))["event_id"].to_list() == ["c"]
    write_day(VIEW, day(1), rows())
    assert existing_days(VIEW) == []
    assert read_days(VIEW, day(1), day(2)).schema == SCHEMAS[VIEW]


def test_a_frame_of_other_types_is_written_as_the_view_says(home: Settings) -> None:
    write_day(VIEW, day(1), rows("a").with_columns(pl.col("value").cast(pl.Float32), more=pl.lit(1)))
    assert pl.read_parquet_schema(path_of(VIEW, day(1))) == SCHEMAS[VIEW]


def test_added_rows_take_the_place_of_those_with_their_keys(home: Settings) -> None:
    add_rows(VIEW, day(1), rows("a", "b"), KEYS)
    add_rows(VIEW, day(1), rows("b", "c", user="other"), KEYS)
    found = read_days(VIEW, day(1), day(2)).sort("event_id")
    assert found["event_id"].to_list() == ["a", "b", "c"]
    assert found["user_id"].to_list() == ["u", "other", "other"]


def test_a_full_file_is_followed_by_another(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "PART_ROWS", 2)
    for number in range(5):
        add_rows(VIEW, day(1), rows(str(number)), KEYS)
    assert [path.name for path in parts_of(VIEW, day(1))] == ["part-0.parquet", "part-1.parquet", "part-2.parquet"]


def test_days_are_known_by_their_rows_and_not_by_the_seed(home: Settings) -> None:
    seed_views()
    assert existing_days(VIEW) == []
    assert newest_day(VIEW) is None
    for number in (4, 1):
        write_day(VIEW, day(number), rows("a"))
    assert existing_days(VIEW) == [day(1), day(4)]
    assert newest_day(VIEW) == at(5)
    assert read_days(VIEW, day(1), day(4)).height == 1


def test_quiet_days_begin_after_the_last_day_with_events(home: Settings) -> None:
    assert quiet_since(day(9)) == day(9)
    write_day(VIEW, day(1), rows("a"))
    assert quiet_since(day(9)) == day(2)
    assert quiet_since(day(1)) == day(1)


def test_who_does_not_wait_for_a_lock_is_told_that_it_is_held(home: Settings) -> None:
    with only_one("build"):
        with pytest.raises(Busy, match="build is being written"), only_one("build", wait=False):
            pass
        with only_one("another", wait=False):
            pass
    with only_one("build", wait=False):
        pass


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert partitions.midnight(date(2025, 3, 1)) == datetime(2025, 3, 1, tzinfo=UTC)
