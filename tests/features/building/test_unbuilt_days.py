"""Which days of an interval have events whose features were never built."""

from features.building.event_log import export_events
from features.building.unbuilt_days import unbuilt_days
from recommender.db.engine import session_scope
from recommender.settings import Settings
from recommender.store.consent import PERSONALISATION, record_consent
from tests.support.shops.behaviour_log import LOG_FROM, add, at, day, event


def test_days_with_events_are_unbuilt_until_they_are_built(database: Settings) -> None:
    add([event("1", "u", at(1.5)), event("2", "u", at(3.5))])
    assert unbuilt_days(at(0), at(5)) == [day(1), day(3)]
    with session_scope() as session:
        export_events(session, [day(1)])
    assert unbuilt_days(at(0), at(5)) == [day(3)]


def test_only_days_that_the_interval_touches_count(database: Settings) -> None:
    add([event("1", "u", at(1.5)), event("2", "u", at(3.5))])
    assert unbuilt_days(at(1.9), at(3)) == [day(1)]


def test_a_day_of_shoppers_who_refuse_needs_no_build(database: Settings) -> None:
    add([event("1", "shy", at(1.5))])
    with session_scope() as session:
        record_consent(session, "shy", PERSONALISATION, False, LOG_FROM)
    assert unbuilt_days(at(0), at(5)) == []
