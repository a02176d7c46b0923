"""Former ids of items: what shoppers did with an alias counts for its item, in histories, training and features.

The one place where that is settled: events are kept under the item's id. Those that are there are moved when an id
becomes an alias, and whatever stores events asks `find_aliases` first. Sessions are handed in; the caller commits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, false, func, insert, select, update
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import Event, Item, ItemAlias
from recommender.store.deliveries import announce_anew

IDS_A_QUERY = 500


class UnusableAlias(ValueError):
    """An id that can't be this item's alias; `place` is where it stands."""

    def __init__(self, place: int, message: str) -> None:
        super().__init__(message)
        self.place, self.message = place, message


@dataclass(frozen=True, slots=True)
class Merged:
    """What became the item's: how many events, and whose; and how many items were taken out of the catalogue."""

    events: int
    users: frozenset[str]
    retired: int


def find_aliases(connection: Connection, ids: Iterable[str] | None = None) -> dict[str, str]:
    """The item of each of these ids that is an alias; of all aliases where none are named."""
    found = _owners(connection, ids)
    while further := _owners(connection, set(found.values())):  # whose item was merged in its turn
        found = {alias: further.get(item_id, item_id) for alias, item_id in found.items()}
    return found


def _owners(connection: Connection, ids: Iterable[str] | None) -> dict[str, str]:
    """The same, also where that item has become an alias since."""
    query = select(ItemAlias.alias, ItemAlias.item_id)
    if ids is None:
        return {alias: item_id for alias, item_id in connection.execute(query)}
    wanted, found = sorted(set(ids)), dict[str, str]()
    for start in range(0, len(wanted), IDS_A_QUERY):
        some = query.where(ItemAlias.alias.in_(wanted[start : start + IDS_A_QUERY]))
        found |= {alias: item_id for alias, item_id in connection.execute(some)}
    return found


def put_aliases(session: Session, item_id: str, aliases: Sequence[str], now: datetime) -> Merged:
    """Makes these all of the item's aliases: their events become the item's, and items of these ids are retired.

    An alias that is left out is one no more; what became the item's stays the item's. Raises `UnusableAlias`, and
    changes nothing, where an id can't be an alias, and `LookupError` where there is no such item.
    """
    one_writer_at_a_time(session.connection(), Item.__tablename__)
    if session.get(Item, item_id) is None:
        raise LookupError(item_id)
    whose = _owners(session.connection(), [*aliases, item_id])
    if (other := whose.get(item_id)) is not None:
        raise UnusableAlias(0, f"{item_id!r} is itself an alias, of {other!r}")
    for place, alias in enumerate(aliases):
        if alias == item_id:
            raise UnusableAlias(place, "the item's own id")
        if whose.get(alias, item_id) != item_id:
            raise UnusableAlias(place, f"an alias of {whose[alias]!r}")
    names = list(dict.fromkeys(aliases))
    former = set(session.scalars(select(ItemAlias.alias).where(ItemAlias.item_id == item_id)))
    session.execute(delete(ItemAlias).where(ItemAlias.item_id == item_id, ItemAlias.alias.not_in(names)))
    if new := [name for name in names if name not in former]:
        session.execute(insert(ItemAlias), [{"alias": one, "item_id": item_id, "created_at": now} for one in new])
    merged = _move(session, item_id, names, now)
    session.execute(update(Item).where(Item.item_id == item_id).values(updated_at=now))  # so that services look
    return merged


def _move(session: Session, item_id: str, aliases: Sequence[str], now: datetime) -> Merged:
    theirs = Event.item_id.in_(aliases)
    users = frozenset(user for user in session.scalars(select(Event.user_id).where(theirs).distinct()) if user)
    start = session.scalar(select(func.min(Event.time)).where(theirs))
    moved = session.connection().execute(update(Event).where(theirs).values(item_id=item_id)).rowcount
    if start is not None:
        announce_anew(session, start)
    there = (Item.item_id.in_(aliases), Item.retired == false())
    retired = session.connection().execute(update(Item).where(*there).values(retired=True, updated_at=now)).rowcount
    return Merged(moved, users, retired)
