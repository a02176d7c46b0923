"""Columns as people write them, as values."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from recommender.importing.fields import values
from recommender.importing.fields.timestamps import as_time

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NOON = datetime(2026, 1, 31, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-31T12:30:00Z",
        "2026-01-31 12:30",
        "2026/01/31 12:30:00",
        "2026-01-31T14:30:00+02:00",
        "2026-01-31T14:30:00.000+0200",
        "2026-01-31T20:30:00+08",
        "2026-01-31 12:30:00 UTC",
        "1769862600",
        "1769862600.0",
        "1769862600000",
        "1769862600000000",
        1769862600,
        1769862600_000,
        1769862600.0,
        NOON,
        NOON.replace(tzinfo=None),
    ],
)
def test_one_moment_in_many_forms(written: object) -> None:
    assert as_time(pl.Series([written])).to_list() == [NOON]


@pytest.mark.parametrize("written", ["31.01.2026", "2026-13-01", "soon", "", "9" * 30, "2026-01-31T25:00:00"])
def test_what_is_no_time(written: str) -> None:
    assert as_time(pl.Series([written])).to_list() == [None]


def test_days_are_midnights() -> None:
    assert as_time(pl.Series([date(2026, 1, 31)]))[0] == datetime(2026, 1, 31, tzinfo=UTC)
    assert as_time(pl.Series(["2026-01-31"]))[0] == datetime(2026, 1, 31, tzinfo=UTC)


def test_fractions_are_kept_to_the_microsecond() -> None:
    assert as_time(pl.Series(["2026-01-31T12:30:00.123456789Z"]))[0] == NOON.replace(microsecond=123456)


def test_flags() -> None:
    parsed, [problem] = values.flag(pl.Series(["Yes", "0", None, "", "maybe"]))
    assert parsed.to_list() == [True, False, None, None, None]
    assert problem.where.to_list() == [False, False, False, False, True]


def test_numbers() -> None:
    parsed, [form, sign] = values.number()(pl.Series(["1.5", " 2 ", "-1", "nan", "1,5", "", None]))
    assert parsed.to_list()[:3] == [1.5, 2.0, -1.0]
    assert form.where.to_list() == [False, False, False, True, True, False, False]
    assert sign.where.fill_null(False).to_list() == [False, False, True, False, False, False, False]


def test_blank_texts_are_none() -> None:
    parsed, _ = values.text(5)(pl.Series(["  tea ", " ", None]))
    assert parsed.to_list() == ["tea", None, None]
