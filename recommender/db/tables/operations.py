"""How far imports and the loop's steps have come, what was not taken, and who may call."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, WIDE, Base, one_of

KEY_SCOPES = ("shopper", "server", "operator")


class ImportRun(Base):
    """How far the import of one source file has come, so that a killed import goes on where it stopped."""

    __tablename__ = "import_runs"
    source: Mapped[str] = mapped_column(String(512), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(128), primary_key=True)
    rows_done: Mapped[int] = mapped_column(WIDE, default=0)
    rows_added: Mapped[int] = mapped_column(WIDE, default=0)
    rows_rejected: Mapped[int] = mapped_column(WIDE, default=0)
    finished: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]


class Reject(Base):
    """A row that was not taken, where it stood and why."""

    __tablename__ = "rejects"
    __table_args__ = (Index("uq_rejects_place", "file", "line", "field", unique=True),)
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    file: Mapped[str] = mapped_column(String(512))
    line: Mapped[int]
    field: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class Announcement(Base):
    """What a step of the loop made known: the interval that is new. `id` grows in the order of announcing."""

    __tablename__ = "announcements"
    __table_args__ = (Index("ix_announcements_subject_id", "subject", "id"),)
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(String(16))  # events, features, model, drift, question
    start: Mapped[datetime]
    end: Mapped[datetime]
    details: Mapped[dict[str, Any]]
    announced_at: Mapped[datetime]


class Delivery(Base):
    """How far a step of the loop has come in what was announced to it: taken by a run, and done."""

    __tablename__ = "deliveries"
    step: Mapped[str] = mapped_column(String(32), primary_key=True)
    taken_id: Mapped[int] = mapped_column(WIDE, default=0)
    done_id: Mapped[int] = mapped_column(WIDE, default=0)


class OutgoingMessage(Base):
    """What the shop's own system is told by a webhook: written with what it tells of, and sent afterwards."""

    __tablename__ = "outgoing_messages"
    __table_args__ = (Index("ix_outgoing_messages_due_at", "due_at"),)
    message_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))  # model.promoted, drift.found, assistant.handover
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # whom it tells of
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]  # None: sent, or given up
    sent_at: Mapped[datetime | None]
    failure: Mapped[str] = mapped_column(Text, default="")  # of the latest try


class WebhookDelivery(Base):
    """A delivery of a shop's webhook that was taken: what it was about, and which item that is here."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_subject", "source", "subject"),)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)  # shopify, woocommerce
    delivery_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    topic: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(ID_LENGTH))
    changed_at: Mapped[datetime | None] = mapped_column("told_at")  # when the product or the order was changed
    item_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    received_at: Mapped[datetime]


class TokenRevocation(Base):
    """Signed tokens that are good no more: the one of an id, or all of a shopper or visit issued before a moment.

    Whose it is stands here as a digest only. Once the last token that it could be about is over, the row may go.
    """

    __tablename__ = "token_revocations"
    mark: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256, hexadecimal
    issued_before: Mapped[datetime | None]  # None: of one token
    forget_at: Mapped[datetime]


class ApiKey(Base):
    """A key of a caller of the service; of its secret only the hash is kept."""

    __tablename__ = "api_keys"
    key_id: Mapped[str] = mapped_column(String(16), primary_key=True)  # names the key; no secret
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, hexadecimal
    scope: Mapped[str] = mapped_column(one_of("key_scope", *KEY_SCOPES))
    user_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # of a shopper's token
    name: Mapped[str] = mapped_column(String(ID_LENGTH), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    origins: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # whose pages may use it; None: settings
