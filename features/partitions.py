"""The offline features on disk: parquet, one folder a view, one partition a day, its files replaced as wholes.

It knows the columns of each view and how to write so that a reader never sees half a file. A partition that is built
is one file; one that grows by rows, as that of profiles does, has a further file for each `PART_ROWS`, so that adding
costs what is added. What the values mean is `building`'s affair. The columns agree with `feature_repo/definitions.py`;
a test holds them together.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import structlog

from recommender.settings import get_settings

log = structlog.get_logger(__name__)
WINDOWS = (1, 7, 30, 180)
PART_ROWS = 20_000  # of a file, from which on further rows go to the next one
ACTIONS = {  # the word of the features for each event type
    "view": "views",
    "cart": "carts",
    "purchase": "purchases",
    "rating": "ratings",
    "review": "reviews",
    "search": "searches",
}
TIME = pl.Datetime("us", "UTC")
STAMP = "event_timestamp"
_COUNTED = {f"{action}_{days}d": pl.Int64() for action in ACTIONS.values() for days in WINDOWS}
_TEXTS, _REALS, _WHOLES = pl.List(pl.String), pl.List(pl.Float32), pl.List(pl.Int64)

SCHEMAS: dict[str, pl.Schema] = {
    "events": pl.Schema(
        {
            "event_id": pl.String(),
            "user_id": pl.String(),
            "item_id": pl.String(),
            "event_type": pl.String(),
            "value": pl.Float64(),
            "quantity": pl.Float64(),
            "text": pl.String(),
            "session_id": pl.String(),
            "time": TIME,
        }
    ),
    "user_behaviour": pl.Schema(
        {
            "user_id": pl.String(),
            STAMP: TIME,
            **_COUNTED,
            **{f"spend_{days}d": pl.Float32() for days in WINDOWS},
            "last_active_time": TIME,
            "last_purchase_time": TIME,
            "price_level": pl.Float32(),
            "top_categories": _TEXTS,
            "top_category_weights": _REALS,
            "top_brands": _TEXTS,
            "top_brand_weights": _REALS,
        }
    ),
    "user_profile": pl.Schema(
        {
            "user_id": pl.String(),
            STAMP: TIME,
            "profile_version": pl.Int64(),
            "model_version": pl.String(),
            "as_of_us": pl.Int64(),
            "last_event_time": TIME,
            "summary": pl.String(),
            "vector": _REALS,
            "affinity_kinds": _TEXTS,
            "affinity_keys": _TEXTS,
            "affinity_weights": pl.List(pl.Float64),
            "affinity_evidence": _TEXTS,
            "recent_event_ids": _TEXTS,
            "recent_item_ids": _TEXTS,
            "recent_event_types": _WHOLES,
            "recent_values": _REALS,
            "recent_times": _WHOLES,
            "background": pl.String(),
        }
    ),
}


def days_of(start: datetime, end: datetime) -> list[date]:
    """The UTC days that [start, end) touches; both need a zone."""
    for name, moment in (("start", start), ("end", end)):
        if moment.tzinfo is None:
            raise ValueError(f"{name} {moment!r} has no zone; give it one, e.g. replace(tzinfo=UTC)")
    first, after = start.astimezone(UTC), end.astimezone(UTC)
    if after < first:
        raise ValueError(f"end {end} lies before start {start}")
    last = (after - timedelta(microseconds=1)).date()
    return [first.date() + timedelta(days=n) for n in range((last - first.date()).days + 1)] if after > first else []


def midnight(day: date) -> datetime:
    """The moment at which the day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def path_of(view: str, day: date) -> Path:
    """The first file of a day's partition, whether or not it is there."""
    return get_settings().offline_dir / view / f"day={day.isoformat()}" / "part-0.parquet"


def parts_of(view: str, day: date) -> list[Path]:
    """The files of a day's partition, in the order in which they were begun."""
    return sorted(path_of(view, day).parent.glob("part-*.parquet"), key=lambda path: (len(path.name), path.name))


def all_parts(view: str) -> list[Path]:
    """The files of all days that have rows, the oldest day's first."""
    return [path for day in existing_days(view) for path in parts_of(view, day)]


def write_day(view: str, day: date, frame: pl.DataFrame) -> None:
    """Puts this frame in place of the day's partition, which is one file; an empty one removes it."""
    write_part(view, path_of(view, day), frame)


def write_part(view: str, path: Path, frame: pl.DataFrame) -> None:
    """Puts this frame in place of one file of a partition; an empty one removes it."""
    if frame.is_empty():
        path.unlink(missing_ok=True)
        return
    schema = SCHEMAS[view]
    write_frame(path, frame if frame.schema == schema else frame.select(schema.names()).cast(schema))


def add_rows(view: str, day: date, added: pl.DataFrame, keys: list[str]) -> None:
    """Adds rows, no two of the same `keys`, to a day's partition, in place of those there that have the same keys."""
    with only_one(view):
        parts = parts_of(view, day)
        for path in parts:
            there = pl.read_parquet(path, columns=keys, hive_partitioning=False)
            again = added.join(there, on=keys, how="semi")
            if len(again):
                kept = pl.read_parquet(path, hive_partitioning=False).join(again, on=keys, how="anti")
                write_part(view, path, pl.concat([kept, again]).sort(keys))
                added = added.join(again, on=keys, how="anti")
        if len(added):
            _append(view, day, parts, added.sort(keys))


def _append(view: str, day: date, parts: list[Path], added: pl.DataFrame) -> None:
    """Into the last file, or into a new one where that is full."""
    last = pl.read_parquet(parts[-1], hive_partitioning=False) if parts else added.clear()
    if parts and len(last) < PART_ROWS:
        write_part(view, parts[-1], pl.concat([last, added]))
    else:
        number = int(parts[-1].stem.removeprefix("part-")) + 1 if parts else 0
        write_part(view, path_of(view, day).with_name(f"part-{number}.parquet"), added)


def write_frame(path: Path, frame: pl.DataFrame) -> None:
    """Puts this frame in place of a file, so that a reader sees either as a whole; makes the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    frame.write_parquet(unfinished, compression="zstd", compression_level=1, use_pyarrow=False)
    unfinished.replace(path)


def seed_views(views: Iterator[str] | list[str] | None = None) -> None:
    """Gives each view an empty partition, so that it can be read before anything was built."""
    for view in views or SCHEMAS:
        path = get_settings().offline_dir / view / "day=1970-01-01" / "part-0.parquet"
        if not path.exists():
            write_frame(path, SCHEMAS[view].to_frame())
        elif missing := set(SCHEMAS[view]) - set(pl.read_parquet_schema(path)):
            _widen(view, missing)


def _widen(view: str, columns: set[str]) -> None:
    """Gives partitions of an earlier release the columns it didn't have, empty; the seed comes last, as a mark."""
    log.warning("columns are empty in days that an earlier release built", view=view, columns=sorted(columns))
    empty = [pl.lit(None, SCHEMAS[view][name]).alias(name) for name in sorted(columns)]
    paths = sorted((get_settings().offline_dir / view).glob("day=*/part-*.parquet"), reverse=True)
    with only_one(view):
        for path in paths:
            frame = pl.read_parquet(path, hive_partitioning=False)
            if columns.isdisjoint(frame.columns):
                write_frame(path, frame.with_columns(empty).select(SCHEMAS[view].names()))


def existing_days(view: str) -> list[date]:
    """The days that have a partition with rows, oldest first."""
    folders = {path.parent.name for path in (get_settings().offline_dir / view).glob("day=*/part-*.parquet")}
    return sorted(day for name in folders if (day := date.fromisoformat(name.removeprefix("day="))).year > 1970)


def quiet_since(day: date) -> date:
    """The first of the days without events right before `day`; `day` itself where the log begins with it."""
    before = [one for one in existing_days("events") if one < day]
    return before[-1] + timedelta(days=1) if before else day


def newest_day(view: str) -> datetime | None:
    """The end of the newest day that has rows."""
    days = existing_days(view)
    return midnight(days[-1] + timedelta(days=1)) if days else None


def read_days(view: str, first: date, after: date) -> pl.DataFrame:
    """The rows of the days in [first, after), day by day in order."""
    paths = [path for day in existing_days(view) if first <= day < after for path in parts_of(view, day)]
    if not paths:
        return SCHEMAS[view].to_frame()
    return pl.read_parquet(paths, hive_partitioning=False)


class Busy(RuntimeError):
    """Another process is at it."""


@contextmanager
def only_one(name: str, wait: bool = True) -> Iterator[None]:
    """Holds the lock of this name below home, against other processes too; `Busy` instead of waiting for it."""
    folder = get_settings().root / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Busy(f"{name} is being written") from None
        yield
