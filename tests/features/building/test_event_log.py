"""The log that is copied from the database: whole days, without who doesn't consent."""

from sqlalchemy import insert

from features.building.event_log import export_events, read_catalogue, scan_log
from features.partitions import existing_days, read_days
from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.settings import Settings
from recommender.store.consent import PERSONALISATION, record_consent
from tests.support.shops.behaviour_log import LOG_FROM, add, at, day, event


def export(*numbers: int) -> int:
    with session_scope() as session:
        return export_events(session, [day(number) for number in numbers])


def test_days_are_copied_whole_and_in_order_of_time(database: Settings) -> None:
    add([event("late", "u", at(1.9)), event("early", "u", at(1.1)), event("other day", "u", at(2.5))])
    assert export(1) == 2
    assert existing_days("events") == [day(1)]
    assert read_days("events", day(1), day(2))["event_id"].to_list() == ["early", "late"]


def test_a_day_that_emptied_loses_its_partition(home: Settings, database: Settings) -> None:
    add([event("1", "u", at(1.1))])
    export(1)
    with session_scope() as session:
        record_consent(session, "u", PERSONALISATION, False, LOG_FROM)
    assert export(1) == 0
    assert existing_days("events") == []


def test_events_of_nobody_are_kept_beside_those_of_who_refuses(database: Settings) -> None:
    add([event("1", "shy", at(1.1)), {**event("2", "", at(1.2)), "user_id": None}, event("3", "u", at(1.3))])
    with session_scope() as session:
        record_consent(session, "shy", PERSONALISATION, False, LOG_FROM)
    assert export(1) == 2
    assert read_days("events", day(1), day(2))["event_id"].to_list() == ["2", "3"]


def test_a_log_is_read_in_parts_that_together_hold_it(database: Settings) -> None:
    add([event(str(number), "u", at(number + 0.5)) for number in range(20)])
    export(*range(20))
    parts = [part.collect() for part in scan_log([day(number) for number in range(20)])]
    assert len(parts) == 2
    assert sum(len(part) for part in parts) == 20
    assert scan_log([])[0].collect().is_empty()


def test_a_catalogue_has_the_narrowest_category_and_no_empty_brand(database: Settings) -> None:
    plain = {"title": "t", "content_hash": "", "updated_at": LOG_FROM, "attributes": {}}
    rows = [
        {"item_id": "a", "categories": ["Shop", "Tea"], "brand": "Lark", **plain},
        {"item_id": "b", "categories": [], "brand": "", **plain},
    ]
    with session_scope() as session:
        session.execute(insert(Item), rows)
        assert sorted(read_catalogue(session).rows()) == [("a", "Lark", "Tea"), ("b", None, None)]
