"""What shoppers say of their data, what they took back, and who did what to it."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, true
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, WIDE, Base


class Mute(Base):
    """Something a shopper doesn't want to be shown: `kind` is category or brand."""

    __tablename__ = "mutes"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(256), primary_key=True)
    time: Mapped[datetime]


class Preference(Base):
    """What a shopper has said in words that they want (`wanted`) or don't want.

    `kind` is category, brand, attribute (`key` is name=value), word (a folded phrase) or price (cheaper, dearer).
    Unwanted categories and brands are mutes.
    """

    __tablename__ = "preferences"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    key: Mapped[str] = mapped_column(String(256), primary_key=True)
    wanted: Mapped[bool]
    time: Mapped[datetime]


class SessionWish(Base):
    """What was wished for in a visit, as it was understood; it holds for that visit, and not for long."""

    __tablename__ = "session_wishes"
    session_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    understood: Mapped[dict[str, Any]]
    time: Mapped[datetime] = mapped_column(index=True)


class Consent(Base):
    """What a shopper last said of a purpose; where nothing stands here, `users.consent` says it."""

    __tablename__ = "consents"
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32), primary_key=True)
    given: Mapped[bool]
    time: Mapped[datetime]
    applied_at: Mapped[datetime | None]  # when the feature stores had followed a withdrawal


class RemovedEvent(Base):
    """An event that its shopper took back: it is not stored again for this shopper.

    One that was not `confirmed` keeps out what the shopper's token says, not what the shop says later.
    """

    __tablename__ = "removed_events"
    event_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    user_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, index=True)
    confirmed: Mapped[bool] = mapped_column(default=True, server_default=true())
    time: Mapped[datetime]
    event_time: Mapped[datetime]
    offline_at: Mapped[datetime | None]  # when the offline log had lost it


class Audit(Base):
    """Who did what to a shopper's data. `id` grows, so that a reader knows how far it has come."""

    __tablename__ = "audit_log"
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    time: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(ID_LENGTH))
    action: Mapped[str] = mapped_column(String(32))  # mute, unmute, wish, undo_wish, consent, remove_event, ...
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # None once erased
    details: Mapped[dict[str, Any]]


class Erasure(Base):
    """A shopper to be erased, or one who was: then only the digest of the id is left, and refuses what comes late."""

    __tablename__ = "erasures"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # until it is done
    requested_at: Mapped[datetime]
    swept_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    removed: Mapped[dict[str, Any]]  # how many rows, by store
    receipt: Mapped[str | None] = mapped_column(String(32), index=True, unique=True)  # random; for the shopper to keep
    models: Mapped[list[Any] | None]  # versions that had learned from the shopper; None until it was looked at
    log_cleared_at: Mapped[datetime | None]  # when SQLite's write-ahead log had lost it too
