"""Frames into tables in bulk, on both databases: new rows, changed ones, and those that say the same."""

from datetime import UTC, datetime

import polars as pl
import pytest
from sqlalchemy import Connection, select

from recommender.db.engine import get_engine
from recommender.db.tables import Base
from recommender.importing.storing.staging import (
    WriteCounts,
    columns_of,
    differing,
    insert_new,
    stage,
    upsert,
    upsert_newer,
)
from recommender.settings import Settings

USERS, CONSENTS = Base.metadata.tables["users"], Base.metadata.tables["consents"]
NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)


def frame(*rows: tuple[str, str, bool]) -> pl.DataFrame:
    """Of (shopper, attributes, consent)."""
    made = pl.DataFrame(rows, schema=["user_id", "attributes", "consent"], orient="row")
    return made.with_columns(created_at=pl.lit(NOON), line=pl.int_range(1, len(rows) + 1), unknown=pl.lit("x"))


def users(connection: Connection) -> dict[str, object]:
    return {row.user_id: row.attributes for row in connection.execute(select(USERS.c.user_id, USERS.c.attributes))}


FIRST = frame(("a", '{"城": "上海, \\"x\\""}', True), ("b", "{}", True))


def test_rows_are_new_changed_or_the_same(database: Settings) -> None:
    with get_engine().begin() as connection:
        assert upsert(connection, USERS, stage(connection, USERS, FIRST)) == WriteCounts(2, 0, 0)
        assert upsert(connection, USERS, stage(connection, USERS, FIRST)) == WriteCounts(0, 0, 2)
        second = frame(("b", '{"n": 1}', True), ("c", "{}", False))
        assert upsert(connection, USERS, stage(connection, USERS, second)) == WriteCounts(1, 1, 0)
        assert users(connection) == {"a": {"城": '上海, "x"'}, "b": {"n": 1}, "c": {}}
        moments = set(connection.scalars(select(USERS.c.created_at)))
    assert moments == {NOON}, "to the microsecond"


def test_a_column_that_is_only_touched_is_no_change(database: Settings) -> None:
    later = FIRST.with_columns(created_at=pl.lit(NOON.replace(day=2)))
    with get_engine().begin() as connection:
        upsert(connection, USERS, stage(connection, USERS, FIRST))
        same = upsert(connection, USERS, stage(connection, USERS, later), touched="created_at")
        assert same == WriteCounts(0, 0, 2)
        assert upsert(connection, USERS, stage(connection, USERS, later)) == WriteCounts(0, 2, 0)


def test_only_rows_whose_key_is_new_are_inserted_and_others_are_told_by_their_lines(database: Settings) -> None:
    with get_engine().begin() as connection:
        upsert(connection, USERS, stage(connection, USERS, FIRST))
        staged = stage(connection, USERS, frame(("a", "{}", True), ("b", "{}", True), ("c", "{}", True)))
        same = staged.c.user_id == USERS.c.user_id
        assert differing(connection, USERS, staged, same, ["attributes", "consent"]) == [1]
        assert insert_new(connection, USERS, select(*columns_of(USERS, staged))) == 1
        assert users(connection)["a"] == {"城": '上海, "x"'}


def test_a_newer_word_takes_the_place_of_an_older_one(database: Settings) -> None:
    def said(given: bool, day: int) -> pl.DataFrame:
        return pl.DataFrame({"user_id": ["a"], "purpose": ["marketing"], "given": [given], "line": [1]}).with_columns(
            time=pl.lit(NOON.replace(day=day))
        )

    with get_engine().begin() as connection:
        for given, day, kept in ((True, 5, True), (False, 4, True), (False, 6, False)):
            upsert_newer(connection, CONSENTS, stage(connection, CONSENTS, said(given, day)), "time")
            assert list(connection.scalars(select(CONSENTS.c.given))) == [kept]


def test_nothing_staged_is_nothing_written(database: Settings) -> None:
    with get_engine().begin() as connection:
        stage(connection, USERS, FIRST)
        staged = stage(connection, USERS, FIRST.clear())  # what was staged before is gone
        assert upsert(connection, USERS, staged) == WriteCounts()


@pytest.mark.parametrize("other", [WriteCounts(), WriteCounts(1, 2, 3)])
def test_counts_are_added_up(other: WriteCounts) -> None:
    assert WriteCounts(1, 1, 1) + other == WriteCounts(1 + other.added, 1 + other.updated, 1 + other.unchanged)
