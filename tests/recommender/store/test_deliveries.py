"""What is due for a step of the loop, as the database says it: nothing is lost, whatever was heard of it meanwhile."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.settings import Settings
from recommender.store import deliveries
from recommender.store.deliveries import STEPS, announce, announce_events, due, finish, not_taken, take
from recommender.store.queries import add_events

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def add(name: str, moment: datetime) -> None:
    with session_scope() as session:
        add_events(session, [{"event_id": name, "user_id": "a", "event_type": "view", "time": moment}])


def announce_day(subject: str, number: int) -> int:
    with session_scope() as session:
        return announce(session, subject, NOON + number * DAY, NOON + (number + 1) * DAY, {"day": number})


@pytest.mark.parametrize("step", STEPS)
def test_a_run_takes_all_that_was_announced(database: Settings, step: str) -> None:
    for number in (3, 0, 1, 2, 4):
        last = announce_day(STEPS[step], number)
    for other in {*STEPS.values()} - {STEPS[step]}:
        announce_day(other, 9)
    with session_scope() as session:
        work = take(session, step)
    assert work is not None
    assert (work.start, work.end, work.number) == (NOON, NOON + 5 * DAY, last)
    assert [one["day"] for one in work.details] == [3, 0, 1, 2, 4]


def test_what_a_failed_run_had_taken_is_part_of_the_next_runs_work(database: Settings) -> None:
    announce_day("features", 0)
    with session_scope() as session:
        failed = take(session, "retrain")
        assert not_taken(session, "retrain") is None
    announce_day("features", 1)
    with session_scope() as session:
        waiting, work = not_taken(session, "retrain"), take(session, "retrain")
    assert failed is not None
    assert waiting is not None
    assert work is not None
    assert (waiting.start, work.start) == (NOON + DAY, NOON)
    with session_scope() as session:
        finish(session, "retrain", work.number)
        finish(session, "retrain", failed.number)  # a run that ended late takes nothing back
        assert due(session, "retrain") is None
    announce_day("features", 2)
    with session_scope() as session:
        again = due(session, "retrain")
    assert again is not None
    assert again.start == NOON + 2 * DAY


def test_only_what_has_waited_long_enough_is_told_again(database: Settings) -> None:
    before = datetime.now(UTC)
    announce_day("drift", 0)
    with session_scope() as session:
        assert not_taken(session, "refresh_profiles", before) is None
        assert not_taken(session, "refresh_profiles", datetime.now(UTC) + DAY) is not None


def test_events_are_announced_once_and_late_ones_with_their_own_day(database: Settings) -> None:
    assert announce_events() is None
    add("first", NOON)
    add("second", NOON + DAY)
    first = announce_events()
    assert first is not None
    assert (first.start, first.end) == (NOON, NOON + DAY + timedelta(seconds=1))
    assert announce_events() is None
    add("late", NOON - 30 * DAY)
    late = announce_events()
    assert late is not None
    assert (late.start, late.end) == (NOON - 30 * DAY, first.end)
    whole = announce_events(again=True)
    assert whole is not None
    assert whole.start == NOON - 30 * DAY


def test_an_event_that_inherits_the_id_of_a_deleted_one_is_announced(database: Settings) -> None:
    """SQLite gives ids anew when the newest rows were deleted, as an erasure does."""
    for number in range(4):
        add(f"kept {number}", NOON)
    announce_events()
    add("erased 1", NOON)
    add("erased 2", NOON)
    announce_events()
    with session_scope() as session:
        session.execute(delete(Event).where(Event.event_id.in_(["erased 1", "erased 2"])))
    add("late", NOON - 5 * DAY)
    add("new", NOON + DAY)
    add("newer", NOON + 2 * DAY)
    work = announce_events()
    assert work is not None
    assert work.start == NOON - 5 * DAY


def test_a_slow_import_that_began_earlier_is_not_passed_over(database: Settings) -> None:
    """On PostgreSQL its events have lower ids than those that were committed meanwhile."""
    if database.sqlalchemy_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    wrote, go_on = threading.Event(), threading.Event()

    def slow_import() -> None:
        with session_scope() as session:
            late = {"event_id": "slow", "user_id": "a", "event_type": "view", "time": NOON - 9 * DAY}
            add_events(session, [late])
            session.flush()
            wrote.set()
            go_on.wait(30)

    importing = threading.Thread(target=slow_import)
    importing.start()
    assert wrote.wait(30)
    add("quick", NOON)
    threading.Timer(0.5, go_on.set).start()
    work = announce_events()
    importing.join()
    assert work is not None
    assert work.start == NOON - 9 * DAY


def test_an_import_without_end_is_said(database: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    if database.sqlalchemy_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(deliveries, "WRITER_SECONDS", 0.2)
    add("before", NOON)
    with session_scope() as session:
        add_events(session, [{"event_id": "open", "user_id": "a", "event_type": "view", "time": NOON}])
        session.flush()
        with pytest.raises(TimeoutError, match="events: an import is still writing"):
            announce_events()
