"""Files as batches of rows: CSV, TSV, JSON and XML (all also gzipped) and Parquet, a part at a time, from any row on.

It knows file formats and no field. A row that can't be read as a row, by its encoding, quotes, number of fields or
JSON, is told apart with its line; the rows around it are read.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any

import polars as pl

from recommender.importing.reading.csv_rows import CsvTable
from recommender.importing.reading.encodings import UTF8, as_utf8, find_encoding
from recommender.importing.reading.json_rows import document_records, json_records
from recommender.importing.reading.parquet_rows import as_text, parquet_batches, parquet_columns
from recommender.importing.reading.rows import RawBatch, Record, UnreadableFile, own_name, raw_batch
from recommender.importing.reading.xml_rows import xml_records

SUFFIXES = (
    *(".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".dat", ".jsonl", ".jsonl.gz", ".json", ".json.gz"),
    *(".xml", ".xml.gz", ".parquet"),
)
SAMPLE = 200  # rows of JSON or XML that the columns are learnt from


def suffix_of(path: Path) -> str | None:
    """Which of the formats the file's name claims."""
    return next(
        (suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.lower().endswith(suffix)), None
    )


def columns_of(path: Path, encoding: str | None = None) -> list[str]:
    """The names of the file's columns."""
    if suffix_of(path) == ".parquet":
        return parquet_columns(path)
    with _opened(path, encoding) as file:
        if _is_table(path):
            return CsvTable(path, file).header
        return _record_columns(path, list(islice(_records(path, file), SAMPLE)))


def _record_columns(path: Path, records: list[Record]) -> list[str]:
    good = [record.value for record in records if not record.reason]
    if records and not good:
        first = records[0]
        raise UnreadableFile(f"{path}: no line of it can be read as a row; line {first.line}: {first.reason}")
    return list(dict.fromkeys(own_name(name) for value in good for name in value))


def read_batches(path: Path, skip: int, size: int, encoding: str | None = None) -> Iterator[RawBatch]:
    """The rows after the first `skip`, `size` at a time; without an `encoding` the file is looked through for it."""
    if suffix_of(path) == ".parquet":
        yield from parquet_batches(path, skip, size)
        return
    with _opened(path, encoding) as file:
        if _is_table(path):
            table = CsvTable(path, file)
            table.skip(skip)
            yield from iter(lambda: table.take(size), None)
        else:
            records = islice(_records(path, file), skip, None)
            while chunk := list(islice(records, size)):
                yield record_batch(chunk)


def _is_table(path: Path) -> bool:
    return (suffix_of(path) or "").startswith((".csv", ".tsv", ".txt", ".dat"))


def _records(path: Path, file: Any) -> Iterator[Record]:
    """The rows of a file that names the columns in each."""
    suffix = suffix_of(path) or ""
    if suffix.startswith(".xml"):
        return xml_records(path, file)
    return document_records(path, file) if suffix in (".json", ".json.gz") else json_records(file)


def encoding_of(path: Path, named: str | None = None) -> str:
    """The encoding of the file's text; Parquet and XML say their own. `named` is that of files which aren't Unicode."""
    if suffix_of(path) in (".parquet", ".xml", ".xml.gz"):
        return UTF8
    with _unpacked(path) as file:
        return find_encoding(path, file, named)


@contextmanager
def _opened(path: Path, encoding: str | None) -> Iterator[Any]:
    """The file's lines in UTF-8; of XML the file itself."""
    encoding = encoding or encoding_of(path)
    with _unpacked(path) as file:
        suffix = suffix_of(path) or ""
        if suffix.startswith(".xml"):
            yield file
        else:
            lines = as_utf8(path, file, encoding)
            yield _with_header(lines) if suffix == ".dat" else lines


def _with_header(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines whose fields are parted by two colons, and whose first names no columns: these are 1, 2, 3 and so on."""
    first = next(lines, b"")
    count = first.count(b"::") + 1
    yield b"\t".join(str(place + 1).encode() for place in range(count)) + b"\n"
    yield from (line.replace(b"\t", b" ").replace(b"::", b"\t") for line in chain([first], lines))


@contextmanager
def _unpacked(path: Path) -> Iterator[IO[bytes]]:
    opener: Any = gzip.open if path.name.lower().endswith(".gz") else open
    with opener(path, "rb") as file:
        try:
            yield file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UnreadableFile(f"{path} is not a whole gzip file ({error}): pack it again") from error


def record_batch(records: list[Record]) -> RawBatch:
    """Objects as columns of texts, and what could not be read."""
    good = [record for record in records if not record.reason]
    names = dict.fromkeys(name for record in good for name in record.value)
    data = {
        own_name(name): pl.Series([as_text(record.value.get(name)) for record in good], dtype=pl.String)
        for name in names
    }
    return raw_batch(len(records), data, [record.line for record in good], [r for r in records if r.reason])
