"""Categories and brands that a shopper doesn't want to be shown."""

from datetime import UTC, datetime

from recommender.db.engine import session_scope
from recommender.privacy.mutes import BRAND, CATEGORY, mute, mutes_of, unmute
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def test_each_change_says_whether_it_changed_anything(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        assert mute(session, "u1", CATEGORY, "茶", NOW) is True
        assert mute(session, "u1", CATEGORY, "茶", NOW) is False
        assert mute(session, "u1", BRAND, "茶", NOW) is True  # a brand of the same name
        assert unmute(session, "u1", CATEGORY, "咖啡") is False
        assert unmute(session, "u1", CATEGORY, "茶") is True
        assert unmute(session, "u1", CATEGORY, "茶") is False
        assert mutes_of(session, "u1") == [(BRAND, "茶")]


def test_mutes_are_one_shopper_s_own_and_in_order(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        for user, kind, key in (("u1", CATEGORY, "Tea"), ("u1", CATEGORY, "Pets"), ("u1", BRAND, "Lark"),
                                ("u2", CATEGORY, "Toys")):  # fmt: skip
            mute(session, user, kind, key, NOW)
        session.flush()
        assert mutes_of(session, "u1") == [(BRAND, "Lark"), (CATEGORY, "Pets"), (CATEGORY, "Tea")]
        assert unmute(session, "u2", CATEGORY, "Tea") is False
        assert len(mutes_of(session, "u1")) == 3
        assert mutes_of(session, "nobody") == []
