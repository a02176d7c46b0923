"""Writes the shop's items and shoppers: each call one transaction, each of its rows judged by itself.

It knows the rules of an import and the database. That running workers follow is the watcher's affair.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time, writing
from recommender.db.tables import Item
from recommender.importing.bulk import (
    IDS_A_QUERY,
    BulkOutcome,
    CheckedRows,
    check_rows,
    patch_items,
    put_items,
    put_users,
)
from recommender.importing.bulk import RejectedRow as Rejected
from recommender.importing.column_names import Kind
from recommender.importing.storing.whole_catalogue import retire
from recommender.store.identity.item_aliases import Merged, UnusableAlias, put_aliases
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import Problem
from services.schemas.catalog import (
    AliasesResponse,
    DeletedResponse,
    ItemsResponse,
    RejectedItem,
    RejectedUser,
    UsersResponse,
)

REMEDY = "Correct the field and send the row again; docs/data.md says what each field takes."
T = TypeVar("T")
Write = Callable[[Connection, CheckedRows], BulkOutcome]


@dataclass(slots=True)
class CatalogueWriter:
    """What a shop's server may change of its catalogue, and of what it knows of its shoppers."""

    engine: Engine
    database: Breaker
    changed: Callable[[Iterable[str]], None] = lambda users: None  # told whose history says something else

    def put_items(self, rows: Sequence[Any], now: datetime) -> ItemsResponse:
        """Makes items, or replaces them as a whole."""
        return self._write_items(rows, put_items, now)

    def patch_items(self, rows: Sequence[Any], now: datetime) -> ItemsResponse:
        """Changes fields of items."""
        return self._write_items(rows, patch_items, now)

    def delete_items(self, item_ids: Sequence[str], now: datetime) -> DeletedResponse:
        """Takes items out of what is recommended and found; their past stays."""

        def work(session: Session) -> DeletedResponse:
            connection = session.connection()
            one_writer_at_a_time(connection, Item.__tablename__)
            known = _known(connection, item_ids)
            unknown = [
                RejectedItem(index=place, item_id=one, field="item_ids", message="no such item", remedy="Check the id.")
                for place, one in enumerate(item_ids)
                if one not in known
            ]
            return DeletedResponse(deleted=retire(connection, sorted(known), now), rejected=unknown)

        return self._in_database("item_ids", work)

    def put_aliases(self, item_id: str, aliases: Sequence[str], now: datetime) -> AliasesResponse:
        """Makes these the item's former ids: what shoppers did under them is the item's."""

        def work(session: Session) -> Merged:
            try:
                return put_aliases(session, item_id, aliases, now)
            except UnusableAlias as unusable:
                remedy = "Leave it out; an alias of another item is taken out of that item's aliases first."
                raise Problem(f"aliases[{unusable.place}]", unusable.message, remedy) from None
            except LookupError:
                raise Problem("item_id", f"no item {item_id!r} in the catalogue", "PUT the item first.", 404) from None

        merged = self._in_database("aliases", work)
        self.changed(merged.users)
        names = list(dict.fromkeys(aliases))
        return AliasesResponse(item_id=item_id, aliases=names, events=merged.events, retired=merged.retired)

    def put_users(self, rows: Sequence[Any], now: datetime) -> UsersResponse:
        """Makes shoppers, or replaces what the shop knows of them beside their doings."""
        done = self._write(Kind.USERS, "users", rows, put_users, now)
        rejected = [RejectedUser(user_id=one.key, **_describe_rejected(one)) for one in done.rejected]
        return UsersResponse(**asdict(done.written), rejected=rejected, notes=list(done.notes))

    def _write_items(self, rows: Sequence[Any], write: Write, now: datetime) -> ItemsResponse:
        done = self._write(Kind.ITEMS, "items", rows, write, now)
        rejected = [RejectedItem(item_id=one.key, **_describe_rejected(one)) for one in done.rejected]
        return ItemsResponse(**asdict(done.written), rejected=rejected, notes=list(done.notes))

    def _write(self, kind: Kind, name: str, rows: Sequence[Any], write: Write, now: datetime) -> BulkOutcome:
        checked = check_rows(kind, rows, now)
        return self._in_database(name, lambda session: write(session.connection(), checked))

    def _in_database(self, field: str, work: Callable[[Session], T]) -> T:
        try:
            with self.database.guard(), writing(self.engine) as session:
                return work(session)
        except Away:
            remedy = "Send the same again: what is there already is not changed by it."
            raise Problem(field, "the database is away; nothing was stored", remedy, 503) from None


def _describe_rejected(row: Rejected) -> dict[str, Any]:
    """The reason of a rejected row and, where it says one, the remedy."""
    message, _, remedy = row.reason.partition(": ")
    remedy = f"{remedy[0].upper()}{remedy[1:]}." if remedy else REMEDY
    return {"index": row.place, "field": row.field, "message": message, "remedy": remedy}


def _known(connection: Connection, item_ids: Sequence[str]) -> set[str]:
    parts = (item_ids[start : start + IDS_A_QUERY] for start in range(0, len(item_ids), IDS_A_QUERY))
    queries = (select(Item.item_id).where(Item.item_id.in_(part)) for part in parts)
    return {found for query in queries for found in connection.scalars(query)}
