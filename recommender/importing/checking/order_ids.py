"""Whether a file's `id` names the order and not the event: then it repeats, and says something else each time."""

from pathlib import Path

import polars as pl

from recommender.importing.reading.readers import read_batches

ROWS = 1_000_000  # of a file that are looked at
SHARE = 0.01  # of the rows; below, single events contradict each other
ORDER_ID = (
    "column {examples} repeats with other content, so it names the order and not the event "
    "(--map event_id={examples} says otherwise)"
)


def names_orders(path: Path, column: str, encoding: str) -> bool:
    """Whether more than `SHARE` of the rows have an id that came before with other content."""
    seen = pl.DataFrame(schema={"id": pl.UInt64, "row": pl.UInt64})
    rows = 0
    for batch in read_batches(path, 0, 100_000, encoding):
        if column in batch.rows.columns and not batch.rows.is_empty():
            seen = pl.concat([seen, _hashes(batch.rows, column)]).unique()
        rows += batch.taken
        if rows >= ROWS:
            break
    return seen.height - seen["id"].n_unique() > SHARE * rows


def _hashes(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    given = rows.drop("line").filter(pl.col(column).is_not_null())
    given = given.select(sorted(given.columns))
    return pl.DataFrame({"id": given[column].cast(pl.String).hash(), "row": given.hash_rows()})
