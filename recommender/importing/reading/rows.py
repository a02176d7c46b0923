"""Rows as they were read, before anyone asks what they mean, and files that can't be read at all."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from recommender.importing.storing.progress import reject_frame


class UnreadableFile(ValueError):
    """A file that isn't what its name says; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it was read, or why it wasn't (`reason`), and the line it begins at."""

    line: int
    value: Any
    reason: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class RawBatch:
    """`taken` rows of a file: those that could be read (`line` and their columns), and those that couldn't."""

    taken: int
    rows: pl.DataFrame
    rejects: pl.DataFrame


def own_name(name: str) -> str:
    """The name under which a file's column is kept: `line` is where a row stood, so theirs has a blank behind it."""
    return "line " if name == "line" else name


def raw_batch(taken: int, data: dict[str, pl.Series], lines: list[int], bad: list[Record]) -> RawBatch:
    """A batch of `taken` rows: columns of those that could be read, which begin at `lines`, and `bad` as rejects."""
    rows = pl.DataFrame({"line": pl.Series(lines, dtype=pl.Int64), **data})
    return RawBatch(taken, rows, reject_frame([(record.line, "*", record.reason, record.raw) for record in bad]))


def decoded(raw: bytes) -> tuple[str, bool]:
    """A line as text, and whether it is UTF-8 throughout."""
    try:
        return raw.decode(), True
    except UnicodeDecodeError:
        return raw.decode(errors="replace"), False
