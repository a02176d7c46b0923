"""A file's rows as rows in our names: columns are renamed, and rows that belong together are read as one.

It knows frames and formats. Where a format makes several rows of one, each gets a line of its own: the file's line
times `PARTS` and its place, so that what is rejected is one of them and not all.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import orjson
import polars as pl

from recommender.importing.formats.base import ALL, Format, Read, Row, Skip
from recommender.importing.formats.helpers import nested
from recommender.importing.notices import Notice
from recommender.importing.reading.parquet_rows import as_text
from recommender.importing.reading.rows import RawBatch, Record, raw_batch

PARTS = 4_096  # rows that one row of a file may become
SKIPPED = "{rows} rows tell of nothing that is kept here: {examples}"


def hold_together(batches: Iterable[RawBatch], *together: str) -> Iterator[RawBatch]:
    """The batches, cut where rows that say the same in the columns `together` end; `ALL` makes one of them."""
    if not together:
        yield from batches
        return
    held: RawBatch | None = None
    for batch in batches:
        held = batch if held is None else _joined(held, batch)
        if ALL not in together and not held.rows.is_empty():
            done, held = _cut(held, together)
            if done.taken:
                yield done
    if held is not None:
        yield held


def _joined(first: RawBatch, second: RawBatch) -> RawBatch:
    rows = pl.concat([first.rows, second.rows], how="diagonal_relaxed")
    return RawBatch(first.taken + second.taken, rows, pl.concat([first.rejects, second.rejects]))


def _cut(batch: RawBatch, together: Iterable[str]) -> tuple[RawBatch, RawBatch]:
    """The rows before the last that belong together, and these."""
    hashes = batch.rows.select([name for name in together if name in batch.rows.columns] or ["line"]).hash_rows()
    other = hashes.ne_missing(pl.Series([hashes[-1]], dtype=hashes.dtype).new_from_index(0, len(hashes))).arg_true()
    begins = batch.rows["line"][int(other[-1]) + 1 if len(other) else 0]
    late = pl.col("line") >= begins
    rows, bad = batch.rows.filter(late), batch.rejects.filter(late)
    taken = len(rows) + len(bad)
    early = RawBatch(batch.taken - taken, batch.rows.filter(~late), batch.rejects.filter(~late))
    return early, RawBatch(taken, rows, bad)


def rename(raw: RawBatch, names: Mapping[str, str], unread: Iterable[str]) -> RawBatch:
    """The rows under our names, without the columns that nothing is made of."""
    left_out = [name for name in unread if name in raw.rows.columns]
    there = {theirs: ours for theirs, ours in names.items() if theirs in raw.rows.columns}
    return RawBatch(raw.taken, raw.rows.drop(left_out).rename(there), raw.rejects)


def read_rows(raw: RawBatch, form: Format, read: Read) -> tuple[RawBatch, list[Notice]]:
    """What `read`, the format's, makes of the rows; each row of ours has a line of its own."""
    made, bad, skipped = list[Row](), list[Record](), Counter[str]()
    for group in _groups(raw.rows, form):
        line = group[0]["line"]
        try:
            made += _with_lines(read(group), line)
        except Skip as skip:
            skipped[str(skip)] += len(group)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            reason = f"not in the form of {form.family} ({type(error).__name__}: {error})"
            bad.append(Record(line * PARTS, None, reason, orjson.dumps(group[0], default=str).decode()))
    rejects = raw.rejects.with_columns(pl.col("line") * PARTS)
    batch = raw_batch(raw.taken, _columns(made), [row["line"] for row in made], bad)
    notices = [Notice(SKIPPED, sum(skipped.values()), tuple(what for what, _ in skipped.most_common()))]
    return RawBatch(batch.taken, batch.rows, pl.concat([rejects, batch.rejects])), notices if skipped else []


def _groups(rows: pl.DataFrame, form: Format) -> Iterator[list[Row]]:
    """Rows that belong together, each without its blanks."""
    keys = (
        {name: nested(value) if form.nested else value for name, value in row.items() if value not in (None, "")}
        for row in rows.iter_rows(named=True)
    )
    if form.together == ALL:
        yield list(keys)
    elif form.together:
        yield from (list(group) for _, group in groupby(keys, key=lambda row: row.get(form.together)))
    else:
        yield from ([row] for row in keys)


def _with_lines(rows: Iterable[Row], line: int) -> Iterator[Row]:
    """The rows with a line each: that of the row they were made of, and their place among those."""
    places = Counter[int]()
    for row in rows:
        own = row.get("line", line)
        yield {**row, "line": own * PARTS + places[own]}
        places[own] += 1


def _columns(rows: list[Row]) -> dict[str, pl.Series]:
    names = dict.fromkeys(name for row in rows for name in row if name != "line")
    return {name: pl.Series([_text(row.get(name)) for row in rows], dtype=pl.String) for name in names}


def _text(value: Any) -> str | None:
    return None if value in (None, "", [], {}) else as_text(value)
