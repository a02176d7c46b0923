"""Events coming in are sifted: nothing of an erased shopper, nothing taken back, nothing without consent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import RemovedEvent, User
from recommender.privacy.erasure import request_erasure
from recommender.privacy.event_filter import ErasedShopper, Sieve, Sifted
from recommender.settings import Settings
from recommender.store.consent import MARKETING, PERSONALISATION, record_consent
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shoppers(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        session.add_all(User(user_id=name, attributes={}, consent=name != "shy") for name in ("open", "shy", "again"))
        session.flush()
        record_consent(session, "again", PERSONALISATION, False, NOW)
        record_consent(session, "open", MARKETING, False, NOW)  # another purpose
        record_consent(session, "new", PERSONALISATION, False, NOW)  # without a row of their own
        request_erasure(session, "gone", NOW, "shop")
        for event_id, confirmed in (("taken-back", True), ("claimed", False)):
            session.add(RemovedEvent(event_id=event_id, user_id="open", confirmed=confirmed, time=NOW, event_time=NOW))


def event(event_id: str, user: str | None, kind: str = "view", confirmed: bool = True) -> dict[str, Any]:
    return {"event_id": event_id, "user_id": user, "event_type": kind, "confirmed": confirmed}


def sift(*rows: dict[str, Any]) -> Sifted:
    with session_scope() as session:
        return Sieve.read(session, rows).sift(rows)


def ids(*rows: dict[str, Any]) -> list[str]:
    return [row["event_id"] for row in sift(*rows).rows]


def test_without_consent_only_what_the_shop_must_know_is_kept() -> None:
    rows = [event(f"{user}-{kind}", user, kind) for user in ("open", "shy") for kind in ("view", "purchase", "review")]
    sifted = sift(*rows)
    assert [row["event_id"] for row in sifted.rows] == [
        *("open-view", "open-purchase", "open-review"),
        *("shy-purchase", "shy-review"),
    ]
    assert (sifted.withheld, sifted.willing) == (1, ["open"])


def test_what_was_said_of_the_purpose_goes_before_the_shopper_s_row() -> None:
    for user in ("again", "new"):
        assert sift(event("e", user)) == Sifted([], 1, [])
    with session_scope() as session:
        record_consent(session, "shy", PERSONALISATION, True, NOW)
    assert sift(event("e", "shy")).willing == ["shy"]


def test_an_event_of_an_erased_shopper_is_named_by_its_place() -> None:
    with pytest.raises(ErasedShopper) as refused:
        sift(event("a", "open"), event("b", "gone"), event("c", "gone"))
    assert refused.value.place == 1
    with pytest.raises(ErasedShopper):
        sift(event("a", "gone"))


def test_what_was_taken_back_stays_out_and_a_claim_gives_way_to_the_shop_s_word() -> None:
    assert ids(event("taken-back", "open"), event("taken-back", "shy", "purchase")) == ["taken-back"]
    assert ids(event("taken-back", "open")) == []
    assert ids(event("claimed", "open", confirmed=True)) == ["claimed"]
    assert ids(event("claimed", "open", confirmed=False)) == []
    assert sift(event("taken-back", "open")).withheld == 0


def test_anonymous_events_and_unknown_shoppers_come_in() -> None:
    sifted = sift(event("a", None), event("b", "stranger"))
    assert (len(sifted.rows), sifted.willing) == (2, ["stranger"])
    assert sift(event("a", None)).willing == []
    assert sift() == Sifted([], 0, [])


def test_one_event_is_sifted_as_it_is_among_others() -> None:
    """A single event is asked for by another query than several."""
    rows = [event(f"{user}-{kind}", user, kind) for user in ("open", "shy", "again", "new", "stranger", "新客")
            for kind in ("view", "rating")]  # fmt: skip
    assert [one for row in rows for one in ids(row)] == ids(*rows)
    with session_scope() as session:
        assert Sieve.read(session, rows[:1]).known == {"open"}
        assert Sieve.read(session, rows).known == {"open", "shy", "again"}
