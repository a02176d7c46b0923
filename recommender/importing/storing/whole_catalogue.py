"""A catalogue that is imported as the whole of it: items that it no longer names are retired, unless too many are.

It knows which items a file names and the items table. A retired item is shown nowhere, stays in shoppers' histories,
and is back when a file names it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, Engine, false, select, update

from recommender.db.engine import session_scope
from recommender.db.tables import ID_LENGTH, Item
from recommender.importing.fields.values import text

RETIRE_AT_MOST = 0.4  # of the items that the shop has: a file that lacks more is cut short, or another file
_AT_ONCE = 500


class IncompleteCatalogue(ValueError):
    """A file that can't be the whole catalogue; the message says why, and what to do if it is."""


@dataclass(slots=True)
class Named:
    """What the files of an import name: their items (of rejected rows, too), and how many rows have no id."""

    items: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    unreadable: int = 0

    def add(self, ids: pl.Series, kinds: pl.Series | None, unreadable: int) -> None:
        """Adds what a batch names.

        `ids` are those of all its rows that could be read, as they stand; `kinds` are of its good rows, a null being a
        product, and None where there are none; `unreadable` rows have no id that anybody could read.
        """
        known = text(ID_LENGTH)(ids)[0].drop_nulls()
        self.items.update(known.to_list())
        self.kinds.update(kinds.fill_null("product").unique().to_list() if kinds is not None else ())
        self.unreadable += unreadable + len(ids) - len(known)


def retire_others(engine: Engine, named: Named, now: datetime, at_most: float = RETIRE_AT_MOST) -> int:
    """Retires the items of the named kinds that are not named; returns how many those are.

    Parameters: `at_most` is the share of the shop's items that may go (1: all of them).

    Raises `IncompleteCatalogue`, and retires nothing, where the files name no item, hold rows that could not be read,
    or lack more than that share.
    """
    if not named.items:
        raise IncompleteCatalogue("the catalogue's file names no item, so nothing was retired: is it the right file?")
    if named.unreadable:
        raise IncompleteCatalogue(
            f"{named.unreadable:,} rows of the catalogue can't be read or have no id, so nothing was retired: mend "
            "them (zhiyin rejects shows them), or import without --whole"
        )
    with session_scope(engine) as session:
        kinds = named.kinds or {"product"}
        query = select(Item.item_id, Item.stub).where(Item.retired == false(), Item.kind.in_(kinds))
        rows = session.execute(query).all()
        gone = [row.item_id for row in rows if row.item_id not in named.items]
        known = sum(not row.stub for row in rows)
        missing = sum(not row.stub and row.item_id not in named.items for row in rows)
        if missing > at_most * known:
            raise IncompleteCatalogue(
                f"{missing:,} of the shop's {known:,} items are not in the catalogue's file, more than a share of "
                f"{at_most:g}, so nothing was retired: is the file whole? If it is, say --retire-at-most 1"
            )
        return retire(session.connection(), gone, now)


def retire(connection: Connection, item_ids: Sequence[str], now: datetime) -> int:
    """Takes these items out of the catalogue; returns how many were in it."""
    gone = 0
    for start in range(0, len(item_ids), _AT_ONCE):
        there = (Item.item_id.in_(item_ids[start : start + _AT_ONCE]), Item.retired == false())
        gone += connection.execute(update(Item).where(*there).values(retired=True, updated_at=now)).rowcount
    return gone
