"""Where the data begins and ends, as the events themselves say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from recommender.db.engine import session_scope
from recommender.settings import Settings
from recommender.store.intervals import day_end, day_start, recorded_stretch
from recommender.store.queries import add_events

NOON = datetime(2026, 3, 2, 12, 0, 0, 500_000, tzinfo=UTC)


def add(name: str, moment: datetime) -> None:
    with session_scope() as session:
        add_events(session, [{"event_id": name, "user_id": "a", "event_type": "view", "time": moment}])


def test_what_is_new_begins_at_its_earliest_event_and_ends_with_all_data(database: Settings) -> None:
    with session_scope() as session:
        assert recorded_stretch(session) is None
    add("first", NOON)
    add("second", NOON + timedelta(days=1))
    with session_scope() as session:
        whole = recorded_stretch(session)
    assert whole is not None
    assert (whole.start, whole.end) == (NOON, datetime(2026, 3, 3, 12, 0, 1, tzinfo=UTC))
    with session_scope() as session:
        assert recorded_stretch(session, whole.last_event_id) is None

    add("late", NOON - timedelta(days=30))
    with session_scope() as session:
        late = recorded_stretch(session, whole.last_event_id)
    assert late is not None
    assert (late.start, late.end) == (NOON - timedelta(days=30), whole.end)


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1)))
def test_days_hold_every_moment_in_them(naive: datetime) -> None:
    moment = naive.replace(tzinfo=UTC)
    assert day_start(moment) <= moment <= day_end(moment)
    assert day_start(day_end(moment)) == day_end(moment)
    assert day_end(moment) - day_start(moment) <= timedelta(days=1)
