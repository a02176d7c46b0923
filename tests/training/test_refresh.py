"""Refreshing profiles: versions in the database, the newest online; twice the same changes nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from features.online import read_profile
from recommender.database import session_scope
from recommender.queries import latest_profiles
from recommender.settings import Settings
from recommender.tables import Event, ProfileVersion
from tests.support.shop import SHOP_UNTIL, SHOPPERS, install_shop, leaning
from training.refresh import NoModel, refresh_profiles

EARLIER = SHOP_UNTIL - timedelta(days=7)


def _versions() -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).select_from(ProfileVersion)) or 0


def test_profiles_are_built_kept_and_pushed_once(backend: Settings) -> None:
    with pytest.raises(NoModel, match="no model is in service"):
        refresh_profiles(SHOP_UNTIL, None, "retrain")
    install_shop(backend)
    assert refresh_profiles(EARLIER, None, "retrain") == dict.fromkeys(
        ("shoppers", "built", "saved", "pushed"), SHOPPERS
    )
    online = read_profile("u5")
    assert online is not None
    assert (online.version, online.model_version, online.as_of) == (1, "shop-1", EARLIER)
    assert leaning(5) in online.summary

    again = refresh_profiles(EARLIER, None, "retrain")
    assert (again["built"], again["saved"], _versions()) == (SHOPPERS, 0, SHOPPERS)

    later = refresh_profiles(SHOP_UNTIL, ["u5", "u7", "nobody", "u5"], "drift:1")
    assert later == {"shoppers": 3, "built": 2, "saved": 2, "pushed": 2}
    assert (_profile_version("u5"), _profile_version("u6")) == (2, 1)
    with session_scope() as session:
        kept = latest_profiles(session, ["u5"])["u5"]
    assert (kept.reason, kept.as_of, kept.version) == ("drift:1", SHOP_UNTIL, 2)

    # a profile that has seen more is not taken back to an earlier moment
    assert refresh_profiles(EARLIER, ["u5"], "retrain")["saved"] == 0
    assert _profile_version("u5") == 2

    # events that came late make a new version of the same moment
    with session_scope() as session:
        late = SHOP_UNTIL - timedelta(minutes=5)
        session.add(Event(event_id="late", user_id="u5", item_id="toys-1", event_type="purchase", time=late))
    assert refresh_profiles(SHOP_UNTIL, ["u5", "u7"], "late")["saved"] == 1


def _profile_version(user_id: str) -> int:
    profile = read_profile(user_id)
    assert profile is not None
    return profile.version
