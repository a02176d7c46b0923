"""Two frames that can be compared, and how far each column must move to have drifted.

Of ordinary shops the weeks differ, too: by weather, offers, holidays. So a column has drifted only when it lies farther
from the reference than Evidently's usual threshold and clearly farther than any of the reference's own stretches lies
from the others. It knows frames alone.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("DO_NOT_TRACK", "1")  # before Evidently is imported: no usage statistics

import pandas as pd
import polars as pl
from evidently.legacy.calculations.stattests import jensenshannon_stat_test, wasserstein_stat_test
from evidently.legacy.core import ColumnType

from features.partitions import STAMP

TOP_VALUES = 20
BEYOND = 1.5  # times the largest distance between ordinary stretches
USER = "user_id"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A group of columns that is judged together: it drifted when `share` of its columns has."""

    name: str
    current: pl.DataFrame
    reference: pl.DataFrame
    thresholds: dict[str, float]
    share: float

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that are compared, those of the current frame."""
        return tuple(self.current.columns)

    @property
    def moved_share(self) -> float:
        """The share of the columns that lie farther than their threshold."""
        far = [distance(self.current[name], self.reference[name]) >= limit for name, limit in self.thresholds.items()]
        return sum(far) / max(len(far), 1)


def make_comparison(name: str, states: Sequence[pl.DataFrame], user_ids: Sequence[str], share: float) -> Comparison:
    """The current state, which comes first, against those of the reference's stretches."""
    now, *before = states
    current, reference = comparable(now, one_each(before, user_ids))
    ordinary: dict[str, list[float]] = {column: [] for column in current.columns}
    for place, state in enumerate(before):
        others = one_each([*before[:place], *before[place + 1 :]], user_ids)
        left, right = comparable(state, others)
        for column in ordinary.keys() & set(left.columns):
            ordinary[column].append(distance(left[column], right[column]))
    thresholds = {
        column: round(max(_usual(current[column]), BEYOND * max(seen, default=0)), 4)
        for column, seen in ordinary.items()
    }
    return Comparison(name, current, reference, thresholds, share)


def distance(current: pl.Series, reference: pl.Series) -> float:
    """Evidently's: Wasserstein in standard deviations of the reference for numbers, Jensen-Shannon for texts."""
    test, kind = _test(current)
    frames = (pd.Series(column.drop_nulls().to_list()) for column in (reference, current))
    return float(test.func(*frames, kind, test.default_threshold)[0])


def method(column: pl.Series) -> str:
    """Evidently's name of the distance that a column of this type is compared by."""
    return str(_test(column)[0].name)


def _test(column: pl.Series) -> tuple[Any, ColumnType]:
    if column.dtype == pl.String:
        return jensenshannon_stat_test, ColumnType.Categorical
    return wasserstein_stat_test, ColumnType.Numerical


def _usual(column: pl.Series) -> float:
    return float(_test(column)[0].default_threshold)


def one_each(parts: Sequence[pl.DataFrame], user_ids: Sequence[str]) -> pl.DataFrame:
    """Each shopper's row from one of the parts, drawn by turns: rows of one shopper are no independent proof.

    Who has no row in the part that fell to them is left out, as in the current stretch: so the rare are as rare.
    """
    turns = {user_id: place % len(parts) for place, user_id in enumerate(user_ids)}
    drawn = [
        part.filter(pl.col("user_id").replace_strict(turns, return_dtype=pl.Int64) == place)
        for place, part in enumerate(parts)
    ]
    return pl.concat(drawn).sort("user_id")


def comparable(current: pl.DataFrame, reference: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both frames with the columns that can drift: numbers as they are, lists by their first entry.

    Columns that say nothing (empty or one and the same value throughout both) are left out.
    """
    both = [_flat(frame) for frame in (current, reference)]
    common = _top_values(pl.concat(both, how="vertical_relaxed"))
    varying = [name for name in common.columns if common[name].drop_nulls().n_unique() > 1]
    filled = [name for name in varying if all(frame[name].null_count() < len(frame) for frame in both)]
    return common.head(len(current)).select(filled), common.tail(len(reference)).select(filled)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    numbers = [pl.col(name).cast(pl.Float64) for name, kind in frame.schema.items() if kind.is_numeric()]
    lists = [name for name, kind in frame.schema.items() if kind == pl.List(pl.String)]
    return frame.drop(STAMP, USER, strict=False).select(*numbers, *(pl.col(name).list.first() for name in lists))


def _top_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts beyond the most frequent ones become "other"."""
    for name in [name for name, kind in frame.schema.items() if kind == pl.String]:
        top = frame[name].drop_nulls().value_counts(sort=True).head(TOP_VALUES)[name]
        kept = pl.col(name).is_in(top.implode())
        frame = frame.with_columns(pl.when(kept | pl.col(name).is_null()).then(pl.col(name)).otherwise(pl.lit("other")))
    return frame
