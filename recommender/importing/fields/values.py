"""Columns of a file as values of ours: texts, numbers, times, yes or no; a whole column at once.

It knows how people write these things down and how much of each fits; it knows no table. Each parser answers with
the values (null where there is none) and with the problems it saw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

from recommender.importing.fields.timestamps import as_time

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(days=1)  # how far a shop's clock may run ahead
_FLAGS = dict.fromkeys(("true", "1", "yes", "y", "t", "1.0", "on", "是"), True) | dict.fromkeys(
    ("false", "0", "no", "n", "f", "0.0", "off", "否"), False
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows (`where`) whose value can't be taken, and why."""

    where: pl.Series
    reason: str


Parsed = tuple[pl.Series, list[Problem]]
Parser = Callable[[pl.Series], Parsed]


def as_strings(column: pl.Series) -> pl.Series:
    """A column as texts; bytes that are no UTF-8 are none, where polars would refuse the whole column."""
    if column.dtype != pl.Binary:
        return column.cast(pl.String)
    return pl.Series(column.name, [_decoded(value) for value in column], dtype=pl.String)


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def text(limit: int) -> Parser:
    """A text of at most `limit` characters; blank is none."""

    def parse(column: pl.Series) -> Parsed:
        values = as_strings(column).str.strip_chars()
        values = values.set(values == "", None)
        too_long = values.str.len_chars() > limit
        nul = values.str.contains("\x00", literal=True)
        return values, [
            Problem(too_long, f"longer than {limit:,} characters: shorten it"),
            Problem(nul, "holds a NUL character: remove it"),
        ]

    return parse


def number(least: float | None = 0.0) -> Parser:
    """A finite number, not below `least`."""

    def parse(column: pl.Series) -> Parsed:
        given = column.is_not_null()
        if column.dtype == pl.String:
            column = column.str.strip_chars()
            given = given & (column != "")
        values = column.cast(pl.Float64, strict=False)
        finite = values.is_finite().fill_null(False)
        problems = [Problem(given & ~finite, "not a number: write it as 12.5")]
        if least is not None:
            problems.append(Problem(values < least, "negative" if least == 0 else f"below {least:g}"))
        return values, problems

    return parse


def flag(column: pl.Series) -> Parsed:
    """Yes or no."""
    if column.dtype == pl.Boolean:
        return column, []
    lowered = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    values = lowered.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    given = lowered.is_not_null() & (lowered != "")
    return values, [Problem(given & values.is_null(), "neither true nor false")]


def time(now: datetime, may_be_future: bool = False, zone: str = "UTC") -> Parser:
    """A point in time: Unix seconds, milli- or microseconds, or ISO 8601; without a zone of its own it's in `zone`."""

    def parse(column: pl.Series) -> Parsed:
        given = column.is_not_null()
        if column.dtype == pl.String:
            column = column.str.strip_chars()
            given = given & (column != "")
        values = as_time(column, zone)
        problems = [
            Problem(given & values.is_null(), "not a time: write 2026-01-31T12:30:00Z, or Unix seconds"),
            Problem(values < EARLIEST, "before 1990: is it Unix time, in seconds?"),
        ]
        if not may_be_future:
            problems.append(
                Problem(
                    values > now + CLOCK_SKEW,
                    "in the future: in which zone is it (--time-zone), and whose clock is it?",
                )
            )
        return values, problems

    return parse
