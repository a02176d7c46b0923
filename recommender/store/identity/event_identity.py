"""Which event an id names, and whether one that comes in is new, known, or another under the same id.

Ids belong to their owner: a shopper, or a visit in which nobody has signed in. Two owners may use one id. Sessions are
handed in; the caller holds the owners' turns and commits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from recommender.db.tables import Event

COMPARED_FIELDS = ("item_id", "event_type", "value", "quantity", "text", "time")  # what makes two events the same
CLOCKS_DIFFER = timedelta(minutes=1)  # one and the same event may be stamped by its sender and on arrival
Row = Mapping[str, Any]  # the columns of an event; `time` is None where its sender doesn't say it
Key = tuple[str, str, str]  # whether of a shopper or a visit, whose, the event's id
_COLUMNS = (Event.id, Event.event_id, Event.user_id, Event.session_id, Event.confirmed)
_COMPARED_COLUMNS = tuple(getattr(Event, name) for name in COMPARED_FIELDS)


class Verdict(StrEnum):
    """What an event that comes in is, beside what is stored."""

    NEW = "new"
    KNOWN = "known"
    CONFIRMS = "confirms"  # the shop's word on what so far only a shopper's token said


class OtherContent(Exception):
    """An event whose id its owner has used for another one: this row."""

    def __init__(self, row: Row) -> None:
        super().__init__(row["event_id"])
        self.row = row


@dataclass(slots=True)
class KnownEvents:
    """The events that are stored under the ids that come in, by owner and id."""

    rows: dict[Key, Row] = field(default_factory=dict)

    @classmethod
    def read(cls, session: Session, rows: Sequence[Row]) -> "KnownEvents":
        """The stored events of these rows' owners and ids."""
        if not rows:
            return cls()
        found: Iterable[Any] = session.execute(select(*_COLUMNS, *_COMPARED_COLUMNS).where(_of_owners(rows))).mappings()
        return cls({key_of(row): row for row in (dict(one) for one in found)})

    def judge(self, rows: Sequence[Row]) -> list[Verdict]:
        """What each event is, and from here on they are known; raises `OtherContent`, and then none is."""
        fresh: dict[Key, Row] = {}
        verdicts = []
        for row in rows:
            key = key_of(row)
            stored = fresh.get(key) or self.rows.get(key)
            verdict = compare(row, stored)
            if verdict is None:
                raise OtherContent(row)
            if verdict is not Verdict.KNOWN:
                fresh[key] = row
            verdicts.append(verdict)
        self.rows.update(fresh)
        return verdicts


def key_of(row: Row) -> Key:
    """By what an event is known: its owner, who is the visit where no shopper is named, and its id."""
    kind, owner = ("session", row["session_id"]) if row["user_id"] is None else ("user", row["user_id"])
    return kind, owner, row["event_id"]


def remove_claims(session: Session, rows: Iterable[Row]) -> None:
    """Takes out what shoppers' tokens said under the ids of these events: the shop says it now."""
    for row in rows:
        claim = (Event.event_id == row["event_id"], Event.user_id == row["user_id"], Event.confirmed.is_(False))
        session.execute(delete(Event).where(*claim))


def _of_owners(rows: Sequence[Row]) -> ColumnElement[bool]:
    """The stored events under these ids, of these owners; a few too many where several owners come in at once."""
    ids = sorted({row["event_id"] for row in rows})
    users = sorted({row["user_id"] for row in rows if row["user_id"] is not None})
    visits = sorted({row["session_id"] for row in rows if row["user_id"] is None})
    conditions = []
    if users:
        conditions.append(Event.event_id.in_(ids) & Event.user_id.in_(users))
    if visits:
        conditions.append(Event.event_id.in_(ids) & Event.user_id.is_(None) & Event.session_id.in_(visits))
    return or_(*conditions)


def compare(row: Row, stored: Row | None) -> Verdict | None:
    """None where the id's owner has used it for another event."""
    if stored is None:
        return Verdict.NEW
    if row["confirmed"] and not stored["confirmed"]:
        return Verdict.CONFIRMS
    return Verdict.KNOWN if all(_same(name, row, stored) for name in COMPARED_FIELDS) else None


def _same(name: str, row: Row, stored: Row) -> bool:
    if name == "time":
        return None in (row["time"], stored["time"]) or abs(row["time"] - stored["time"]) <= CLOCKS_DIFFER
    if name == "value" and row["event_type"] == "review" and row["value"] is None:
        return True  # the stars that its words amount to were added when it was stored
    return bool(row[name] == stored[name])
