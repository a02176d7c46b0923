"""Writes the shop's items: each call one transaction, each of its rows judged by itself.

It knows the rules of an import and the database. That running workers follow is the watcher's affair.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select

from recommender.db.engine import writing
from recommender.db.tables import Item
from recommender.importing.bulk import (
    IDS_A_QUERY,
    BulkOutcome,
    CheckedRows,
    check_rows,
    patch_items,
    put_items,
)
from recommender.importing.bulk import RejectedRow as Rejected
from recommender.importing.column_names import Kind
from recommender.importing.storing.whole_catalogue import retire
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import Problem
from services.schemas.catalog import DeletedAnswer, ItemsAnswer, RejectedItem

REMEDY = "Correct the field and send the row again; docs/data.md says what each field takes."
T = TypeVar("T")
Write = Callable[[Connection, CheckedRows], BulkOutcome]


@dataclass(slots=True)
class CatalogueWriter:
    """What a shop's server may change of its catalogue."""

    engine: Engine
    database: Breaker

    def put_items(self, rows: Sequence[Any], now: datetime) -> ItemsAnswer:
        """Makes items, or replaces them as a whole."""
        return self._write_items(rows, put_items, now)

    def patch_items(self, rows: Sequence[Any], now: datetime) -> ItemsAnswer:
        """Changes fields of items."""
        return self._write_items(rows, patch_items, now)

    def delete_items(self, item_ids: Sequence[str], now: datetime) -> DeletedAnswer:
        """Takes items out of what is recommended and found; their past stays."""

        def work(connection: Connection) -> DeletedAnswer:
            known = _known(connection, item_ids)
            unknown = [
                RejectedItem(index=place, item_id=one, field="item_ids", message="no such item", remedy="Check the id.")
                for place, one in enumerate(item_ids)
                if one not in known
            ]
            return DeletedAnswer(deleted=retire(connection, sorted(known), now), rejected=unknown)

        return self._in_database("item_ids", work)

    def _write_items(self, rows: Sequence[Any], write: Write, now: datetime) -> ItemsAnswer:
        checked = check_rows(Kind.ITEMS, rows, now)
        done = self._in_database("items", lambda connection: write(connection, checked))
        return ItemsAnswer(
            added=done.written.added,
            updated=done.written.updated,
            unchanged=done.written.unchanged,
            rejected=[RejectedItem(item_id=one.key, **_told(one)) for one in done.rejected],
            notes=list(done.notes),
        )

    def _in_database(self, field: str, work: Callable[[Connection], T]) -> T:
        try:
            with self.database.guard(), writing(self.engine) as session:
                return work(session.connection())
        except Away:
            remedy = "Send the same again: what is there already is not changed by it."
            raise Problem(field, "the database is away; nothing was stored", remedy, 503) from None


def _told(row: Rejected) -> dict[str, Any]:
    """The reason of a rejected row and, where it says one, the remedy."""
    message, _, remedy = row.reason.partition(": ")
    remedy = f"{remedy[0].upper()}{remedy[1:]}." if remedy else REMEDY
    return {"index": row.place, "field": row.field, "message": message, "remedy": remedy}


def _known(connection: Connection, item_ids: Sequence[str]) -> set[str]:
    parts = (item_ids[start : start + IDS_A_QUERY] for start in range(0, len(item_ids), IDS_A_QUERY))
    queries = (select(Item.item_id).where(Item.item_id.in_(part)) for part in parts)
    return {found for query in queries for found in connection.scalars(query)}
