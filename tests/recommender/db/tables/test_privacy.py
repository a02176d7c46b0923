"""What shoppers said and had removed, as rows: one word a purpose, one erasure a receipt."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db.tables import Base, Consent, Erasure, Mute, Preference, RemovedEvent, SessionWish

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("table", "row", "other"),
    [
        (Consent, {"user_id": "ann", "purpose": "marketing", "given": True, "time": NOW},
         {"purpose": "personalisation"}),
        (Mute, {"user_id": "ann", "kind": "brand", "key": "Lark", "time": NOW}, {"key": "Wren"}),
        (Preference, {"user_id": "ann", "kind": "brand", "key": "Lark", "wanted": True, "time": NOW},
         {"user_id": "bob"}),
        (SessionWish, {"session_id": "v", "understood": {"a": 1}, "time": NOW}, {"session_id": "w"}),
        (RemovedEvent, {"event_id": "e", "user_id": "ann", "time": NOW, "event_time": NOW}, {"user_id": "bob"}),
    ],
)  # fmt: skip
def test_the_last_word_takes_the_place_of_the_one_before(
    session: Session, table: type[Base], row: dict[str, Any], other: dict[str, Any]
) -> None:
    session.execute(insert(table), row)
    session.execute(insert(table), row | other)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(table), row)
    session.merge(table(**row))
    session.flush()
    assert session.query(table).count() == 2


def test_a_receipt_is_one_erasure_s_and_many_have_none(session: Session) -> None:
    session.add_all(Erasure(digest=name, requested_at=NOW, removed={}) for name in ("a", "b"))
    session.add(Erasure(digest="c", requested_at=NOW, removed={"events": 3}, receipt="r"))
    session.flush()
    session.expire_all()
    found = session.get_one(Erasure, "c")
    assert (found.removed, found.models, found.done_at) == ({"events": 3}, None, None)
    session.add(Erasure(digest="d", requested_at=NOW, removed={}, receipt="r"))
    with pytest.raises(IntegrityError, match="receipt"):
        session.flush()
