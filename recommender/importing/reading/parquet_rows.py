"""Parquet as batches of rows. Numbers, times, texts and bytes stay what they are; anything else becomes JSON or words.

It knows Arrow's types and no field.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.importing.reading.rows import RawBatch, UnreadableFile, own_name
from recommender.importing.storing.progress import reject_frame

_types = pa.types
_PLAIN = (
    *(_types.is_integer, _types.is_boolean, _types.is_date, _types.is_decimal128, _types.is_null),
    *(_types.is_string, _types.is_large_string, _types.is_string_view),
)
_BYTES = (_types.is_binary, _types.is_large_binary, _types.is_fixed_size_binary, _types.is_binary_view)


def open_parquet(path: Path) -> Any:
    """The file as pyarrow's `ParquetFile`, of which no row is read yet; `UnreadableFile` where it is none."""
    try:
        return pq.ParquetFile(path)
    except Exception as error:
        raise UnreadableFile(f"{path} is not a Parquet file: {error}") from error


def parquet_columns(path: Path) -> list[str]:
    """The names of the file's columns."""
    names = list(open_parquet(path).schema_arrow.names)
    if len(set(names)) < len(names):
        raise UnreadableFile(f"{path} must name each column once; it says {', '.join(names)}")
    return [own_name(name) for name in names]


def parquet_batches(path: Path, skip: int, size: int) -> Iterator[RawBatch]:
    """The rows after the first `skip`, `size` at a time."""
    done = 0
    for part in _parts(path, size):
        done += part.num_rows
        part = part.slice(part.num_rows - max(0, min(part.num_rows, done - skip)))
        if part.num_rows:
            first = done - part.num_rows + 1
            lines = pl.int_range(first, done + 1, dtype=pl.Int64, eager=True).alias("line")
            columns = [
                _series(column).alias(own_name(name))
                for name, column in zip(part.schema.names, part.columns, strict=True)
            ]
            yield RawBatch(part.num_rows, pl.DataFrame([lines, *columns]), reject_frame([]))


def _parts(path: Path, size: int) -> Iterator[Any]:
    try:
        yield from open_parquet(path).iter_batches(batch_size=size)
    except (pa.ArrowException, OSError) as error:
        raise UnreadableFile(f"{path} can't be read to its end, write it again: {error}") from error


def _series(column: Any) -> pl.Series:
    """A column in a type that polars has; it stops at some of Arrow's, and casts others to no text."""
    if _types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if any(is_kind(kind) for is_kind in _BYTES):
        return pl.Series(column.to_pylist(), dtype=pl.Binary)
    if _types.is_floating(kind):
        column = column.cast(pa.float64())
    elif _types.is_timestamp(kind):
        column = column.cast(pa.timestamp(kind.unit, "UTC")) if kind.tz else column
    elif not any(is_kind(kind) for is_kind in _PLAIN):
        return pl.Series([as_text(value) for value in column.to_pylist()], dtype=pl.String)
    return pl.Series(pl.from_arrow(column))


def as_text(value: Any) -> str | None:
    """Lists and objects as JSON, anything else in words."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, dict)):
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    return str(value)
