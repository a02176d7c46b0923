"""Local times, with the zone of the shop, and those that run ahead of the clock."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from recommender.importing.fields.timestamps import as_time
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings, get_settings
from recommender.utils.time_zones import UnknownZone, check_zone
from tests.support.shops.files import ITEMS, table, write

NOON = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "+08:00", "UTC+8", "+0800"])
@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31 20:30:00",
        "2026-01-31T20:30",
        "2026/1/31 20:30",
        "2026年1月31日 20:30",
        datetime(2026, 1, 31, 20, 30),
        "2026-01-31T12:30:00Z",
        "2026-01-31T13:30:00+01:00",
        "2026-01-31T09:00:00-0330",
        "1769862600",
        1769862600,
        NOON,
    ],
)
def test_a_time_without_a_zone_is_of_the_shops_clock(zone: str, written: object) -> None:
    assert as_time(pl.Series([written]), check_zone(zone)).to_list() == [NOON]


def test_a_day_begins_where_the_shop_is() -> None:
    start = datetime(2026, 1, 30, 16, tzinfo=UTC)
    assert as_time(pl.Series([date(2026, 1, 31)]), "Asia/Shanghai").to_list() == [start]
    assert as_time(pl.Series(["2026-01-31"]), "Asia/Shanghai").to_list() == [start]


def test_hours_that_summer_time_leaves_out_or_repeats() -> None:
    times = as_time(pl.Series(["2026-03-29 02:30", "2026-10-25 02:30", "2026-07-01 12:00"]), "Europe/Berlin")
    assert [f"{time:%d %H:%M}" for time in times] == ["29 00:30", "25 00:30", "01 10:00"]


@pytest.mark.parametrize("name", ["Mars/Olympus", "CSTX", "", "+25:00", "../etc/passwd", "/etc/passwd"])
def test_an_unknown_zone_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownZone, match="write it as Asia/Shanghai"):
        check_zone(name)
    monkeypatch.setenv("ZHIYIN_TIME_ZONE", name)
    with pytest.raises(ValueError, match="time_zone"):
        Settings()


def purchases(folder: Path, zone: str = "") -> Path:
    local = datetime.now(UTC) + timedelta(hours=8, minutes=-20)
    row = f"e,ann,tea,purchase,{local:%Y-%m-%dT%H:%M:%S}{zone}\n"
    return write(folder, items__csv=ITEMS, interactions__csv=f"event_id,user_id,item_id,event_type,time\n{row}")


def test_events_ahead_of_the_clock_are_told(home: Settings, migrated: None, tmp_path: Path) -> None:
    [note] = run_folder(purchases(tmp_path / "shop")).notes
    assert "1 events lie ahead of the clock, by 7 h 40 min at most" in note
    assert "--time-zone" in note
    assert run_folder(purchases(tmp_path / "zoned", "+08:00")).notes == ()


def test_the_zone_of_the_shop_is_a_setting(
    home: Settings, migrated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_TIME_ZONE", "Asia/Shanghai")
    get_settings.cache_clear()
    assert run_folder(purchases(tmp_path / "shop")).notes == ()
    [(time,)] = table("events", "time")
    assert timedelta(minutes=19) < datetime.now(UTC) - time < timedelta(minutes=30)


def test_another_zone_is_another_reading(home: Settings, migrated: None, tmp_path: Path) -> None:
    write(tmp_path, items__csv="item_id,available_from\ntea,2026-01-31 20:30\n")
    for zone in ("UTC", "Asia/Shanghai"):
        assert not run_folder(tmp_path, Reading.automatic(zone=zone)).files[0].skipped
    assert table("items", "available_from") == [(NOON,)]
