"""Items that a shopper can't tell apart: of one title, price, brand and kind. In a list they are one choice.

A title is compared without capitals and with every blank as one space; an item without a title is like no other, and
two prices that nobody gave are the same.

Shape suffixes: N items, C ranked rows, G groups of duplicates.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

ALIKE = ("title", "price", "brand", "kind")
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`group_N` is each item's group, -1 where it is like no other; `members` are the rows that have one."""

    group_N: NDArray[np.int64]
    members: Rows
    count: int  # G

    @classmethod
    def find(cls, frame: pl.DataFrame) -> "Duplicates":
        """The groups among the rows of a catalogue's frame."""
        title = pl.col("title").fill_null("").str.normalize("NFKC").str.to_lowercase()
        named = frame.select(
            title.str.replace_all(r"\s+", " ").str.strip_chars().alias("title"),
            pl.col("price"),
            pl.col("brand").fill_null("").str.strip_chars().str.to_lowercase(),
            pl.col("kind").fill_null(""),
            pl.int_range(pl.len(), dtype=pl.Int64).alias("row"),
        )
        several = named.filter(pl.col("title") != "").filter(pl.len().over(ALIKE) > 1)
        members, codes = several["row"].to_numpy(), several.select(pl.struct(ALIKE).rank("dense")).to_series()
        group_N = np.full(len(frame), -1, dtype=np.int64)
        group_N[members] = codes.to_numpy().astype(np.int64) - 1
        return cls(group_N, members, int(group_N.max(initial=-1)) + 1)

    def __bool__(self) -> bool:
        return self.count > 0

    def joined(self, rows: Rows) -> Rows:
        """These rows, and those that are duplicates of one of them; a row may come twice."""
        groups = self.group_N[rows]
        if not self or not (groups >= 0).any():
            return rows
        wanted_G = np.zeros(self.count, dtype=bool)
        wanted_G[groups[groups >= 0]] = True
        return np.concatenate([rows, self.members[wanted_G[self.group_N[self.members]]]])

    def keep_one(self, allowed_N: NDArray[np.bool_], *preferred: Rows) -> NDArray[np.bool_]:
        """The allowed rows, of each group only one: of all that are preferred, the last of the last rows given.

        The first of `preferred` names all rows, the least wanted first.
        """
        if not self:
            return allowed_N
        chosen_G = np.full(self.count + 1, -1, dtype=np.int64)  # the last place is of rows that are like no other
        for rows in preferred:
            may = rows[allowed_N[rows] & (self.group_N[rows] >= 0)]
            chosen_G[self.group_N[may]] = may  # of several, the last stays
        kept_N = allowed_N.copy()
        kept_N[self.members] &= chosen_G[self.group_N[self.members]] == self.members
        return kept_N

    def is_first(self, rows_C: Rows) -> NDArray[np.bool_]:
        """Of rows in their order, (C,), which are not a duplicate of one before them."""
        first_C = np.ones(len(rows_C), dtype=bool)
        places = np.flatnonzero(self.group_N[rows_C] >= 0)
        if len(places):
            _, at = np.unique(self.group_N[rows_C[places]], return_index=True)
            first_C[places] = False
            first_C[places[at]] = True
        return first_C
