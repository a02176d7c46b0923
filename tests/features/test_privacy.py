"""What every store holds of a shopper, and that it goes: beneath the service."""

from datetime import UTC, datetime, timedelta

import pytest

from features.online import read_profile
from features.partitions import Busy, only_one, read_days
from features.privacy import (
    EVENTS,
    erase,
    export,
    finish_erasures,
    forget_event_offline,
    forget_offline,
    is_anybody,
)
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Erasure
from recommender.privacy.erasure import STRAGGLERS, digest
from recommender.settings import Settings
from tests.support.shops.behaviour_log import at, day

NOW = datetime.now(UTC)


def logged(user: str) -> list[str]:
    events = read_days(EVENTS, day(0), day(9))
    return sorted(one for one, owner in events.select("event_id", "user_id").rows() if owner == user)


def test_an_export_names_every_store(two_shoppers: Settings) -> None:
    found = export(get_engine(), "u", NOW, "test")
    assert [one["event_id"] for one in found["offline"]["events"]] == ["u1", "u2"]
    assert len(found["database"]["events"]) == 2
    assert found["online"]["user_profile"]["user_id"] == "u"
    assert len(found["offline"]["user_profile"]) == 1


def test_nobody_is_in_no_store(two_shoppers: Settings) -> None:
    assert is_anybody(get_engine(), "u")
    assert not is_anybody(get_engine(), "nobody")
    assert export(get_engine(), "nobody", NOW, "test")["online"]["user_profile"] is None


def test_views_forget_the_shoppers_that_are_named(two_shoppers: Settings) -> None:
    behaviour = read_days("user_behaviour", day(0), day(9))["user_id"].to_list()
    assert forget_offline(["u"]) == {"events": 2, "user_behaviour": behaviour.count("u"), "user_profile": 1}
    assert (logged("u"), logged("v")) == ([], ["v1"])
    assert forget_offline(["u"]) == {}


def test_one_event_is_forgotten_with_the_behaviour_since(two_shoppers: Settings) -> None:
    forget_event_offline("u", "u2", at(2.5))
    assert logged("u") == ["u1"]
    behaviour = read_days("user_behaviour", day(0), day(9))
    assert all(stamp <= at(2.5) for user, stamp in behaviour.select("user_id", "event_timestamp").rows() if user == "u")


def test_an_erasure_is_done_when_stragglers_have_ended(two_shoppers: Settings) -> None:
    assert not erase(get_engine(), "u", NOW, "test")
    assert logged("u") == []
    assert read_profile("u") is None
    assert read_profile("v") is not None
    assert finish_erasures(get_engine(), NOW) == [], "it is too early"
    assert finish_erasures(get_engine(), NOW + 2 * STRAGGLERS) == ["u"]
    with session_scope() as session:
        assert session.get_one(Erasure, digest("u")).done_at is not None


def test_erasing_waits_for_no_build(two_shoppers: Settings) -> None:
    with only_one("build"), pytest.raises(Busy):
        erase(get_engine(), "u", NOW, "test")
    with session_scope() as session:
        assert session.get_one(Erasure, digest("u")).done_at is None, "it is wanted, and will be done"
    finish_erasures(get_engine(), NOW + timedelta(seconds=1))
    assert logged("u") == []
