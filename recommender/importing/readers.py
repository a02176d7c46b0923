"""Files as batches of rows: CSV, JSON Lines (both also gzipped) and Parquet, a part at a time, from any row on.

It knows file formats and no field. A row that can't be read as a row, by its encoding, quotes, number of fields or
JSON, is told apart with its line; the rows around it are read.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson
import polars as pl
import pyarrow.parquet as pq

from recommender.importing.progress import reject_frame

SUFFIXES = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet")
SAMPLE = 200  # rows of a JSON Lines file that its columns are learnt from
FIELD_LIMIT = 131_072  # characters; a longer field is a quote that was never closed
Bad = tuple[int, str, str, str]  # line, field, reason, raw
Transform = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class UnreadableFile(ValueError):
    """A file that isn't what its name says; the message names it and the remedy."""


@dataclass(slots=True)
class RawBatch:
    """`taken` rows of a file: those that could be read (`line` and their columns), and those that couldn't."""

    taken: int
    rows: pl.DataFrame
    rejects: pl.DataFrame


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
            return _header(path, _CsvRecords(lines))
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
            reader = _CsvRecords(lines)
            header = _header(path, reader)
            batches = _chunks(islice(reader.records(), skip, None), size)
            yield from (_csv_batch(header, chunk) for chunk in batches)
        else:
            batches = _chunks(islice(_json_records(lines, transform), skip, None), size)
            yield from (_json_batch(chunk) for chunk in batches)


@dataclass(frozen=True, slots=True)
class _Record:
    """A row as it was read, or why it wasn't (`reason`)."""

    line: int
    value: Any
    field: str = ""
    reason: str = ""
    raw: str = ""

    def bad(self) -> Bad:
        return self.line, self.field, self.reason, self.raw


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    opener: Any = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rb") as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError) as error:
            raise UnreadableFile(f"{path} is not a whole gzip file ({error}): pack it again") from error


def _decoded(raw: bytes) -> tuple[str, bool]:
    """A line as text, and whether it is UTF-8 throughout."""
    try:
        return raw.decode(), True
    except UnicodeDecodeError:
        return raw.decode(errors="replace"), False


@dataclass(slots=True)
class _CsvRecords:
    """CSV rows with the line each begins at. When quotes don't close, only the row's first line is given up."""

    file: IO[bytes]
    number: int = 0  # of the last line taken
    waiting: list[str] = field(default_factory=list)  # lines to be read again
    taken: list[str] = field(default_factory=list)  # lines of the row at hand
    damaged: set[int] = field(default_factory=set)  # lines at hand that aren't UTF-8

    def __iter__(self) -> "_CsvRecords":
        return self

    def __next__(self) -> str:
        text = self.waiting.pop() if self.waiting else self._next_line()
        self.number += 1
        self.taken.append(text)
        return text

    def _next_line(self) -> str:
        text, whole = _decoded(next(self.file))
        if not whole:
            self.damaged.add(self.number + 1)
        return text.lstrip("\ufeff") if self.number == 0 else text

    def records(self) -> Iterator[_Record]:
        csv.field_size_limit(FIELD_LIMIT)
        reader = csv.reader(self, strict=True)
        while True:
            self.taken.clear()
            start = self.number + 1
            try:
                value = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self._give_up(start, str(error))
                reader = csv.reader(self, strict=True)
                continue
            if self.damaged and not self.damaged.isdisjoint(range(start, self.number + 1)):
                yield _Record(start, None, "*", "not UTF-8: save the file in that encoding", "".join(self.taken))
                self.damaged.clear()
            elif value:
                yield _Record(start, value, raw=self.taken[0])

    def _give_up(self, start: int, error: str) -> _Record:
        first, rest = self.taken[0], self.taken[1:]
        self.waiting.extend(reversed(rest))
        self.number = start
        self.damaged.discard(start)
        return _Record(start, None, "*", f"not a CSV row ({error}): check its quotes", first)


def _header(path: Path, reader: _CsvRecords) -> list[str]:
    first = next(reader.records(), None)
    if first is None:
        raise UnreadableFile(f"{path} is empty: its first line must name the columns")
    if first.reason or any("\x00" in name for name in first.value):
        raise UnreadableFile(f"{path}: its first line can't be read as CSV in UTF-8: {first.reason or 'NUL bytes'}")
    names = [name.strip() for name in first.value]
    if len(set(names)) < len(names) or "" in names:
        raise UnreadableFile(f"{path}: its first line must name each column once; it says {', '.join(names)}")
    return names


def _csv_batch(header: list[str], records: list[_Record]) -> RawBatch:
    good, bad = [], []
    for record in records:
        if record.reason:
            bad.append(record.bad())
        elif len(record.value) != len(header):
            reason = f"{len(record.value)} fields where the first line names {len(header)}"
            bad.append((record.line, "*", reason, record.raw))
        else:
            good.append(record)
    columns = zip(*(record.value for record in good), strict=True) if good else ((),) * len(header)
    data = {name: pl.Series(name, values, dtype=pl.String) for name, values in zip(header, columns, strict=True)}
    return _batch(len(records), data, [record.line for record in good], bad)


def _json_records(lines: IO[bytes], transform: Transform | None) -> Iterator[_Record]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            value = orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError as error:
            text, whole = _decoded(raw)
            reason = f"not JSON ({error.msg})" if whole else "not UTF-8: save the file in that encoding"
            yield _Record(number, None, "*", reason, text)
            continue
        if not isinstance(value, dict):
            yield _Record(number, None, "*", "not a JSON object", _decoded(raw)[0])
            continue
        try:
            yield _Record(number, transform(value) if transform else value)
        except (AttributeError, TypeError, ValueError) as error:
            yield _Record(number, None, "*", f"not in the form of this data set ({error})", _decoded(raw)[0])


def _json_batch(records: list[_Record]) -> RawBatch:
    good = [record for record in records if not record.reason]
    names = dict.fromkeys(name for record in good for name in record.value)
    data = {
        name: pl.Series(name, [_text(record.value.get(name)) for record in good], dtype=pl.String) for name in names
    }
    return _batch(len(records), data, [record.line for record in good], [r.bad() for r in records if r.reason])


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)


def _batch(taken: int, data: dict[str, pl.Series], lines: list[int], bad: list[Bad]) -> RawBatch:
    data.pop("line", None)
    rows = pl.DataFrame({"line": pl.Series(lines, dtype=pl.Int64), **data})
    return RawBatch(taken, rows, reject_frame(bad))


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


def _chunks(records: Iterator[_Record], size: int) -> Iterator[list[_Record]]:
    while chunk := list(islice(records, size)):
        yield chunk
