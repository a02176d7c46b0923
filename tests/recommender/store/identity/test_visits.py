"""Whose a visit was at each moment: claims in order of time, erased ones, and what is asked of many visits."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Visit
from recommender.store.identity import visits as module
from recommender.store.identity.visits import (
    Claim,
    ErasedVisit,
    Visits,
    forget_claims,
    is_any_claimed,
    name_events,
    visit_digest,
    visits_of,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(hour: float) -> datetime:
    return NOW + hour * HOUR


def shared() -> Visits:
    """Ann signs in at 1, Bob at 3."""
    return Visits({"v": [Claim(at(1), "ann"), Claim(at(3), "bob")]})


@pytest.mark.parametrize(
    ("hour", "owner"), [(-9, "ann"), (0, "ann"), (1, "ann"), (2.9, "ann"), (3, "bob"), (99, "bob")]
)
def test_a_visit_is_whose_who_signed_in_last_and_before_that_the_first_ones(hour: float, owner: str) -> None:
    assert shared().owner("v", at(hour)) == owner
    assert shared().was_of(SimpleNamespace(session_id="v", time=at(hour)), owner)
    assert not shared().was_of(SimpleNamespace(session_id="v", time=at(hour)), "eve")


def test_nobodys_visit_has_no_owner() -> None:
    assert shared().owner("w", NOW) is shared().owner(None, NOW) is None
    assert shared().claimers("v") == {"ann", "bob"}
    assert shared().claimers(None) == set()


def test_an_erased_shoppers_time_is_nobodys_to_take() -> None:
    visits = Visits({"v": [Claim(at(1), None), Claim(at(3), "bob")]})
    for hour in (0, 2):
        with pytest.raises(ErasedVisit):
            visits.owner("v", at(hour))
        assert not visits.was_of(SimpleNamespace(session_id="v", time=at(hour)), "ann")
    assert visits.owner("v", at(3)) == "bob"
    assert visits.claimers("v") == {"bob"}


def test_a_claim_is_kept_once_and_in_order(session: Session) -> None:
    visits = Visits()
    assert visits.claim(session, "v", "ann", at(3))
    assert not visits.claim(session, "v", "ann", at(4)), "it is hers already"
    assert visits.claim(session, "v", "bob", at(5))
    assert visits.claim(session, "v", "ann", at(6)), "back again"
    assert visits.claim(session, "v", "cat", at(1)), "heard of late"
    session.flush()
    read = Visits.read(session, ["v", None, "w"])
    assert read.claims == visits.claims
    assert [(one.user_id, one.since) for one in read.claims["v"]] == [
        ("cat", at(1)), ("ann", at(3)), ("bob", at(5)), ("ann", at(6)),
    ]  # fmt: skip


def test_of_two_claims_at_one_moment_the_later_to_come_counts(session: Session) -> None:
    visits = Visits()
    visits.claim(session, "v", "ann", NOW)
    visits.claim(session, "v", "bob", NOW)
    session.flush()
    assert visits.owner("v", NOW) == Visits.read(session, ["v"]).owner("v", NOW) == "bob"


def test_more_claims_are_added_to_a_copy() -> None:
    visits = shared()
    more = visits.with_claims([("v", "cat", at(2)), ("w", "dan", at(0))])
    assert [more.owner("v", at(hour)) for hour in (1, 2, 3)] == ["ann", "cat", "bob"]
    assert more.owner("w", NOW) == "dan"
    assert visits.claims == shared().claims


def test_an_erased_shopper_leaves_a_digest_of_the_visit(session: Session) -> None:
    assert not is_any_claimed(session)
    visits = Visits()
    for visit, user in (("v", "ann"), ("v", "bob"), ("w", "ann"), ("x", "bob")):
        visits.claim(session, visit, user, at(len(visits.claims)))
    session.flush()
    assert is_any_claimed(session)
    assert set(visits_of(session, ["ann"]).claims) == {"v", "w"}
    assert visits_of(session, ["ann"]).claimers("v") == {"ann", "bob"}
    assert forget_claims(session, "ann") == 2
    assert set(session.scalars(select(Visit.session_id))) == {visit_digest("v"), "v", visit_digest("w"), "x"}
    assert visits_of(session, ["ann"]).claims == {}
    left = Visits.read(session, ["v", "w"])
    with pytest.raises(ErasedVisit):
        left.owner("w", at(9))
    assert left.owner("v", at(9)) == "bob"
    assert forget_claims(session, "ann") == 0


def test_many_visits_are_read_in_parts(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDS_A_QUERY", 2)
    visits = Visits()
    for place in range(5):
        visits.claim(session, f"v{place}", f"u{place}", NOW)
    session.flush()
    assert Visits.read(session, (f"v{place}" for place in range(5))).claims == visits.claims
    assert set(visits_of(session, [f"u{place}" for place in range(5)]).claims) == set(visits.claims)


def test_events_without_a_name_get_the_owner_of_their_moment() -> None:
    plain = {"session_id": "v", "user_id": None, "event_id": "e", "time": at(2)}
    rows = [
        plain, plain | {"time": at(4)}, plain | {"time": None}, plain | {"user_id": "eve"}, plain | {"session_id": "w"},
        plain | {"event_id": "again", "time": at(4)},
    ]  # fmt: skip
    named = list(name_events(rows, shared(), {("v", "again"): "ann"}, now=at(5)))
    assert [one["user_id"] for one in named] == ["ann", "bob", "bob", "eve", None, "ann"]
    assert all(row["user_id"] in (None, "eve") for row in rows), "what came in is left as it was"
