"""What all tables share: times in UTC on both databases, names of constraints, and widths that hold."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import JSON, LargeBinary, text
from sqlalchemy.exc import StatementError

from recommender.db.engine import session_scope
from recommender.db.tables import ID_LENGTH, Audit, Base, User, UtcDateTime
from recommender.settings import Settings

MOMENT = datetime(2026, 3, 1, 23, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=-5)))


def test_a_time_of_any_zone_is_the_same_moment_in_utc(database: Settings) -> None:
    with session_scope() as session:
        session.add(User(user_id="ann", created_at=MOMENT))
    with session_scope() as session:
        found = session.get_one(User, "ann").created_at
        assert found == MOMENT
        assert found is not None
        assert found.tzinfo is UTC
        session.get_one(User, "ann").created_at = None
    with session_scope() as session:
        assert session.get_one(User, "ann").created_at is None


def test_a_time_without_a_zone_is_refused_by_what_to_do(database: Settings) -> None:
    with pytest.raises(StatementError, match=r"has no zone; give it one"), session_scope() as session:
        session.add(User(user_id="ann", created_at=MOMENT.replace(tzinfo=None)))


def test_json_comes_back_as_it_was(database: Settings) -> None:
    details = {"茶": [1, 2.5, None, True], "nested": {"a": "\u0001 'quote\""}}
    with session_scope() as session:
        session.add(Audit(time=MOMENT, actor="x", action="y", details=details))
    with session_scope() as session:
        assert session.query(Audit).one().details == details


def test_every_column_of_a_kind_has_its_type_and_every_constraint_a_name() -> None:
    for table in Base.metadata.tables.values():
        assert table.primary_key.name == f"pk_{table.name}"
        assert all(index.name for index in table.indexes)
        assert all(key.name for key in table.foreign_key_constraints)
        for column in table.columns:
            assert not str(column.type).startswith("DATETIME") or isinstance(column.type, UtcDateTime), column
            if column.type.python_type in (dict, list):
                assert isinstance(column.type, JSON)
            if column.type.python_type is bytes:
                assert isinstance(column.type, LargeBinary)


def test_ids_of_the_greatest_length_fit(database: Settings) -> None:
    longest = "茶" * ID_LENGTH
    with session_scope() as session:
        session.add(User(user_id=longest))
    with session_scope() as session:
        assert session.get_one(User, longest).consent is True
        assert session.execute(text("SELECT count(*) FROM users")).scalar() == 1
