"""Whose event an id names: shoppers and visits have ids of their own, and another event under one is told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Reject
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from recommender.store.identity.event_identity import KnownEvents, OtherContent, Verdict
from recommender.store.identity.visit_claims import claim_visit
from recommender.store.identity.visits import Visits
from recommender.store.queries import add_events
from tests.support.shops.files import write

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ITEMS = "item_id,title\ntea,Green tea\ncup,Cup\n"
HEAD = "event_id,user_id,session_id,item_id,event_type,value,time\n"


def row(user: str | None = "ann", session: str | None = None, **changes: Any) -> dict[str, Any]:
    plain = {"event_id": "1", "item_id": "tea", "event_type": "purchase", "value": 4.5, "quantity": 1.0, "text": None}
    own = {"user_id": user, "session_id": session, "time": NOW, "confirmed": True, "recommendation_id": None}
    return plain | own | changes


def stored() -> list[tuple[str, str | None, str | None, bool]]:
    with session_scope() as session:
        events = session.scalars(select(Event).order_by(Event.event_id, Event.user_id)).all()
        return [(one.event_id, one.user_id, one.item_id, one.confirmed) for one in events]


def test_one_id_of_two_shoppers_and_two_visits_is_four_events(database: Settings) -> None:
    rows = [row("ann"), row("bob"), row(None, "morning"), row(None, "evening")]
    with session_scope() as session:
        assert KnownEvents.read(session, rows).judge(rows) == [Verdict.NEW] * 4
        assert add_events(session, rows) == (4, 0)
        assert add_events(session, rows) == (0, 4)
        assert KnownEvents.read(session, rows).judge(rows) == [Verdict.KNOWN] * 4


@pytest.mark.parametrize(
    "changes",
    [
        {"item_id": "cup"},
        {"event_type": "view"},
        {"value": 4.6},
        {"value": None},
        {"quantity": 2.0},
        {"text": "words"},
        {"time": NOW - timedelta(days=1)},
    ],
)
def test_another_event_under_an_id_is_told(database: Settings, changes: dict[str, Any]) -> None:
    with session_scope() as session:
        add_events(session, [row()])
        known = KnownEvents.read(session, [row()])
        with pytest.raises(OtherContent):
            known.judge([row(event_id="2"), row(**changes)])
        assert known.judge([row(event_id="2")]) == [Verdict.NEW], "none of those that came with it is known"


def test_a_repeat_may_leave_out_the_time_or_be_stamped_on_arrival(database: Settings) -> None:
    again = [row(time=None), row(time=NOW + timedelta(seconds=20)), row(session="visit"), row(recommendation_id="r")]
    with session_scope() as session:
        add_events(session, [row()])
        assert KnownEvents.read(session, again).judge(again) == [Verdict.KNOWN] * 4


def test_the_words_of_a_review_are_the_same_without_the_stars_that_they_got(database: Settings) -> None:
    review = row(event_type="review", text="wonderful, I love it", value=None, quantity=None)
    with session_scope() as session:
        add_events(session, [review])
        assert KnownEvents.read(session, [review]).judge([review]) == [Verdict.KNOWN]


def test_a_visit_that_signs_in_keeps_what_it_did_under_ids_that_the_shopper_has_used(database: Settings) -> None:
    visit = [row(None, "v"), row(None, "v", event_id="2", item_id="cup"), row(None, "v", event_id="3")]
    with session_scope() as session:
        add_events(session, [row(), row(event_id="2"), row("bob", event_id="3"), *visit])
        visits = Visits()
        assert visits.claim(session, "v", "ann", NOW)
        assert claim_visit(session, visits, "v", "ann") == 2
        assert claim_visit(session, visits, "v", "ann") == 0
    found = [(user, item) for _, user, item, _ in stored()]
    assert sorted(found, key=str) == [("ann", "cup"), ("ann", "tea"), ("ann", "tea"), ("ann", "tea"), ("bob", "tea")]
    assert len({event_id for event_id, user, _, _ in stored() if user == "ann"}) == 4


def test_an_import_keeps_one_id_of_two_shoppers_and_rejects_another_event_under_it(
    database: Settings, tmp_path: Path
) -> None:
    lines = (
        "1,ann,,tea,purchase,4.5,2026-05-01\n"
        "1,bob,,cup,purchase,9,2026-05-01\n"
        "1,,v,cup,view,,2026-05-01\n"
        "1,ann,,cup,purchase,4.5,2026-05-01\n"
        "1,,v,tea,view,,2026-05-01\n"
    )
    folder = write(tmp_path, items__csv=ITEMS, interactions__csv=HEAD + lines)
    summary = run_folder(folder)
    assert (summary.added, summary.rejected) == (2 + 3, 2)
    later = "1,bob,,tea,purchase,9,2026-05-01\n1,,v,cup,view,,2026-05-01\n1,,v,cup,cart,,2026-05-01\n"
    again = run_folder(write(folder, interactions__csv=HEAD + later))
    assert (again.added, again.rejected) == (0, 2)
    assert [(user, item) for _, user, item, _ in stored()].count(("bob", "cup")) == 1
    with session_scope() as session:
        assert set(session.scalars(select(Reject.field))) == {"event_id"}


def test_an_import_says_for_the_shop_what_a_token_had_claimed(database: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path, items__csv=ITEMS)
    run_folder(folder)
    with session_scope() as session:
        add_events(session, [row(value=0.01, confirmed=False), row("bob", confirmed=False)])
    summary = run_folder(write(folder, interactions__csv=f"{HEAD}1,ann,,tea,purchase,4.5,2026-05-01\n"))
    assert (summary.added, summary.rejected) == (1, 0)
    assert stored() == [("1", "ann", "tea", True), ("1", "bob", "tea", False)]
