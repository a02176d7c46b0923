"""The shoppers' behaviour features as two frames that can be compared: a row a shopper, then and now.

It knows the columns of the view `user_behaviour` by their kinds only: numbers, and lists whose first entry says most.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import polars as pl

STAMP = "event_timestamp"
TOP_VALUES = 20


def snapshots(rows: pl.DataFrame, boundaries: Sequence[datetime]) -> pl.DataFrame:
    """The last row of each shopper within each stretch between two boundaries, with the stretch's number."""
    parts = []
    for number, (start, end) in enumerate(pairwise(boundaries)):
        inside = rows.filter((pl.col(STAMP) > start) & (pl.col(STAMP) <= end))
        last = inside.sort(STAMP).unique("user_id", keep="last", maintain_order=True)
        parts.append(last.with_columns(stretch=pl.lit(number, dtype=pl.Int32)))
    return pl.concat(parts)


def one_each(rows: pl.DataFrame, most: int, seed: int) -> pl.DataFrame:
    """One row a shopper, drawn at random, of at most `most` shoppers: rows of one shopper are no independent proof."""
    shuffled = rows.sort("user_id", STAMP).sample(fraction=1.0, shuffle=True, seed=seed)
    return shuffled.unique("user_id", keep="first", maintain_order=True).head(most).sort("user_id")


def comparable(current: pl.DataFrame, reference: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both frames with the columns that can drift: numbers as they are, lists by their first entry.

    Columns that say nothing (empty or one and the same value throughout both) are left out.
    """
    both = [_flat(frame) for frame in (current, reference)]
    common = _top_values(pl.concat(both, how="vertical_relaxed"))
    telling = [name for name in common.columns if common[name].drop_nulls().n_unique() > 1]
    filled = [name for name in telling if all(frame[name].null_count() < len(frame) for frame in both)]
    return common.head(len(current)).select(filled), common.tail(len(reference)).select(filled)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    numbers = [pl.col(name).cast(pl.Float64) for name, kind in frame.schema.items() if kind.is_numeric()]
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    return frame.select(*numbers, *(pl.col(name).list.first() for name in lists)).drop("stretch", strict=False)


def _top_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts beyond the most frequent ones become "other"."""
    for name in [name for name, kind in frame.schema.items() if kind == pl.String]:
        top = frame[name].drop_nulls().value_counts(sort=True).head(TOP_VALUES)[name]
        kept = pl.col(name).is_in(top.implode())
        frame = frame.with_columns(pl.when(kept | pl.col(name).is_null()).then(pl.col(name)).otherwise(pl.lit("other")))
    return frame
