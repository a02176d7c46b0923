"""What the database holds of a shopper: every table that names them, and rejected rows that do."""

from datetime import UTC, datetime

import orjson
import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Base, Consent, Event, Mute, Reject, User, UserLink, Visit
from recommender.settings import Settings
from recommender.subject_access.holdings import RETAINED_TABLES, held, people_in, remove, tables_about_shoppers
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
USER, OTHER = "u_1%", "u-1x"  # one would match the other by LIKE


@pytest.fixture(autouse=True)
def _shoppers(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        for user in (USER, OTHER):
            session.add(User(user_id=user, attributes={"城市": "上海"}, consent=True))
            session.add(Event(event_id="e", user_id=user, item_id="i", event_type="view", time=NOW))
            session.add(Mute(user_id=user, kind="category", key="茶", time=NOW))
            session.add(Consent(user_id=user, purpose="marketing", given=True, time=NOW, applied_at=None))
            session.add(Visit(session_id=f"v-{user}", user_id=user, since=NOW))
        session.add(UserLink(source_user_id=OTHER, target_user_id=USER))


def reject(raw: str, field: str = "value", line: int = 1) -> None:
    with session_scope() as session:
        session.add(Reject(file="events.csv", line=line, field=field, reason="no", raw=raw, created_at=NOW))


def test_every_table_with_a_column_of_shoppers_is_covered() -> None:
    tables = {table.name for table in tables_about_shoppers()}
    named = {
        table.name for table in Base.metadata.sorted_tables for column in table.columns if "user_id" in column.name
    }
    assert tables == named - RETAINED_TABLES
    assert {"users", "events", "user_links", "preferences"} <= tables


def test_all_that_is_held_is_told_as_json_can_carry_it() -> None:
    with session_scope() as session:
        found = held(session, USER)
        assert held(session, "nobody") == {}
    assert orjson.loads(orjson.dumps(found)) == found
    assert {name: len(rows) for name, rows in found.items()} == {
        "users": 1, "events": 1, "mutes": 1, "consents": 1, "user_links": 1, "visits": 1,
    }  # fmt: skip
    assert found["users"][0]["attributes"] == {"城市": "上海"}
    assert found["events"][0]["time"] == NOW.isoformat()


def test_an_erasure_removes_the_shopper_s_rows_and_nobody_else_s() -> None:
    with session_scope() as session:
        before = held(session, OTHER)
        assert remove(session, USER) == {"users": 1, "events": 1, "mutes": 1, "consents": 1, "user_links": 1}
        session.flush()
        assert set(held(session, USER)) == {"visits"}  # which the erasure ends itself
        assert {*before} - {*held(session, OTHER)} == {"user_links"}  # the link between the two
        assert remove(session, USER) == {}


@pytest.mark.parametrize(
    "raw",
    [{"user_id": USER, "value": "x"}, {"User ID": USER}, {"Customer-Id": USER}, {"target_user_id": USER}],
)
def test_a_rejected_row_is_whose_column_names_them(raw: dict[str, str]) -> None:
    reject(orjson.dumps(raw).decode())
    with session_scope() as session:
        assert len(held(session, USER)["rejects"]) == 1
        assert "rejects" not in held(session, OTHER)
        assert remove(session, USER)["rejects"] == 1
        session.flush()
        assert session.query(Reject).count() == 0


def test_a_value_that_only_looks_like_the_id_is_nobody_s() -> None:
    reject(orjson.dumps({"item_id": USER, "user_id": OTHER}).decode())
    with session_scope() as session:
        assert "rejects" not in held(session, USER)


def test_ids_with_quotes_and_other_scripts_are_found_in_rejected_rows() -> None:
    for line, user in enumerate(('张"三\\', "a\tb")):
        reject(orjson.dumps({"user_id": user}).decode(), line=line)
        with session_scope() as session:
            assert len(held(session, user).get("rejects", [])) == 1, user


def test_rows_that_nobody_could_read_keep_their_place_and_lose_their_text() -> None:
    reject(f"{USER};broken", field="*")
    reject("no json at all")
    with session_scope() as session:
        remove(session, USER)
        session.flush()
        session.expire_all()
        assert [one.raw for one in session.query(Reject)] == ["", ""]


def test_people_in_a_row_are_told_by_columns_and_none_where_it_cannot_be_read() -> None:
    assert people_in('{"user_id": 7, "household_id": "h", "item_id": "i", "id": "x"}') == {"7", "h"}
    for raw in ("", "[1]", "{", "null", '{"user_id": null}'):
        assert people_in(raw) == set(), raw
