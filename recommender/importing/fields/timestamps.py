"""Times as people and programs write them, as moments in UTC; a whole column at once."""

import polars as pl

from recommender.utils.time_zones import UTC_ZONE, to_utc

_DAY = r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
_CLOCK = r"(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,](\d{1,9}))?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?(?: [A-Z]{3,4})?"
_ISO = rf"^{_DAY}(?:(?:T|\s+){_CLOCK})?$"


def as_time(column: pl.Series, zone: str = UTC_ZONE) -> pl.Series:
    """Times in UTC, to the microsecond; null where a value is none. Times without a zone are of a clock in `zone`."""
    if column.dtype == pl.Date:
        return to_utc(column.cast(pl.Datetime("us")), zone)
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is None:
            return to_utc(column.dt.cast_time_unit("us"), zone)
        return column.dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if column.dtype != pl.String:
        return _from_unix(column.cast(pl.Float64, strict=False))
    unix = _from_unix(column.cast(pl.Float64, strict=False))
    if unix.null_count() == column.null_count():
        return unix
    return unix.zip_with(unix.is_not_null(), _from_iso(column, zone))


def _from_unix(seconds: pl.Series) -> pl.Series:
    """By its size, a number is seconds, milli-, micro- or nanoseconds: each covers all years that matter."""
    size = seconds.abs()
    factor = pl.when(size < 1e11).then(1e6).when(size < 1e14).then(1e3).when(size < 1e17).then(1.0).otherwise(1e-3)
    micros = pl.select(pl.when(size < 4e18).then((seconds * factor).round()).cast(pl.Int64, strict=False)).to_series()
    return micros.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").alias(seconds.name)


def _from_iso(column: pl.Series, zone: str) -> pl.Series:
    """2026-01-31T12:30:00Z and its like, 2026/1/31 9:05 too."""
    parts = column.str.extract_groups(_ISO).struct.unnest()
    year, month, day, hour, minute, second, fraction, own = (parts.to_series(index) for index in range(8))
    local = pl.select(
        pl.concat_str(
            year,
            *(pl.lit("-") + part.str.pad_start(2, "0") for part in (month, day)),
            pl.lit(" ") + hour.fill_null("00").str.pad_start(2, "0"),
            *(pl.lit(":") + part.fill_null("00") for part in (minute, second)),
            pl.lit(".") + fraction.fill_null("0").str.pad_end(9, "0"),
        )
    ).to_series()
    times = local.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", strict=False, time_unit="us")
    moments = to_utc(times, UTC_ZONE) - _offsets(own)
    if zone != UTC_ZONE:
        moments = moments.zip_with(own.is_not_null(), to_utc(times, zone))
    return moments.alias(column.name)


def _offsets(zones: pl.Series) -> pl.Series:
    """+08:00, -0330, +08, Z as lengths of time; nothing is UTC."""
    digits = zones.str.replace_all(r"[^0-9]", "").str.pad_end(4, "0").fill_null("0000")
    minutes = digits.str.slice(0, 2).cast(pl.Int64) * 60 + digits.str.slice(2, 2).cast(pl.Int64)
    signed = minutes.zip_with(~zones.str.starts_with("-").fill_null(False), -minutes)
    return (signed * 60_000_000).cast(pl.Duration("us"))
