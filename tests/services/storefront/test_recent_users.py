"""The page's list of shoppers: those of the latest events, each once, with all that they did."""

from datetime import timedelta

from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.settings import Settings
from services.storefront.recent_users import LISTED, some_shoppers
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_UNTIL, fill_shop, shop_events


def add(number: int, user_id: str | None) -> Event:
    moment = SHOP_UNTIL + timedelta(minutes=number)
    return Event(
        event_id=f"recent-{number}", user_id=user_id, session_id="s", item_id="tea-1", event_type="view", time=moment
    )


def test_who_did_something_last_comes_first_with_their_whole_history(home: Settings) -> None:
    install_tables()
    fill_shop()
    with session_scope() as session:
        session.add_all([add(1, "u1"), add(2, "u2"), add(3, "u1"), add(4, None)])
    with session_scope() as session:
        found = some_shoppers(session)
    assert [one.user_id for one in found][:2] == ["u1", "u2"]
    assert len({one.user_id for one in found}) == len(found) == LISTED
    before = sum(event["user_id"] == "u1" for event in shop_events())
    assert found[0].events == before + 2


def test_a_shop_without_shoppers_lists_none(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        assert some_shoppers(session) == []
