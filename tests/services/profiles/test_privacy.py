"""Shoppers govern what is kept of them: mutes, events taken back, consent, export and erasure, on both backends."""

import pytest
from sqlalchemy import func, select

from features.building.pipeline import build_features
from features.offline import read_view
from features.online import read_profile
from features.privacy import export
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Audit, Event, ProfileVersion, Reject, RemovedEvent
from services.container import Shop
from services.core.errors import Problem
from services.schemas.privacy import ConsentRequest, RemoveEventRequest, ShopperRequest
from tests.services.profiles.conftest import DAYS, NOW, consent, mute, profile, shown, take
from tests.support.shops.shop import SHOP_UNTIL, leaning
from training.profiles import refresh_profiles

# --- muting


def test_a_muted_category_or_brand_is_shown_no_more_until_it_is_wanted_again(shop: Shop) -> None:
    take(shop, "u1", "coffee-1", "first")
    before, version = shown(shop, "u1"), profile(shop, "u1").profile_version
    assert any(item.startswith("coffee-") for item in before)
    assert mute(shop, "u1", "category", "Coffee")
    assert not any(item.startswith("coffee-") for item in shown(shop, "u1", categories=["Shop"]))
    assert mute(shop, "u1", "brand", "Lark")
    lark = {f"{item.rsplit('-', 1)[0]}-{place}" for item in before for place in (0, 3, 6, 9)}
    assert lark.isdisjoint(shown(shop, "u1"))
    told = profile(shop, "u1")
    assert (told.muted_categories, told.muted_brands) == (["Coffee"], ["Lark"])
    assert {one.key for one in told.affinities if one.muted} >= {"Coffee"}
    assert told.profile_version == version + 2
    assert not mute(shop, "u1", "category", "Coffee"), "a second time changes nothing"
    assert any(item.startswith("coffee-") for item in shown(shop, "u2" if leaning(2) == "Coffee" else "u7"))
    assert mute(shop, "u1", "category", "Coffee", False)
    assert mute(shop, "u1", "brand", "Lark", False)
    assert shown(shop, "u1") == before


def test_another_worker_and_a_restart_know_of_a_mute(shop: Shop) -> None:
    other = Shop(shop.settings)
    other.watcher.look()
    mute(shop, "u1", "category", "Coffee")
    other.watcher.look()
    restarted = Shop(shop.settings)
    restarted.watcher.look()
    for one in (other, restarted):
        assert not any(item.startswith("coffee-") for item in shown(one, "u1"))


def test_what_the_catalogue_does_not_have_cannot_be_muted(shop: Shop) -> None:
    with pytest.raises(Problem, match="no item of the catalogue"):
        mute(shop, "u1", "category", "Submarines")


# --- taking an event back


def test_an_event_taken_back_is_gone_from_profile_and_log_and_stays_gone(shop: Shop) -> None:
    for place in range(3):
        take(shop, "forgetful", f"tea-{place}", f"tea-{place}")
    take(shop, "forgetful", "baby-0", "a-gift")
    build_features(*DAYS)
    assert {one.event_id for one in profile(shop, "forgetful").recent} >= {"a-gift"}
    question = RemoveEventRequest(user_id="forgetful", event_id="a-gift")
    answer = shop.privacy.remove_event(question, NOW)
    assert (answer.removed, answer.profile_version) == (True, 5)
    online = read_profile("forgetful")
    assert online is not None
    assert (online.version, "a-gift" in online.history.event_ids) == (5, False)
    assert "Baby" not in profile(shop, "forgetful").summary
    assert "a-gift" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["event_id"])
    again = take(shop, "forgetful", "baby-0", "a-gift")
    assert (again.added, again.duplicates) == (0, 1)
    assert not shop.privacy.remove_event(question, NOW).removed
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.event_id == "a-gift")) == 0
        assert session.scalars(select(Audit.action).where(Audit.user_id == "forgetful")).all() == ["remove_event"]
    with pytest.raises(Problem, match="no event"):
        shop.privacy.remove_event(RemoveEventRequest(user_id="u1", event_id="tea-1"), NOW)


def test_an_event_taken_back_leaves_the_log_after_a_kill_too(shop: Shop) -> None:
    take(shop, "forgetful", "baby-0", "a-gift")
    build_features(*DAYS)
    with session_scope() as session:  # as a service leaves it that dies between its database and its log
        session.delete(session.scalars(select(Event).where(Event.event_id == "a-gift")).one())
        taken_back = {"event_id": "a-gift", "user_id": "forgetful", "time": NOW, "event_time": SHOP_UNTIL}
        session.add(RemovedEvent(**taken_back))
    Shop(shop.settings).watcher.look()
    assert "a-gift" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["event_id"])


# --- consent


def test_without_personalisation_nothing_is_kept_but_what_the_shop_must_know(shop: Shop) -> None:
    take(shop, "shy", "tea-1", "bought-1")
    take(shop, "shy", "tea-2", "looked-1", "view")
    build_features(*DAYS)
    assert consent(shop, "shy", "personalisation", False)
    assert shown(shop, "shy", 10) == shown(shop, "somebody-unknown", 10)
    with pytest.raises(Problem, match="doesn't consent"):
        profile(shop, "shy")
    assert read_profile("shy") is None
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(ProfileVersion.user_id == "shy")) == 0
    for view in ("events", "user_behaviour", "user_profile"):
        assert "shy" not in set(read_view(view, DAYS[0].date(), DAYS[1].date())["user_id"])
    bought, looked = take(shop, "shy", "tea-3", "bought-2"), take(shop, "shy", "tea-4", "looked-2", "view")
    assert (bought.added, bought.withheld, bought.profiles) == (1, 0, [])
    assert (looked.added, looked.withheld, looked.duplicates) == (0, 1, 0)
    build_features(*DAYS)
    refresh_profiles(NOW, ["shy"], "test")
    assert read_profile("shy") is None
    assert "shy" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["user_id"])

    assert consent(shop, "shy", "personalisation", True)
    told = profile(shop, "shy")
    assert {one.event_id for one in told.recent} == {"bought-1", "looked-1", "bought-2"}
    assert not consent(shop, "shy", "personalisation", True)


def test_consent_is_told_and_purposes_are_apart(shop: Shop) -> None:
    consent(shop, "u1", "marketing", False)
    answer = shop.privacy.consent(ConsentRequest(user_id="u1"), NOW)
    assert answer.consents == {"personalisation": True, "marketing": False}
    assert profile(shop, "u1").affinities


# --- export and erasure


def test_a_malformed_row_is_nobodys_and_a_good_one_is_whose_column_says_it(shop: Shop) -> None:
    take(shop, "1", "tea-1", "one")
    theirs = ['{"CUSTOMER_ID":"1","item_id":"gone"}', '{"user_id":1,"item_id":"gone"}', '{"visitorId":"1"}']
    others = ['{"user_id":"2","text":"gave it 1 star"}', '{"user_id":"12","quantity":1}', '{"item_id":"1"}', "2,1,tea"]
    with session_scope() as session:
        for line, raw in enumerate([*theirs, *others]):
            session.add(Reject(file="f", line=line, field="item_id", reason="unknown", raw=raw, created_at=NOW))
    held = export(get_engine(), "1", NOW, "test")["database"]["rejects"]
    assert [one["raw"] for one in held] == theirs
    shop.privacy.erase(ShopperRequest(user_id="1"), NOW)
    with session_scope() as session:
        left = session.scalars(select(Reject.raw).where(Reject.file == "f").order_by(Reject.line)).all()
    assert left == [*others[:3], ""]
