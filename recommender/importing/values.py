"""Columns of a file as values of ours: texts, numbers, times, yes or no; a whole column at once.

It knows how people write these things down and how much of each fits; it knows no table. Each parser answers with
the values (null where there is none) and with the problems it saw.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(days=1)  # how far a shop's clock may run ahead
_CLOCK = r"(\d{2}:\d{2})(:\d{2})?(?:[.,](\d{1,9}))?\s*(Z|z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
_ISO = rf"^(\d{{4}}[-/]\d{{2}}[-/]\d{{2}})(?:[T ]{_CLOCK})?$"
_FLAGS = dict.fromkeys(("true", "1", "yes", "y", "t", "1.0"), True) | dict.fromkeys(
    ("false", "0", "no", "n", "f", "0.0"), False
)


@dataclass(frozen=True, slots=True)
class Problem:
    """Rows (`where`) whose value can't be taken, and why."""

    where: pl.Series
    reason: str


Parsed = tuple[pl.Series, list[Problem]]
Parser = Callable[[pl.Series], Parsed]


def text(limit: int) -> Parser:
    """A text of at most `limit` characters; blank is none."""

    def parse(column: pl.Series) -> Parsed:
        values = column.cast(pl.String).str.strip_chars()
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
    said = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    values = said.replace_strict(_FLAGS, default=None, return_dtype=pl.Boolean)
    given = said.is_not_null() & (said != "")
    return values, [Problem(given & values.is_null(), "neither true nor false")]


def time(now: datetime, may_be_ahead: bool = False) -> Parser:
    """A point in time: Unix seconds, milli- or microseconds, or ISO 8601; without a zone it's UTC."""

    def parse(column: pl.Series) -> Parsed:
        given = column.is_not_null()
        if column.dtype == pl.String:
            column = column.str.strip_chars()
            given = given & (column != "")
        values = as_time(column)
        problems = [
            Problem(given & values.is_null(), "not a time: write 2026-01-31T12:30:00Z, or Unix seconds"),
            Problem(values < EARLIEST, "before 1990: is it Unix time, in seconds?"),
        ]
        if not may_be_ahead:
            problems.append(Problem(values > now + CLOCK_SKEW, "in the future: is it in UTC, and whose clock is it?"))
        return values, problems

    return parse


def as_time(column: pl.Series) -> pl.Series:
    """Times in UTC, to the microsecond; null where a value is none."""
    if column.dtype == pl.Date:
        return column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    if isinstance(column.dtype, pl.Datetime):
        zoned = column.dt.replace_time_zone("UTC") if column.dtype.time_zone is None else column
        return zoned.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if column.dtype != pl.String:
        return _from_unix(column.cast(pl.Float64, strict=False))
    unix = _from_unix(column.cast(pl.Float64, strict=False))
    if unix.null_count() == column.null_count():
        return unix
    return unix.zip_with(unix.is_not_null(), _from_iso(column))


def _from_unix(seconds: pl.Series) -> pl.Series:
    """By its size, a number is seconds, milli-, micro- or nanoseconds: each covers all years that matter."""
    size = seconds.abs()
    factor = pl.when(size < 1e11).then(1e6).when(size < 1e14).then(1e3).when(size < 1e17).then(1.0).otherwise(1e-3)
    micros = pl.select(pl.when(size < 4e18).then((seconds * factor).round()).cast(pl.Int64, strict=False)).to_series()
    return micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias(seconds.name)


def _from_iso(column: pl.Series) -> pl.Series:
    parts = column.str.extract_groups(_ISO).struct.unnest()
    day, minutes, seconds, fraction, zone = (parts.to_series(index) for index in range(5))
    zone = zone.fill_null("+00:00").replace({"Z": "+00:00", "z": "+00:00", "UTC": "+00:00"})
    zone = zone.str.replace_all(":", "", literal=True).str.pad_end(5, "0")
    whole = pl.select(
        pl.concat_str(
            day.str.replace_all("/", "-", literal=True),
            pl.lit(" "),
            minutes.fill_null("00:00"),
            seconds.fill_null(":00"),
            pl.lit("."),
            fraction.fill_null("0").str.pad_end(9, "0"),
            zone,
        )
    ).to_series()
    times = whole.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%z", strict=False, time_unit="us")
    return times.dt.convert_time_zone("UTC").alias(column.name)
