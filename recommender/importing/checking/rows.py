"""What all checks of rows share: the source's rules, a field's columns, and what is missing or too long."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from recommender.importing.column_names import EVENT_TYPE_NAMES, Columns
from recommender.importing.fields.values import Problem
from recommender.settings import get_settings
from recommender.utils.time_zones import UTC_ZONE

LONG_TEXT = 20_000  # characters of a description, a review, an item's attributes


@dataclass(frozen=True, slots=True)
class Rules:
    """What a source says beside its rows: the moment of the import, names of event types, what a row without is."""

    now: datetime
    types: Mapping[str, str]  # a shop's name of an event type, spelling aside -> ours
    default_type: str
    verbatim: bool = False  # ids and null words as they stand
    zone: str = UTC_ZONE  # of times that have none of their own
    pieces: bool = False  # rows of sales that say the same are pieces
    currency: str = ""  # the shop's own
    rates: Mapping[str, float] = field(default_factory=dict)  # what one of another is worth in it

    @classmethod
    def of(cls, now: datetime, types: Mapping[str, str] = EVENT_TYPE_NAMES, default_type: str = "view") -> "Rules":
        """The rules of a source that says no more than this; its times are in UTC, its currency is the settings'."""
        settings = get_settings()
        return cls(now, types, default_type, currency=settings.currency, rates=settings.rates)


Found = list[tuple[str, Problem]]


def column_of(raw: pl.DataFrame, ours: str, columns: Columns) -> pl.Series:
    """What a field is read from: its column, and where that is blank the next one of the same meaning."""
    names = [columns.fields.get(ours), *columns.also.get(ours, ())]
    there = [name for name in names if name is not None and name in raw.columns]
    if not there:
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(raw))
    if len(there) == 1:
        return raw[there[0]]
    filled = [pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in there]
    return raw.select(pl.coalesce(filled)).to_series()


def find_missing(column: pl.Series, when: pl.Series | None = None) -> Problem:
    """The rows without a value, of those that `when` marks (None: of all)."""
    absent = column.is_null()
    return Problem(absent & when if when is not None else absent, "missing, and it is required")


def find_too_long(column: pl.Series) -> Problem:
    """The rows whose text is longer than `LONG_TEXT` characters."""
    return Problem(column.str.len_chars() > LONG_TEXT, f"longer than {LONG_TEXT:,} characters: shorten it")
