"""What the platform keeps of its own work: one reject a place, one key a secret, one delivery once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from recommender.db.tables import (
    KEY_SCOPES,
    Announcement,
    ApiKey,
    Base,
    Delivery,
    ImportRun,
    OutgoingMessage,
    Reject,
    WebhookDelivery,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
REJECT = {"file": "f", "line": 1, "field": "price", "reason": "r", "raw": "", "created_at": NOW}
KEY = {"key_id": "k", "secret_hash": "s", "scope": KEY_SCOPES[0], "name": "", "created_at": NOW}
HOOK = {"source": "shopify", "delivery_id": "d", "topic": "t", "subject": "s", "received_at": NOW}


@pytest.mark.parametrize(
    ("table", "row", "other"),
    [
        (Reject, REJECT, {"field": "title"}), (Reject, REJECT, {"line": 2}),
        (ApiKey, KEY, {"key_id": "l", "secret_hash": "t"}),
        (WebhookDelivery, HOOK, {"source": "woocommerce"}), (WebhookDelivery, HOOK, {"delivery_id": "e"}),
    ],
)  # fmt: skip
def test_the_same_thing_is_kept_once_and_another_beside_it(
    session: Session, table: type[Base], row: dict[str, Any], other: dict[str, Any]
) -> None:
    session.execute(insert(table), row)
    session.execute(insert(table), row | other)
    with pytest.raises(IntegrityError):
        session.execute(insert(table), row)


def test_two_keys_have_no_secret_in_common_and_a_known_scope(session: Session) -> None:
    session.execute(insert(ApiKey), KEY)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(ApiKey), KEY | {"key_id": "other"})
    with pytest.raises(StatementError, match="everything"):
        session.execute(insert(ApiKey), KEY | {"key_id": "x", "secret_hash": "y", "scope": "everything"})


def test_an_import_and_a_reader_begin_at_nothing(session: Session) -> None:
    session.add(ImportRun(source="s", fingerprint="f", updated_at=NOW))
    session.add(Delivery(step="profiles"))
    session.add(OutgoingMessage(message_id="m", kind="k", data={}, created_at=NOW))
    session.flush()
    run = session.get_one(ImportRun, ("s", "f"))
    assert (run.rows_done, run.rows_added, run.rows_rejected, run.finished) == (0, 0, 0, False)
    run.rows_done = 2**40
    session.flush()
    session.expire_all()
    assert session.get_one(ImportRun, ("s", "f")).rows_done == 2**40
    delivery = session.get_one(Delivery, "profiles")
    assert (delivery.taken_id, delivery.done_id) == (0, 0)
    message = session.get_one(OutgoingMessage, "m")
    assert (message.tries, message.due_at, message.failure) == (0, None, "")


def test_announcements_are_numbered_as_they_are_made(session: Session) -> None:
    for place in range(3):
        session.add(Announcement(subject="events", start=NOW, end=NOW, details={"place": place}, announced_at=NOW))
        session.flush()
    found = session.query(Announcement).order_by(Announcement.id).all()
    assert [one.details["place"] for one in found] == [0, 1, 2]
