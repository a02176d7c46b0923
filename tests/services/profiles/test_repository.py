"""Whose profile it is and where it comes from: memory, the online store, or the history in the database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from recommender.db.engine import get_engine, session_scope, writing
from recommender.models.bundle import ModelBundle
from services.container import Shop
from services.core.circuit_breaker import Away
from services.profiles.recent_cache import mark_of
from services.profiles.repository import JUST_AFTER, newest_version, next_profile, next_profiles, session_history
from services.schemas.events import NewEvent
from services.state.preferences import Control

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)


def bundle(shop: Shop) -> ModelBundle:
    return shop.models.needed().bundle


def take(shop: Shop, event_id: str, now: datetime = NOW, **who: Any) -> None:
    event = {"event_id": event_id, "item_id": "tea-1", "event_type": "view", **who}
    shop.intake.take([NewEvent.model_validate(event)], now)


def test_who_was_never_asked_about_is_read_from_the_history(module_shop: Shop) -> None:
    shoppers, degraded = module_shop.answers.shoppers, set[str]()
    assert shoppers.mark("u1") is None
    profile = shoppers.profile(bundle(module_shop), "u1", NOW, degraded)
    assert profile is not None
    assert (profile.version, profile.as_of, degraded) == (0, NOW + JUST_AFTER, set())
    assert len(profile.history)
    assert shoppers.profile(bundle(module_shop), "nobody knows", NOW, degraded) is None


def test_after_an_event_memory_and_online_store_hold_the_same_profile(module_shop: Shop) -> None:
    take(module_shop, "online", user_id="online")
    shoppers = module_shop.answers.shoppers
    mark = shoppers.mark("online")
    assert mark is not None
    kept = shoppers.profile(bundle(module_shop), "online", NOW, set(), mark)
    shoppers.just_built.forget("online")
    read = shoppers.profile(bundle(module_shop), "online", NOW, set(), mark)
    assert kept is not None
    assert read is not None
    assert kept is not read
    assert mark_of(kept) == mark_of(read) == mark
    assert kept.history.event_ids.tolist() == read.history.event_ids.tolist() == ["online"]


def test_what_did_not_reach_the_online_store_is_not_read_there(module_shop: Shop) -> None:
    take(module_shop, "stale", user_id="stale")
    shoppers, degraded = module_shop.answers.shoppers, set[str]()
    shoppers.stale.add("stale")
    assert shoppers.mark("stale") is None
    profile = shoppers.profile(bundle(module_shop), "stale", NOW, degraded)
    assert profile is not None
    assert (profile.version, degraded) == (1, {"online_store"})
    assert shoppers.push([profile])
    assert "stale" not in shoppers.stale


def test_of_who_wants_no_profile_there_is_none(module_shop: Shop) -> None:
    take(module_shop, "refuses", user_id="refuses")
    shoppers = module_shop.answers.shoppers
    shoppers.controls._controls["refuses"] = Control(personalised=False)
    assert shoppers.profile(bundle(module_shop), "refuses", NOW, set()) is None
    del shoppers.controls._controls["refuses"]
    assert shoppers.profile(bundle(module_shop), "refuses", NOW, set()) is not None


def test_a_visit_has_a_profile_of_what_it_did_for_who_is_in_it(module_shop: Shop) -> None:
    shoppers = module_shop.answers.shoppers
    assert shoppers.session_profile(bundle(module_shop), "visit", NOW, set()) is None
    take(module_shop, "v1", session_id="visit")
    found = shoppers.session_profile(bundle(module_shop), "visit", NOW, set())
    assert found is not None
    assert (found.user_id, found.version, found.history.event_ids.tolist()) == ("", 0, ["v1"])
    take(module_shop, "v2", session_id="visit", user_id="visitor")
    with session_scope() as session:
        assert session_history(session, "visit", "visitor").event_ids.tolist() == ["v1", "v2"]
        assert len(session_history(session, "visit", None)) == 0
        assert newest_version(session, "visitor") == 1


def test_a_version_is_later_than_the_one_before_it_whichever_change_began_first(module_shop: Shop) -> None:
    take(module_shop, "first", user_id="versions")
    with writing(get_engine()) as session:
        following = next_profile(session, bundle(module_shop), "versions", NOW - timedelta(hours=1))
        both = next_profiles(session, bundle(module_shop), ["versions", "brand new"], NOW + timedelta(hours=1))
    assert following.version == 2
    assert following.as_of > NOW + JUST_AFTER
    assert {profile.user_id: profile.version for profile in both} == {"versions": 2, "brand new": 1}
    assert {profile.as_of for profile in both} == {NOW + timedelta(hours=1) + JUST_AFTER}


def test_while_the_database_is_away_who_is_not_online_has_no_profile_and_the_answer_says_so(module_shop: Shop) -> None:
    shoppers, degraded = module_shop.answers.shoppers, set[str]()
    with pytest.raises(Away), shoppers.database.guard():
        raise OperationalError("select", {}, Exception("away"))
    assert shoppers.profile(bundle(module_shop), "u2", NOW, degraded) is None
    assert shoppers.session_profile(bundle(module_shop), "visit", NOW, degraded) is None
    assert degraded == {"database"}
    shoppers.database._closed_until = 0.0  # the pause is over
