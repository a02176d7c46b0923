"""A claimed visit: what it did and was shown gets its shopper's name, in the time that was theirs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Event, ImpressionEvidence, Recommendation
from recommender.store.consent import PERSONALISATION, record_consent
from recommender.store.identity.visit_claims import Visitors, claim_visit, first_owners, name_visitors
from recommender.store.identity.visits import ErasedVisit, Visits, forget_claims

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def at(hour: float) -> datetime:
    return NOW + timedelta(hours=hour)


def event(event_id: str, hour: float, visit: str = "v", user: str | None = None, item: str = "tea") -> Event:
    return Event(
        event_id=event_id,
        user_id=user,
        session_id=visit,
        event_type="view",
        item_id=item,
        time=at(hour),
        confirmed=True,
    )


def shown(name: str, hour: float, visit: str = "v") -> list[Recommendation | ImpressionEvidence]:
    answer = Recommendation(
        recommendation_id=name, session_id=visit, scenario="home", model_version="m", items=[], time=at(hour)
    )
    why = ImpressionEvidence(evidence_id=name, session_id=visit, language="en", items=[], size=1, time=at(hour))
    return [answer, why]


def claims(session: Session, *pairs: tuple[str, str, float]) -> Visits:
    visits = Visits()
    for visit, user, hour in pairs:
        visits.claim(session, visit, user, at(hour))
    session.flush()
    return visits


def owners(session: Session) -> dict[str, str | None]:
    return {one.event_id: one.user_id for one in session.scalars(select(Event))}


def test_on_a_shared_device_each_gets_their_own_time(session: Session) -> None:
    session.add_all([event("before", 0), event("first", 1), event("second", 4), event("other", 1, "w")])
    session.add_all([*shown("early", 0), *shown("late", 4), *shown("elsewhere", 4, "w")])
    visits = claims(session, ("v", "ann", 1), ("v", "bob", 3))
    assert claim_visit(session, visits, "v", "ann") == 2
    assert claim_visit(session, visits, "v", "bob") == 1
    assert owners(session) == {"before": "ann", "first": "ann", "second": "bob", "other": None}
    answers = {one.recommendation_id: one.user_id for one in session.scalars(select(Recommendation))}
    reasons = {one.evidence_id: one.user_id for one in session.scalars(select(ImpressionEvidence))}
    assert answers == reasons == {"early": "ann", "late": "bob", "elsewhere": None}


def test_what_the_shopper_has_under_that_id_already_is_dropped_or_gets_an_id_of_its_own(session: Session) -> None:
    session.add_all([event("same", 1, user="ann"), event("clash", 1, user="ann", item="cup")])
    session.add_all([event("same", 1), event("clash", 1)])
    visits = claims(session, ("v", "ann", 0))
    assert claim_visit(session, visits, "v", "ann") == 1
    found = owners(session)
    assert set(found.values()) == {"ann"}
    assert len(found) == 3
    assert len([name for name in found if name.startswith("clash~")]) == 1


def test_of_a_shared_visit_a_repeat_stays_with_who_did_it_first(session: Session) -> None:
    session.add_all([event("e1", 1, user="ann"), event("e1", 4, "w", user="bob"), event("e2", 4, user="eve")])
    visits = claims(session, ("v", "ann", 1), ("v", "bob", 3), ("w", "bob", 0))
    rows = [
        {"session_id": visit, "event_id": name, "user_id": None}
        for visit, name in (("v", "e1"), ("v", "e2"), ("w", "e1"))
    ]
    assert first_owners(session, rows, visits) == {("v", "e1"): "ann"}
    assert first_owners(session, [rows[2]], visits) == {}


def test_imported_events_get_the_names_of_their_visits_and_erased_ones_are_left_out(session: Session) -> None:
    claims(session, ("v", "ann", 1), ("gone", "dan", 0))
    forget_claims(session, "dan")
    rows: list[dict[str, Any]] = [
        {"line": line, "session_id": visit, "event_id": f"e{line}", "user_id": user, "time": at(2)}
        for line, (visit, user) in enumerate((("v", None), ("v", "eve"), ("gone", None), ("w", None), (None, "bob")))
    ]
    frame = pl.DataFrame(rows, schema_overrides={"session_id": pl.String, "user_id": pl.String})
    named = name_visitors(session.connection(), frame)
    assert named.select("line", "user_id").rows() == [(0, "ann"), (1, "eve"), (3, None), (4, "bob")]
    assert named.columns == frame.columns


def test_without_a_claim_imported_events_stay_as_they_are(session: Session) -> None:
    frame = pl.DataFrame({"line": [1], "session_id": ["v"], "event_id": ["e"], "user_id": ["ann"], "time": [NOW]})
    assert name_visitors(session.connection(), frame) is frame
    claims(session, ("w", "bob", 0))
    assert name_visitors(session.connection(), frame.with_columns(user_id=pl.lit(None, pl.String)))[
        "user_id"
    ].to_list() == [None]


def test_an_answer_to_a_visit_is_its_shoppers_unless_they_want_no_profile(session: Session) -> None:
    claims(session, ("v", "ann", 0), ("w", "bob", 0), ("gone", "dan", 0))
    record_consent(session, "bob", PERSONALISATION, False, NOW)
    forget_claims(session, "dan")
    session.flush()
    visitors = Visitors(session, ["v", "w", "x", "gone", None])
    assert visitors.named({"user_id": None, "session_id": "v"}, NOW) == {"user_id": "ann", "session_id": "v"}
    assert visitors.named({"user_id": None, "session_id": "w"}, NOW) == {"user_id": None, "session_id": None}
    for untouched in ({"user_id": "eve", "session_id": "v"}, {"user_id": None, "session_id": "x"}):
        assert visitors.named(untouched, NOW) == untouched
    with pytest.raises(ErasedVisit):
        visitors.named({"user_id": None, "session_id": "gone"}, NOW)
