"""What a shop format is: the columns by which a file is known, and how its rows become rows in our names.

A format is data: `columns` says which of a file's columns is which of our fields, and `read`, where a column alone is
not enough, makes our rows of rows that belong together. It knows no file and no table.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from recommender.importing.column_names import KEEPS_ATTRIBUTES, NAMES, Kind

Row = dict[str, Any]
Read = Callable[[list[Row]], Iterable[Row]]
ALL = "*"  # in place of a column: all rows of a file belong together
NOT_USED = "not used"


class Skip(Exception):
    """Rows that are none of ours, such as a page view; the message is what is told of them."""


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file of one shop system, feed or data set.

    `columns` maps their names to ours; a `*` at the end of a name stands for any rest. A name that is none of our
    fields becomes an attribute of an item or shopper, or is read by `read`, as availability or as part of a sale.
    """

    family: str  # as --format takes it
    kind: Kind
    signature: tuple[str, ...]  # columns that each such file has; alternatives are joined by a bar
    columns: Mapping[str, str] = field(default_factory=dict)
    read: Read | None = None  # rows that belong together, in the names of `columns`, as rows of ours
    together: str = ""  # the column in which these rows say the same; they follow each other in the file
    reads: Mapping[str, str] = field(default_factory=dict)  # theirs -> what `read` makes of it, in words
    unread: tuple[str, ...] = ()  # columns that are known and say nothing of use here
    default_type: str = "view"
    types: Mapping[str, str] = field(default_factory=dict)  # their names of event types -> ours
    spell: Callable[[str], str] = str  # of a column's name, where its spelling varies
    query: Callable[[Path], Iterable[pl.DataFrame]] | None = None  # rows in our names, joined from several files
    companions: tuple[str, ...] = ()  # the other files that `query` reads
    note: str = ""  # what there is to tell of each such file
    nested: bool = False  # cells that hold JSON are read as such
    file_names: tuple[str, ...] = ()  # of files whose columns have no names
    derived: bool = False  # of items: made of what events say, so that what a catalogue says comes first
    second: bool = False  # read from files that another format reads as well

    @property
    def name(self) -> str:
        """The family and the kind of rows, as part of the name of a way to read a file: ga4 interactions."""
        return f"{self.family} {self.kind}"

    def fits(self, name: str, header: Iterable[str]) -> bool:
        """Whether a file of this name with these columns is one of this format."""
        if self.file_names and name.lower() not in self.file_names:
            return False
        names = {self.spell(name) for name in header}
        return all(any(name in names for name in one.split("|")) for one in self.signature)

    def names(self, header: Sequence[str], mapping: Mapping[str, str] | None = None) -> dict[str, str]:
        """Their columns under the names by which they are read; `mapping` (ours -> theirs) goes first."""
        by_hand = {theirs: ours for ours, theirs in (mapping or {}).items() if theirs in header}
        taken, found = set(by_hand.values()), dict(by_hand)
        for theirs in header:
            ours = _look_up(self.columns, self.spell(theirs))
            if theirs not in found and ours is not None and ours not in taken:
                found[theirs] = ours
                taken.add(ours)
        return found

    def not_used(self, header: Sequence[str], mapping: Mapping[str, str] | None = None) -> list[str]:
        """The columns that nothing is made of."""
        return [theirs for theirs, becomes in self.lines(header, mapping) if becomes == NOT_USED]

    def lines(self, header: Sequence[str], mapping: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
        """What to show of a file: (their column, what becomes of it)."""
        names = self.names(header, mapping)
        return [(theirs, self._becomes(theirs, names)) for theirs in header]

    def _becomes(self, theirs: str, names: Mapping[str, str]) -> str:
        words = _look_up(self.reads, self.spell(theirs))
        if words is not None or theirs in names:
            return words or self._describe(names[theirs])
        keeps = self.kind in KEEPS_ATTRIBUTES and self.read is None
        unread = _look_up(dict.fromkeys(self.unread, ""), self.spell(theirs)) is not None
        return f"attribute {theirs.lower()}" if keeps and not unread else NOT_USED

    def _describe(self, ours: str) -> str:
        """A name of `columns` as a field of ours, or as the attribute that it becomes."""
        is_field = ours in NAMES[self.kind] or ours.startswith(("sale_price", "category_l"))
        return ours if is_field or self.kind not in KEEPS_ATTRIBUTES else f"attribute {ours}"


def _look_up(names: Mapping[str, str], name: str) -> str | None:
    if name in names:
        return names[name]
    return next((ours for theirs, ours in names.items() if theirs.endswith("*") and name.startswith(theirs[:-1])), None)
