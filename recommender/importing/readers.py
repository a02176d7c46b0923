"""Files as batches of rows: CSV and TSV, JSON Lines (all also gzipped) and Parquet, a part at a time, from any row on.

It knows file formats and no field. A row that can't be read as a row, by its encoding, quotes, number of fields or
JSON, is told apart with its line; the rows around it are read.
"""

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any

import orjson
import polars as pl

from recommender.importing.csv_rows import CsvTable
from recommender.importing.encodings import UTF8, as_utf8, find_encoding
from recommender.importing.parquet_rows import as_text, parquet_batches, parquet_columns
from recommender.importing.rows import RawBatch, Record, UnreadableFile, decoded, own_name, raw_batch

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".jsonl", ".jsonl.gz", ".parquet")
SAMPLE = 200  # rows of a JSON Lines file that its columns are learnt from


def suffix_of(path: Path) -> str | None:
    """Which of the formats the file's name claims."""
    return next(
        (suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix)), None
    )


def columns_of(path: Path, encoding: str | None = None) -> list[str]:
    """The names of the file's columns."""
    suffix = suffix_of(path) or ""
    if suffix == ".parquet":
        return parquet_columns(path)
    if suffix.startswith((".csv", ".tsv", ".txt")):
        with _opened(path, encoding) as lines:
            return CsvTable(path, lines).header
    with _opened(path, encoding) as lines:
        return _json_columns(path, list(islice(_json_records(lines), SAMPLE)))


def _json_columns(path: Path, records: list[Record]) -> list[str]:
    good = [record.value for record in records if not record.reason]
    if records and not good:
        first = records[0]
        raise UnreadableFile(f"{path}: no line of it can be read as a row; line {first.line}: {first.reason}")
    return list(dict.fromkeys(own_name(name) for value in good for name in value))


def read_batches(path: Path, skip: int, size: int, encoding: str | None = None) -> Iterator[RawBatch]:
    """The rows after the first `skip`, `size` at a time; without an `encoding` the file is looked through for it."""
    suffix = suffix_of(path) or ""
    if suffix == ".parquet":
        yield from parquet_batches(path, skip, size)
        return
    with _opened(path, encoding) as lines:
        if suffix.startswith((".csv", ".tsv", ".txt")):
            table = CsvTable(path, lines)
            table.skip(skip)
            yield from iter(lambda: table.take(size), None)
        else:
            records = islice(_json_records(lines), skip, None)
            while chunk := list(islice(records, size)):
                yield _json_batch(chunk)


def encoding_of(path: Path, named: str | None = None) -> str:
    """The encoding of the file's text; Parquet says its own. `named` is that of files which aren't Unicode."""
    if suffix_of(path) == ".parquet":
        return UTF8
    with _unpacked(path) as file:
        return find_encoding(path, file, named)


@contextmanager
def _opened(path: Path, encoding: str | None) -> Iterator[Iterator[bytes]]:
    """The file's lines in UTF-8."""
    encoding = encoding or encoding_of(path)
    with _unpacked(path) as file:
        yield as_utf8(path, file, encoding)


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UnreadableFile(f"{path} is not a whole gzip file ({error}): pack it again") from error


def _json_records(lines: Iterator[bytes]) -> Iterator[Record]:
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            value = _read_json(raw.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            text, whole = decoded(raw)
            reason = (
                f"not JSON ({getattr(error, 'msg', error)})" if whole else "not UTF-8: save the file in that encoding"
            )
            yield Record(number, None, reason, text)
            continue
        if not isinstance(value, dict):
            yield Record(number, None, "not a JSON object", decoded(raw)[0])
            continue
        yield Record(number, value)


def _read_json(raw: bytes) -> Any:
    """A line of JSON; NaN, which Python writes though JSON has no such word, is null."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if b"NaN" not in raw and b"Infinity" not in raw:
            raise
        return json.loads(raw, parse_constant=lambda word: None)


def _json_batch(records: list[Record]) -> RawBatch:
    good = [record for record in records if not record.reason]
    names = dict.fromkeys(name for record in good for name in record.value)
    data = {
        own_name(name): pl.Series([as_text(record.value.get(name)) for record in good], dtype=pl.String)
        for name in names
    }
    return raw_batch(len(records), data, [record.line for record in good], [r for r in records if r.reason])
