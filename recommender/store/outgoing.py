"""Messages to the shop's own system: written in the transaction of what they tell of, taken to be sent, and noted.

Nothing is written where no address is set. It knows the table; who sends is the service. Sessions are handed in.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import OutgoingMessage
from recommender.settings import get_settings

PROMOTED, GUARDRAIL = "model.promoted", "model.guardrail"
DRIFT, HANDOVER = "drift.found", "assistant.handover"
DATA_REQUESTED, SHOP_REDACT_REQUESTED = "shopper.data_requested", "shop.redact_requested"
WAITS = (  # after each try that failed; after the last one it is given up
    *(timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)),
    *(timedelta(hours=4), timedelta(hours=12), timedelta(hours=24)),
)
TRIES = len(WAITS) + 1
TAKEN = timedelta(minutes=2)  # a sender that was killed has it for so long
RETENTION = timedelta(days=30)  # after it was sent or given up


def queue_message(
    session: Session,
    kind: str,
    data: Mapping[str, Any],
    now: datetime,
    message_id: str | None = None,
    user_id: str | None = None,
) -> bool:
    """Writes a message; one of an id that is there already is not written again. Says whether it was."""
    if not get_settings().webhook_url:
        return False
    if message_id is not None and session.get(OutgoingMessage, message_id) is not None:
        return False
    session.add(
        OutgoingMessage(
            message_id=message_id or uuid.uuid4().hex,
            kind=kind,
            user_id=user_id,
            data=dict(data),
            created_at=now,
            tries=0,
            due_at=now,
            sent_at=None,
            failure="",
        )
    )
    return True


def is_any_due(session: Session, now: datetime) -> bool:
    """Whether a message is to be sent now; it asks without taking the table's turn."""
    return session.scalar(select(OutgoingMessage.message_id).where(OutgoingMessage.due_at <= now).limit(1)) is not None


def take_due(session: Session, now: datetime, most: int) -> Sequence[OutgoingMessage]:
    """The messages to send now, the oldest first; no other sender takes them meanwhile. Old ones are forgotten."""
    one_writer_at_a_time(session.connection(), OutgoingMessage.__tablename__)
    over = OutgoingMessage.due_at.is_(None) & (OutgoingMessage.created_at < now - RETENTION)
    session.execute(delete(OutgoingMessage).where(over))
    due = select(OutgoingMessage).where(OutgoingMessage.due_at <= now).order_by(OutgoingMessage.created_at)
    messages = session.scalars(due.limit(most)).all()
    for message in messages:
        message.tries, message.due_at = message.tries + 1, now + TAKEN
    return messages


def note_sent(session: Session, message_id: str, now: datetime) -> None:
    """Notes that a message has arrived; one that is no longer there is passed over."""
    message = session.get(OutgoingMessage, message_id)
    if message is not None:  # else its shopper was erased meanwhile
        message.sent_at, message.due_at, message.failure = now, None, ""


def note_failed(session: Session, message_id: str, failure: str, now: datetime, for_good: bool = False) -> bool:
    """Says whether the message is given up."""
    message = session.get(OutgoingMessage, message_id)
    if message is None:
        return False
    given_up = for_good or message.tries >= TRIES
    message.due_at = None if given_up else now + WAITS[message.tries - 1]
    message.failure = failure
    return given_up
