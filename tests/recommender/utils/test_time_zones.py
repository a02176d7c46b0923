"""Time zones by name or by offset, and local times as moments."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from recommender.utils.time_zones import UnknownZone, check_zone, offset_of, to_utc


@pytest.mark.parametrize(
    ("name", "hours"),
    [("+08:00", 8), ("UTC+8", 8), ("GMT-3", -3), ("+0530", 5.5), ("-03:30", -3.5), ("+14", 14), ("UTC+00:00", 0)],
)
def test_an_offset_is_a_length_of_time(name: str, hours: float) -> None:
    assert offset_of(name) == timedelta(hours=hours)
    assert check_zone(name) == name


@pytest.mark.parametrize("name", ["Asia/Shanghai", "UTC", "", "+15:00", "+08:60", "8", "+", "UTC+08:0"])
def test_what_is_no_offset_is_none(name: str) -> None:
    assert offset_of(name) is None


@pytest.mark.parametrize("name", ["Asia/Nowhere", "", "+15:00", "北京", "../etc/passwd", "a" * 10_000])
def test_an_unknown_zone_says_how_to_write_one(name: str) -> None:
    with pytest.raises(UnknownZone, match=r"write it as Asia/Shanghai, Europe/Berlin or \+08:00"):
        check_zone(name)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"])
def test_local_times_are_the_moments_that_the_zone_tables_say(zone: str) -> None:
    local = [datetime(2026, month, 9, 13, 45) for month in range(1, 13)]
    expected = [time.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for time in local]
    assert to_utc(pl.Series(local), zone).to_list() == expected


def test_an_hour_that_comes_twice_is_the_first_and_one_left_out_the_next() -> None:
    twice, left_out = datetime(2026, 10, 25, 2, 30), datetime(2026, 3, 29, 2, 30)
    moments = to_utc(pl.Series([twice, left_out, None]), "Europe/Berlin").to_list()
    assert moments == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 0, 30, tzinfo=UTC), None]


def test_no_times_are_no_moments() -> None:
    empty = pl.Series([], dtype=pl.Datetime("us"))
    for zone in ("Europe/Berlin", "+08:00"):
        assert to_utc(empty, zone).to_list() == []
