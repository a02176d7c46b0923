"""Files as batches of rows: CSV, JSON Lines (both also gzipped) and Parquet, a part at a time, from any row on.

It knows file formats and no field. A row that can't be read as a row, by its encoding, quotes, number of fields or
JSON, is told apart with its line; the rows around it are read.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson
import polars as pl
import pyarrow.parquet as pq

from recommender.importing.csv_rows import CsvTable
from recommender.importing.progress import reject_frame
from recommender.importing.rows import RawBatch, Record, UnreadableFile, decoded, raw_batch

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
SAMPLE = 200  # rows of a JSON Lines file that its columns are learnt from
Transform = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def suffix_of(path: Path) -> str | None:
    """Which of the formats the file's name claims."""
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(suffix)), None)


def columns_of(path: Path, transform: Transform | None = None) -> list[str]:
    """The names of the file's columns."""
    suffix = suffix_of(path) or ""
    if suffix == ".parquet":
        return list(_parquet(path).schema_arrow.names)
    if suffix.startswith(".csv"):
        with _opened(path) as lines:
            return CsvTable(path, lines).header
    with _opened(path) as lines:
        names: dict[str, None] = {}
        for record in islice(_json_records(lines, transform), SAMPLE):
            if isinstance(record.value, dict):
                names.update(dict.fromkeys(record.value))
        return list(names)


def read_batches(path: Path, skip: int, size: int, transform: Transform | None = None) -> Iterator[RawBatch]:
    """The rows after the first `skip`, `size` at a time."""
    suffix = suffix_of(path) or ""
    if suffix == ".parquet":
        yield from _parquet_batches(path, skip, size)
        return
    with _opened(path) as lines:
        if suffix.startswith(".csv"):
            table = CsvTable(path, lines)
            table.skip(skip)
            yield from iter(lambda: table.take(size), None)
        else:
            records = islice(_json_records(lines, transform), skip, None)
            while chunk := list(islice(records, size)):
                yield _json_batch(chunk)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rb") as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError) as error:
            raise UnreadableFile(f"{path} is not a whole gzip file ({error}): pack it again") from error


def _json_records(lines: IO[bytes], transform: Transform | None) -> Iterator[Record]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            value = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            text, whole = decoded(raw)
            reason = f"not JSON ({error.msg})" if whole else "not UTF-8: save the file in that encoding"
            yield Record(number, None, reason, text)
            continue
        if not isinstance(value, dict):
            yield Record(number, None, "not a JSON object", decoded(raw)[0])
            continue
        try:
            yield Record(number, transform(value) if transform else value)
        except (AttributeError, TypeError, ValueError) as error:
            yield Record(number, None, f"not in the form of this data set ({error})", decoded(raw)[0])


def _json_batch(records: list[Record]) -> RawBatch:
    good = [record for record in records if not record.reason]
    names = dict.fromkeys(name for record in good for name in record.value)
    data = {
        name: pl.Series(name, [_text(record.value.get(name)) for record in good], dtype=pl.String) for name in names
    }
    return raw_batch(len(records), data, [record.line for record in good], [r for r in records if r.reason])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return orjson.dumps(value).decode() if isinstance(value, (list, dict)) else str(value)


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except Exception as error:
        raise UnreadableFile(f"{path} is not a Parquet file: {error}") from error


def _parquet_batches(path: Path, skip: int, size: int) -> Iterator[RawBatch]:
    done = 0
    for part in _parquet(path).iter_batches(batch_size=size):
        frame = pl.from_arrow(part)
        if not isinstance(frame, pl.DataFrame):
            continue
        done += frame.height
        frame = frame.tail(max(0, min(frame.height, done - skip)))
        if frame.height:
            lines = pl.int_range(done - frame.height + 1, done + 1, dtype=pl.Int64, eager=True)
            rows = _plain(frame).insert_column(0, lines.alias("line"))
            yield RawBatch(frame.height, rows, reject_frame([]))


def _plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists and structures as JSON; numbers, times and texts as they are."""
    nested = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
    return frame.drop("line", strict=False).with_columns(
        pl.Series(name, [_text(value) for value in frame[name].to_list()], dtype=pl.String) for name in nested
    )
