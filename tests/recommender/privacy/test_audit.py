"""What was done to a shopper's data is kept with the change itself."""

from datetime import UTC, datetime

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Audit
from recommender.privacy.audit import note
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_note_is_kept_with_its_own_copy_of_the_details(home: Settings) -> None:
    install_tables()
    details = {"kind": "category", "key": "茶"}
    with session_scope() as session:
        row = note(session, NOW, "客服", "mute", "u1", details)
        details["key"] = "changed later"
        session.flush()
        assert row.id > 0
    with session_scope() as session:
        [kept] = session.query(Audit)
        assert (kept.time, kept.actor, kept.action, kept.user_id) == (NOW, "客服", "mute", "u1")
        assert kept.details == {"kind": "category", "key": "茶"}


def test_a_change_that_is_rolled_back_leaves_no_note(home: Settings) -> None:
    install_tables()

    def fail() -> None:
        with session_scope() as session:
            note(session, NOW, "shop", "erase", None, {})
            session.flush()
            raise KeyError("the change fails")

    with pytest.raises(KeyError):
        fail()
    with session_scope() as session:
        assert session.query(Audit).count() == 0
