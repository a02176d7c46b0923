"""CSV as batches of rows. It reads fast while a block is plain, and with care where quotes or damage are.

It knows CSV and no field. When a quote doesn't close, only the line it stands on is given up, and the lines after it
are read again as rows of their own.
"""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from recommender.importing.reading.rows import RawBatch, Record, UnreadableFile, decoded, own_name, raw_batch
from recommender.importing.storing.progress import reject_frame

SEPARATORS = (",", "\t", ";", "|")  # the first of them where several stand equally often
FIELD_LIMIT = 131_072  # characters; a longer field is a quote that was never closed


class CsvTable:
    """A CSV file whose first line names the columns; rows are taken from it in order."""

    def __init__(self, path: Path, file: Iterator[bytes]) -> None:
        self._lines = _Lines(file)
        self._separator = _find_separator(self._lines)
        self.header = _header(path, self._lines, self._separator)

    def skip(self, rows: int, block: int = 50_000) -> None:
        """Passes over the next rows, `block` of them at a time; where fewer are left, up to the end."""
        while rows > 0 and (batch := self.take(min(rows, block))):
            rows -= batch.taken

    def take(self, size: int) -> RawBatch | None:
        """The next rows, `size` at most; None at the end."""
        first, block = self._lines.number + 1, self._lines.upcoming(size)
        if plain := self._plain(block, first):
            return plain
        self._lines.give_back(block)
        records = list(islice(_records(self._lines, self._separator), size))
        return self._careful(records) if records else None

    def _plain(self, block: list[bytes], first: int) -> RawBatch | None:
        """A block in which each line is a row, if this is one: no quotes, UTF-8, no field too many or too few."""
        joined = b"".join(block).replace(b"\r\n", b"\n")
        separators = len(block) * (len(self.header) - 1)
        if not separators or joined.count(self._separator.encode()) != separators or b'"' in joined or b"\r" in joined:
            return None
        try:
            joined.decode()
            form: dict[str, Any] = {"has_header": False, "infer_schema": False, "quote_char": None}
            rows = pl.read_csv(joined, new_columns=self.header, separator=self._separator, **form)
        except (UnicodeDecodeError, pl.exceptions.PolarsError):
            return None
        if rows.shape != (len(block), len(self.header)):
            return None
        lines = pl.int_range(first, first + len(block), dtype=pl.Int64, eager=True).alias("line")
        return RawBatch(len(block), rows.insert_column(0, lines), reject_frame([]))

    def _careful(self, records: list[Record]) -> RawBatch:
        good, bad = list[Record](), list[Record]()
        for record in records:
            if not record.reason and len(record.value) != len(self.header):
                reason = f"{len(record.value)} fields where the first line names {len(self.header)}"
                record = Record(record.line, None, reason, record.raw)
            (bad if record.reason else good).append(record)
        columns = zip(*(record.value for record in good), strict=True) if good else ((),) * len(self.header)
        data = {name: pl.Series(name, cells, dtype=pl.String) for name, cells in zip(self.header, columns, strict=True)}
        return raw_batch(len(records), data, [record.line for record in good], bad)


class _Lines:
    """The file's lines as text, counted; those of the row at hand are remembered, and lines can be given back."""

    def __init__(self, file: Iterator[bytes]) -> None:
        self._file = file
        self._waiting: list[bytes] = []  # the next one last
        self.number = 0  # of the line taken last
        self.taken: list[bytes] = []
        self.damaged = False  # a line at hand is not UTF-8

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        raw = self._waiting.pop() if self._waiting else next(self._file)
        self.number += 1
        self.taken.append(raw)
        text, whole = decoded(raw)
        self.damaged |= not whole
        return text.lstrip("\ufeff") if self.number == 1 else text

    def begin_row(self) -> None:
        """From here on lines belong to another row: those of the one before are no longer remembered."""
        self.taken, self.damaged = [], False

    def give_up_row(self) -> bytes:
        """Gives back all lines at hand but the first, which is the answer."""
        first, *rest = self.taken
        self.give_back(rest)
        return first

    def upcoming(self, count: int) -> list[bytes]:
        """The next `count` lines as they are."""
        lines = [self._waiting.pop() for _ in range(min(count, len(self._waiting)))]
        lines += islice(self._file, count - len(lines))
        self.number += len(lines)
        return lines

    def give_back(self, lines: list[bytes]) -> None:
        """Puts the lines taken last, in their order, in front of those that are still to come."""
        self._waiting.extend(reversed(lines))
        self.number -= len(lines)


def _records(lines: _Lines, separator: str) -> Iterator[Record]:
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(lines, strict=True, delimiter=separator)
    while True:
        lines.begin_row()
        start = lines.number + 1
        try:
            value = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raw = lines.give_up_row()
            yield Record(start, None, f"not a CSV row ({error}): check its quotes", decoded(raw)[0])
            reader = csv.reader(lines, strict=True, delimiter=separator)
            continue
        raw = b"".join(lines.taken)
        if lines.damaged:
            yield Record(start, None, "not UTF-8: save the file in that encoding", decoded(raw)[0])
        elif value:
            yield Record(start, value, raw=decoded(raw)[0])


def _find_separator(lines: _Lines) -> str:
    """What stands between the names of the first line: a tab in feeds, a semicolon where commas are decimals."""
    first = lines.upcoming(1)
    lines.give_back(first)
    names = re.sub(r'"[^"]*"', "", decoded(b"".join(first))[0])
    return max(SEPARATORS, key=names.count)


def _header(path: Path, lines: _Lines, separator: str) -> list[str]:
    first = next(_records(lines, separator), None)
    if first is None:
        raise UnreadableFile(f"{path} is empty: its first line must name the columns")
    if first.reason or any("\x00" in name for name in first.value):
        raise UnreadableFile(f"{path}: its first line can't be read: {first.reason or 'it holds NUL bytes'}")
    names = [name.strip() for name in first.value]
    if len(set(names)) < len(names) or "" in names:
        raise UnreadableFile(f"{path}: its first line must name each column once; it says {', '.join(names)}")
    return [own_name(name) for name in names]
