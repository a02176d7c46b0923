"""Deliveries that were taken: each counts once, and the newest word of a product or an order holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import Reject, WebhookDelivery
from services.schemas.catalog import RejectedRow

Former = Literal["repeated", "older"]
RETENTION = timedelta(days=90)  # longer than any shop sends one again


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: whose, its id and topic, what it is about, and when that was so."""

    source: str
    delivery_id: str
    topic: str
    subject: str
    changed_at: datetime | None


def find_former(session: Session, delivery: Delivery) -> Former | None:
    """Why nothing is to be done; None where something is. Other deliveries wait until the transaction is over."""
    one_writer_at_a_time(session.connection(), WebhookDelivery.__tablename__)
    if session.get(WebhookDelivery, (delivery.source, delivery.delivery_id)) is not None:
        return "repeated"
    newest = session.scalar(select(func.max(WebhookDelivery.changed_at)).where(*_same_subject(delivery)))
    return "older" if delivery.changed_at is not None and newest is not None and delivery.changed_at < newest else None


def find_item(session: Session, delivery: Delivery) -> str | None:
    """The item that the latest delivery about the same product told of."""
    query = select(WebhookDelivery.item_id).where(*_same_subject(delivery), WebhookDelivery.item_id.is_not(None))
    return session.scalar(query.order_by(WebhookDelivery.received_at.desc()).limit(1))


def keep(session: Session, delivery: Delivery, now: datetime, item_id: str | None = None) -> None:
    """The delivery is taken, in the transaction of what it told."""
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.received_at < now - RETENTION))
    session.merge(
        WebhookDelivery(
            source=delivery.source,
            delivery_id=delivery.delivery_id,
            topic=delivery.topic,
            subject=delivery.subject,
            changed_at=delivery.changed_at,
            item_id=item_id,
            received_at=now,
        )
    )


def keep_rejects(session: Session, delivery: Delivery, rejected: list[RejectedRow], now: datetime) -> None:
    """What was not taken, where an import's rejects are."""
    file = f"webhook {delivery.source} {delivery.topic} {delivery.delivery_id}"[:512]
    for row in rejected:
        reason = f"{row.message}: {row.remedy}"
        session.add(Reject(file=file, line=row.index, field=row.field, reason=reason, raw="", created_at=now))


def _same_subject(delivery: Delivery) -> tuple[ColumnElement[bool], ...]:
    return WebhookDelivery.source == delivery.source, WebhookDelivery.subject == delivery.subject
