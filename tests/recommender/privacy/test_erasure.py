"""An erasure in the database: asked for, swept, swept once more, done; after that only the digest is left."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Audit, Erasure, Visit
from recommender.privacy.erasure import (
    IDS_A_QUERY,
    PendingErasure,
    anybody_erased,
    digest,
    erased,
    list_pending_erasures,
    note_cleared,
    note_sweep,
    request_erasure,
    uncleared,
)
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def sweep(user: str, removed: dict[str, int], last: bool, moment: datetime = LATER) -> bool:
    with session_scope() as session:
        return note_sweep(session, user, removed, moment, "worker", last)


def ask(user: str, moment: datetime = NOW, actor: str = "shop") -> None:
    with session_scope() as session:
        request_erasure(session, user, moment, actor)


def test_a_digest_is_the_same_each_time_and_another_for_each_id() -> None:
    assert digest("用户") == digest("用户")
    assert len({digest(user) for user in ("u1", "u1 ", "U1", "")}) == 4
    assert len(digest("u1")) == 64


def test_asking_twice_is_asking_once() -> None:
    ask("u1")
    ask("u1", LATER)
    ask("u0", LATER)
    with session_scope() as session:
        assert list_pending_erasures(session) == [PendingErasure("u1", None), PendingErasure("u0", None)]
        assert session.query(Audit).count() == 2
        assert erased(session, ["u1", "u2"]) == {"u1"}


def test_sweeps_add_up_what_they_removed_and_the_last_one_ends_it() -> None:
    ask("u1")
    assert sweep("u1", {"database.events": 5, "online": 1}, last=False) is False
    with session_scope() as session:
        assert list_pending_erasures(session) == [PendingErasure("u1", LATER)]
    assert sweep("u1", {"database.events": 2}, last=True, moment=LATER + timedelta(minutes=1)) is True
    with session_scope() as session:
        row = session.get(Erasure, digest("u1"))
        assert row is not None
        assert row.removed == {"database.events": 7, "online": 1}
        assert (row.user_id, row.swept_at, row.done_at) == (None, LATER, LATER + timedelta(minutes=1))
        assert list_pending_erasures(session) == []
        assert erased(session, ["u1"]) == {"u1"}  # still refused


def test_the_last_sweep_takes_the_id_out_of_the_audit_log_and_out_of_claims_of_visits() -> None:
    ask("u1", actor="ann")
    with session_scope() as session:
        session.add(Visit(session_id="v", user_id="u1", since=NOW))
    sweep("u1", {}, last=True)
    with session_scope() as session:
        [kept] = session.query(Audit)
        assert (kept.user_id, kept.action, kept.actor) == (None, "erase", "ann")  # who asked, not who swept
        assert kept.details == {"digest": digest("u1"), "removed": {"database.visits": 1}}
        assert [one.user_id for one in session.query(Visit)] == [None]


def test_who_is_erased_can_ask_again_and_it_begins_anew() -> None:
    ask("u1")
    sweep("u1", {"database.events": 1}, last=True)
    ask("u1", LATER)
    with session_scope() as session:
        assert list_pending_erasures(session) == [PendingErasure("u1", None)]
        row = session.get(Erasure, digest("u1"))
        assert row is not None
        assert (row.done_at, row.models, row.log_cleared_at) == (None, None, None)


def test_a_sweep_that_nobody_asked_for_is_an_error() -> None:
    with pytest.raises(LookupError, match="nobody asked for this erasure"):
        sweep("u1", {}, last=False)


def test_what_is_done_is_uncleared_until_the_log_has_lost_it() -> None:
    for user in ("u1", "u2"):
        ask(user)
    sweep("u1", {}, last=True)
    with session_scope() as session:
        assert uncleared(session) == [digest("u1")]
        note_cleared(session, iter([digest("u1")]), LATER)
        session.flush()
        assert uncleared(session) == []
        note_cleared(session, [], LATER)


def test_many_shoppers_are_looked_for_in_several_queries() -> None:
    with session_scope() as session:
        assert not anybody_erased(session)
        assert erased(session, []) == set()
    ask("u999")
    names = [f"u{number}" for number in range(2 * IDS_A_QUERY)]
    with session_scope() as session:
        assert erased(session, names) == {"u999"}
        assert anybody_erased(session)
