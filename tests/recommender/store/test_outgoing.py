"""Messages to the shop's own system: written once, taken by one sender, tried again at growing distances, given up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import OutgoingMessage
from recommender.settings import get_settings
from recommender.store.outgoing import (
    RETENTION,
    TAKEN,
    TRIES,
    WAITS,
    is_any_due,
    note_failed,
    note_sent,
    queue_message,
    take_due,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def outbox(session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session in a shop that has an address to send to."""
    monkeypatch.setenv("ZHIYIN_WEBHOOK_URL", "https://shop.example/hook")
    monkeypatch.setenv("ZHIYIN_WEBHOOK_SECRET", "a secret of sixteen letters or more")
    get_settings.cache_clear()
    yield session
    get_settings.cache_clear()


def test_without_an_address_nothing_is_written(session: Session) -> None:
    assert not queue_message(session, "model.promoted", {}, NOW)
    assert session.scalars(select(OutgoingMessage)).all() == []


def test_a_message_of_an_id_is_written_once(outbox: Session) -> None:
    assert queue_message(outbox, "drift.found", {"share": 0.25}, NOW, "run-1", "ann")
    outbox.flush()
    assert not queue_message(outbox, "drift.found", {"share": 0.5}, NOW, "run-1")
    assert queue_message(outbox, "drift.found", {}, NOW)
    assert queue_message(outbox, "drift.found", {}, NOW)
    outbox.flush()
    first, *others = sorted(outbox.scalars(select(OutgoingMessage)), key=lambda one: one.message_id != "run-1")
    assert (first.data, first.user_id, first.tries, first.due_at) == ({"share": 0.25}, "ann", 0, NOW)
    assert len({one.message_id for one in others}) == 2


def test_what_is_due_is_taken_oldest_first_and_by_one_sender(outbox: Session) -> None:
    for place in (2, 0, 1):
        queue_message(outbox, "drift.found", {}, NOW + place * SECOND, f"m{place}")
    outbox.flush()
    assert not is_any_due(outbox, NOW - SECOND)
    later = NOW + 5 * SECOND
    assert is_any_due(outbox, later)
    assert [one.message_id for one in take_due(outbox, later, 2)] == ["m0", "m1"]
    outbox.flush()
    assert [one.message_id for one in take_due(outbox, later, 9)] == ["m2"]
    outbox.flush()
    assert not is_any_due(outbox, later)
    assert [one.message_id for one in take_due(outbox, later + TAKEN, 9)] == ["m0", "m1", "m2"], "a sender was killed"


def test_each_failure_waits_longer_until_it_is_given_up(outbox: Session) -> None:
    queue_message(outbox, "drift.found", {}, NOW, "m")
    moment = NOW
    for number in range(TRIES):
        outbox.flush()
        assert [one.message_id for one in take_due(outbox, moment, 9)] == ["m"]
        assert note_failed(outbox, "m", f"answered 50{number}", moment) == (number == TRIES - 1)
        message = outbox.get_one(OutgoingMessage, "m")
        assert message.failure == f"answered 50{number}"
        if number < TRIES - 1:
            assert message.due_at == moment + WAITS[number]
            moment = message.due_at
    assert message.due_at is None
    assert list(WAITS) == sorted(WAITS)


def test_what_can_never_be_sent_is_given_up_at_once(outbox: Session) -> None:
    queue_message(outbox, "drift.found", {}, NOW, "m")
    outbox.flush()
    take_due(outbox, NOW, 1)
    assert note_failed(outbox, "m", "not found", NOW, for_good=True)
    outbox.flush()
    assert not is_any_due(outbox, NOW + timedelta(days=99))


def test_what_arrived_is_sent_and_forgotten_after_its_time(outbox: Session) -> None:
    queue_message(outbox, "drift.found", {}, NOW, "sent")
    queue_message(outbox, "drift.found", {}, NOW + RETENTION, "waiting")
    outbox.flush()
    take_due(outbox, NOW, 1)
    note_failed(outbox, "sent", "busy", NOW)
    note_sent(outbox, "sent", NOW + SECOND)
    message = outbox.get_one(OutgoingMessage, "sent")
    assert (message.sent_at, message.due_at, message.failure) == (NOW + SECOND, None, "")
    outbox.flush()
    take_due(outbox, NOW + RETENTION, 9)
    assert outbox.get(OutgoingMessage, "sent") is not None
    outbox.expire_all()
    take_due(outbox, NOW + RETENTION + SECOND, 9)
    assert set(outbox.scalars(select(OutgoingMessage.message_id))) == {"waiting"}


def test_a_message_whose_shopper_was_erased_meanwhile_is_passed_over(outbox: Session) -> None:
    note_sent(outbox, "gone", NOW)
    assert not note_failed(outbox, "gone", "x", NOW)
