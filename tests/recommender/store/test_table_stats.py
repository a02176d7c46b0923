"""What the commands say of the database: rejects by file, field and reason, and rows of tables."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from recommender.db.tables import Reject, User
from recommender.store.table_stats import (
    RejectCount,
    RejectFilter,
    clear_rejects,
    count_rejects,
    list_rejects,
    table_counts,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def rejected(session: Session) -> Session:
    """Five rejects of two files."""
    rows = [
        ("items.csv", 3, "price", "no number"), ("items.csv", 2, "price", "no number"),
        ("items.csv", 2, "title", "empty"),
        ("events_1%.csv", 9, "time", "no_time: 100%"), ("eventsX1.csv", 1, "price", "no number"),
    ]  # fmt: skip
    session.add_all(
        Reject(file=file, line=line, field=field, reason=reason, raw="", created_at=NOW)
        for file, line, field, reason in rows
    )
    session.flush()
    return session


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        (RejectFilter(), [1, 9, 2, 2, 3]), (RejectFilter(field="price"), [1, 2, 3]),
        (RejectFilter(file="items"), [2, 2, 3]),
        (RejectFilter(file="_1%"), [9]), (RejectFilter(reason="100%"), [9]), (RejectFilter(reason="%"), [9]),
        (RejectFilter(file="items", field="price", reason="number"), [2, 3]), (RejectFilter(field="pric"), []),
        (RejectFilter(file="", field="", reason=""), [1, 9, 2, 2, 3]),
    ],
)  # fmt: skip
def test_rejects_are_chosen_by_parts_of_names_taken_as_they_are(
    rejected: Session, chosen: RejectFilter, lines: list[int]
) -> None:
    found = list_rejects(rejected, chosen, 10)
    assert sorted(one.line for one in found) == sorted(lines)
    assert [(one.file, one.line, one.field) for one in found] == sorted(
        (one.file, one.line, one.field) for one in found
    )
    assert len(list_rejects(rejected, chosen, 1)) == min(1, len(lines))
    assert sum(one.rows for one in count_rejects(rejected, chosen)) == len(lines)
    assert clear_rejects(rejected, chosen) == len(lines)
    assert list_rejects(rejected, chosen, 10) == []
    assert len(list_rejects(rejected, RejectFilter(), 10)) == 5 - len(lines)


def test_the_most_frequent_reason_comes_first(rejected: Session) -> None:
    counts = count_rejects(rejected, RejectFilter(file="items"))
    assert counts == [RejectCount("items.csv", "price", "no number", 2), RejectCount("items.csv", "title", "empty", 1)]


def test_rows_of_every_table_are_counted(rejected: Session) -> None:
    rejected.add(User(user_id="ann"))
    rejected.flush()
    counts = table_counts(rejected)
    assert (counts["rejects"], counts["users"], counts["events"]) == (5, 1, 0)
    assert list(counts) == sorted(counts)
