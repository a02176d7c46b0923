"""What shoppers said reaches every store, whatever is away or under way meanwhile, and is done once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from features.online import read_profile
from features.partitions import only_one
from features.privacy import LOCKS
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Consent, Erasure, RemovedEvent
from recommender.privacy.erasure import request_erasure
from recommender.settings import Settings
from recommender.store.consent import PERSONALISATION, record_consent
from services.profiles import pending_privacy
from services.profiles.pending_privacy import PendingPrivacy
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)


@pytest.fixture
def pending(home: Settings) -> PendingPrivacy:
    install_tables()
    return PendingPrivacy(get_engine(home.sqlalchemy_url))


def withdraw(user_id: str) -> None:
    with session_scope() as session:
        record_consent(session, user_id, PERSONALISATION, False, NOW)


def applied(user_id: str) -> datetime | None:
    with session_scope() as session:
        return session.scalars(select(Consent.applied_at).where(Consent.user_id == user_id)).one()


def take_back(event_id: str) -> None:
    with session_scope() as session:
        session.add(RemovedEvent(user_id="u1", event_id=event_id, event_time=NOW, time=NOW, confirmed=True))


def taken_out(event_id: str) -> datetime | None:
    with session_scope() as session:
        return session.scalars(select(RemovedEvent.offline_at).where(RemovedEvent.event_id == event_id)).one()


@contextmanager
def a_build_of_features() -> Iterator[None]:
    with only_one(LOCKS["events"]):
        yield


def test_a_withdrawal_is_done_once_and_is_noted(pending: PendingPrivacy) -> None:
    withdraw("u1")
    pending.finish(NOW)
    assert applied("u1") == NOW
    pending.finish(NOW + timedelta(hours=1))
    assert applied("u1") == NOW
    assert read_profile("u1") is None


def test_while_features_are_built_it_waits_and_is_done_afterwards(pending: PendingPrivacy) -> None:
    withdraw("u1")
    take_back("e1")
    with a_build_of_features():
        pending.finish(NOW)
        assert (applied("u1"), taken_out("e1")) == (None, None)
    pending.finish(NOW)
    assert (applied("u1"), taken_out("e1")) == (NOW, NOW)


def test_a_refresh_that_was_under_way_when_they_withdrew_is_swept_once_more(
    pending: PendingPrivacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    withdraw("u1")
    monkeypatch.setattr(pending_privacy, "is_writing_since_before", lambda moment: True)
    pending.take_out_withdrawn(NOW)
    assert applied("u1") is None
    monkeypatch.undo()
    pending.take_out_withdrawn(NOW)
    assert applied("u1") == NOW


def test_what_fails_holds_up_nothing_else(pending: PendingPrivacy, monkeypatch: pytest.MonkeyPatch) -> None:
    withdraw("u1")
    take_back("e1")

    def fails(*arguments: object) -> None:
        raise OSError("the disk is full\nwith more lines")

    monkeypatch.setattr(pending_privacy, "forget_event_offline", fails)
    pending.finish(NOW)
    assert (taken_out("e1"), applied("u1")) == (None, NOW)


def test_an_erasure_is_swept_twice_and_then_done(pending: PendingPrivacy) -> None:
    with session_scope() as session:
        request_erasure(session, "u1", NOW, "test")
    pending.finish(NOW)
    with session_scope() as session:
        row = session.scalars(select(Erasure)).one()
        assert (row.swept_at, row.done_at) == (NOW, None)
    later = NOW + timedelta(hours=1)
    pending.finish(later)
    with session_scope() as session:
        row = session.scalars(select(Erasure)).one()
        assert (row.done_at, row.user_id) == (later, None)
