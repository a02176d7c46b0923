"""Rows that come in by themselves, judged and stored by the same rules as a file's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Item
from recommender.importing.bulk import (
    DELETED,
    ERASED,
    NO_OBJECT,
    UNKNOWN,
    BulkOutcome,
    check_read_rows,
    check_rows,
    patch_items,
    put_items,
    put_users,
)
from recommender.importing.column_names import Kind
from recommender.importing.storing.staging import WriteCounts
from recommender.privacy.erasure import request_erasure
from tests.support.shops.files import table

NOW = datetime(2026, 6, 1, tzinfo=UTC)
TEA = {"item_id": "tea", "title": "茶", "price": 4.5, "attributes": {"origin": "云南"}}


def put(*rows: Any) -> BulkOutcome:
    with get_engine().begin() as connection:
        return put_items(connection, check_rows(Kind.ITEMS, rows, NOW))


def patch(*rows: Any) -> BulkOutcome:
    with get_engine().begin() as connection:
        return patch_items(connection, check_rows(Kind.ITEMS, rows, NOW))


def refused(outcome: BulkOutcome) -> Sequence[tuple[int, str | None, str]]:
    return [(one.place, one.key, one.field) for one in outcome.rejected]


def test_rows_are_judged_one_by_one_and_named_by_place_id_and_field() -> None:
    checked = check_rows(Kind.ITEMS, [TEA, 7, {"title": "no id"}, {"item_id": "x", "hidden": "perhaps"}], NOW)
    assert checked.good["item_id"].to_list() == ["tea"]
    outcome = checked.outcome(None)
    assert refused(outcome) == [(1, None, "*"), (2, None, "item_id"), (3, "x", "hidden")]
    assert outcome.rejected[0].reason == NO_OBJECT


@pytest.mark.parametrize("rows", [[], [{}], [{"title": "x"}], ["x"]])
def test_rows_without_any_id_are_all_refused(rows: list[Any]) -> None:
    checked = check_rows(Kind.ITEMS, rows, NOW)
    assert not len(checked.good)
    assert len(checked.outcome(None).rejected) == len(rows)


def test_put_replaces_an_item_as_a_whole(migrated: None) -> None:
    assert put(TEA).written == WriteCounts(added=1)
    assert put(TEA).written == WriteCounts(unchanged=1)
    assert put({"item_id": "tea", "title": "Tea"}).written == WriteCounts(updated=1)
    assert table("items", "item_id", "title", "price", "attributes") == [("tea", "Tea", None, {})]


def test_patch_changes_what_is_said_and_empties_what_is_null(migrated: None) -> None:
    put(TEA)
    assert patch({"item_id": "tea", "title": "Tea", "price": None}).written == WriteCounts(updated=1)
    assert table("items", "item_id", "title", "price", "attributes") == [("tea", "Tea", None, {"origin": "云南"})]
    outcome = patch({"item_id": "gone", "title": "x"})
    assert (refused(outcome), outcome.rejected[0].reason) == ([(0, "gone", "item_id")], UNKNOWN)
    assert patch().written == WriteCounts()


def test_a_null_beside_another_language_empties_no_text_of_the_item_s_own(migrated: None) -> None:
    put({**TEA, "language": "zh", "translations": {"en": {"title": "Tea"}}})
    outcome = patch({"item_id": "tea", "language": "en", "title": None})
    assert refused(outcome) == [(0, "tea", "title")]
    assert "translations" in outcome.rejected[0].reason
    assert table("items", "item_id", "title", "translations") == [("tea", "茶", {"en": {"title": "Tea"}})]
    assert patch({"item_id": "tea", "translations": {"en": None}}).written == WriteCounts(updated=1)
    assert table("items", "item_id", "title", "translations") == [("tea", "茶", {})]


def test_a_deleted_item_comes_back_by_put_alone(migrated: None) -> None:
    put(TEA)
    with session_scope() as session:
        item = session.get(Item, "tea")
        assert item is not None
        item.retired = True
    assert patch({"item_id": "tea", "title": "x"}).rejected[0].reason == DELETED
    assert put(TEA).written.updated == 1
    assert table("items", "item_id", "retired") == [("tea", False)]


def test_an_erased_shopper_is_not_made_again(migrated: None) -> None:
    with session_scope() as session:
        request_erasure(session, "gone", NOW, "shop")
    rows = [{"user_id": "gone", "attributes": {}}, {"user_id": "安", "attributes": {"城": "上海"}}]
    with get_engine().begin() as connection:
        outcome = put_users(connection, check_rows(Kind.USERS, rows, NOW))
    assert (refused(outcome), outcome.rejected[0].reason) == ([(0, "gone", "user_id")], ERASED)
    assert table("users", "user_id", "attributes") == [("安", {"城": "上海"})]


def test_rows_that_a_format_has_read_have_only_fields_of_ours() -> None:
    rows = [{"event_id": "e", "user_id": "u", "item_id": "i", "time": "2026-01-01", "line": 4, "value": "3"}]
    checked = check_read_rows(Kind.EVENTS, rows, NOW, "purchase")
    assert checked.good.select("event_type", "value").rows() == [("purchase", 3.0)]
    bad = check_read_rows(Kind.EVENTS, [rows[0] | {"time": "someday"}], NOW, "purchase")
    assert refused(bad.outcome(None)) == [(0, "e", "time")]
    assert check_read_rows(Kind.EVENTS, [], NOW, "purchase").outcome(None).rejected == []
