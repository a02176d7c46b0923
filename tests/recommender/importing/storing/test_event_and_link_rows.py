"""Good rows of events and links into the shop's tables."""

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl
import pytest

from recommender.db.engine import get_engine
from recommender.importing.storing.event_and_link_rows import (
    OTHER_CONTENT,
    UNKNOWN_ITEM,
    Outcome,
    first_of_each,
    write_events,
    write_links,
)
from recommender.importing.storing.staging import WriteCounts
from tests.support.shops.files import table
from tests.support.shops.shop import fill_shop

NOON = datetime(2026, 5, 9, 12, tzinfo=UTC)
STRINGS = ("event_id", "user_id", "session_id", "item_id", "event_type", "text", "recommendation_id")


@pytest.fixture(autouse=True)
def _shop(migrated: None) -> None:
    fill_shop()


def events(*rows: Mapping[str, object]) -> pl.DataFrame:
    schema = {**dict.fromkeys(STRINGS, pl.String), "value": pl.Float64, "quantity": pl.Float64}
    base = {"user_id": "u1", "item_id": "tea-1", "event_type": "view"}
    frame = pl.DataFrame([dict.fromkeys(schema) | base | dict(row) for row in rows], schema=schema)
    return frame.with_columns(time=pl.lit(NOON).cast(pl.Datetime("us", "UTC")), line=pl.int_range(1, len(rows) + 1))


def wrote(frame: pl.DataFrame, stub_items: bool = False) -> Outcome:
    with get_engine().begin() as connection:
        return write_events(connection, frame, stub_items)


def problems(outcome: Outcome) -> list[tuple[int, str, str]]:
    return outcome.rejects.select("line", "field", "reason").rows()


def test_an_event_is_kept_once_and_an_id_with_other_content_is_rejected() -> None:
    frame = events({"event_id": "n1"}, {"event_id": "n1"}, {"event_id": "n1", "item_id": "tea-2"})
    outcome = wrote(frame)
    assert outcome.written == WriteCounts(added=1, unchanged=1)
    assert problems(outcome) == [(3, "event_id", OTHER_CONTENT)]
    again = wrote(events({"event_id": "n1"}, {"event_id": "n1", "user_id": "u2"}))
    assert again.written == WriteCounts(added=1, unchanged=1)  # another shopper's id of the same name
    assert problems(wrote(events({"event_id": "n1", "value": 2.0}))) == [(1, "event_id", OTHER_CONTENT)]


def test_an_unknown_item_is_rejected_or_stubbed_and_an_unknown_shopper_made() -> None:
    row = {"event_id": "n1", "item_id": "未知", "user_id": "新客"}
    assert problems(wrote(events(row, {"event_id": "n2"}))) == [(1, "item_id", UNKNOWN_ITEM)]
    assert "新客" not in {user for (user,) in table("users", "user_id")}
    assert wrote(events(row), stub_items=True).written == WriteCounts(added=1)
    assert ("未知", "未知", True) in table("items", "item_id", "title", "stub")
    assert "新客" in {user for (user,) in table("users", "user_id")}


def test_a_review_without_stars_gets_those_of_its_words() -> None:
    wrote(
        events(
            {"event_id": "good", "event_type": "review", "text": "Excellent, I love it, perfect"},
            {"event_id": "bad", "event_type": "review", "text": "Terrible, broken, awful waste of money"},
            {"event_id": "said", "event_type": "review", "text": "Terrible", "value": 5.0},
        )
    )
    stars = {event: value for event, value in table("events", "event_id", "value") if event in ("good", "bad", "said")}
    assert stars["bad"] < 3 < stars["good"]
    assert stars["said"] == 5.0


def test_the_latest_word_on_a_link_counts_and_its_shoppers_are_made() -> None:
    rows = [("u1", "友", "trust", 0.2), ("u1", "友", "trust", 0.9), ("u1", "友", "follow", 1.0)]
    frame = pl.DataFrame(rows, schema=["source_user_id", "target_user_id", "kind", "weight"], orient="row")
    with get_engine().begin() as connection:
        outcome = write_links(connection, frame.with_columns(line=pl.int_range(1, 4)))
    assert outcome.written == WriteCounts(added=2, unchanged=1)
    assert table("user_links", "kind", "weight") == [("follow", 1.0), ("trust", 0.9)]
    assert "友" in {user for (user,) in table("users", "user_id")}


def test_the_first_row_of_each_id_is_told_from_repeats_and_clashes() -> None:
    frame = pl.DataFrame({"id": ["a", "b", "a", "a"], "says": ["x", None, "x", "y"], "line": [1, 2, 3, 4]})
    found = first_of_each(frame, "id")
    assert (found.rows["line"].to_list(), found.repeats, found.clashes) == ([1, 2], 1, [4])
    assert first_of_each(frame.clear(), "id").clashes == []
