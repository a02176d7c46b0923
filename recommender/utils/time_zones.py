"""Time zones by name or by offset, and local times as moments."""

import re
from datetime import timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:  # the settings check names of zones; they bring no library of tables
    import polars as pl

UTC_ZONE = "UTC"
_OFFSET = re.compile(r"^(?:UTC|GMT)?([+-])(\d{1,2})(?::?([0-5]\d))?$")
_HOUR = timedelta(hours=1)


class UnknownZone(ValueError):
    """A time zone that nobody knows; the message says how to write one."""


def check_zone(name: str) -> str:
    """The name of a zone, Asia/Shanghai, or an offset, +08:00.

    Raises
    ------
    UnknownZone
        If it is neither.
    """
    if offset_of(name) is not None:
        return name
    try:
        return str(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownZone(
            f"time zone {name!r} is unknown: write it as Asia/Shanghai, Europe/Berlin or +08:00"
        ) from None


def offset_of(name: str) -> timedelta | None:
    """+08:00, UTC+8 and the like as a length of time; None for a zone that has a name."""
    found = _OFFSET.match(name)
    if not found or int(found[2]) > 14:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    return -offset if found[1] == "-" else offset


def zone_of(name: str) -> tzinfo:
    """A zone by its name or offset, for times of Python's own; raises `UnknownZone`."""
    offset = offset_of(check_zone(name))
    return ZoneInfo(name) if offset is None else timezone(offset)


def to_utc(local: "pl.Series", zone: str) -> "pl.Series":
    """Times of a clock in this zone as moments in UTC.

    An hour that comes twice is taken for the first; one that is left out in spring for the one that follows.
    """
    offset = offset_of(zone)
    if offset is not None:
        return (local - offset).dt.replace_time_zone(UTC_ZONE)
    moments = _in_zone(local, zone)
    if moments.null_count() > local.null_count():
        moments = moments.zip_with(moments.is_not_null(), _in_zone(local + _HOUR, zone) - _HOUR)
    return moments


def _in_zone(local: "pl.Series", zone: str) -> "pl.Series":
    zoned = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone(UTC_ZONE)
