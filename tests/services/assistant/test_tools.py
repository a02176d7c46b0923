"""What the assistant may look up in a small shop, for one question."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from recommender.assistant.goods import GoodsAway
from recommender.assistant.intents import read_intent
from recommender.db.engine import session_scope
from recommender.store.queries import add_events
from services.assistant.tools import Tools
from services.container import Shop
from services.core.errors import Problem
from services.offers.service import Offers
from services.search.service import Searcher

NOW = datetime.now(UTC)


@pytest.fixture
def tools(module_shop: Shop) -> Tools:
    module_shop.searcher.look()
    desk = module_shop.assistant
    return Tools(desk.engine, desk.live_items, desk.searcher, desk.offers, "tools-1", NOW, set())


def test_goods_are_found_by_words_and_below_a_price(tools: Tools) -> None:
    good = tools.finder.get("garden-7")
    assert good is not None
    assert (good.title, good.price) == ("Lawn mower", 9.0)
    assert good in tools.finder.find("lawn mower", None).fitting
    assert good not in tools.finder.find("lawn mower", 9.0).fitting
    assert tools.finder.get("no-such-item") is None


def test_orders_are_those_of_who_asks(tools: Tools) -> None:
    bought = {"event_id": "t1", "user_id": "tools-1", "item_id": "tea-0", "event_type": "purchase", "value": 2.0}
    with session_scope(tools.engine) as session:
        add_events(session, [bought | {"time": NOW}])
    asked = read_intent("what did I buy last?", "en")
    assert [source.title for source in tools.orders(asked, "en").sources] == [tools.live_items.title("tea-0")]
    assert replace(tools, user_id="tools-2").orders(asked, "en").sources == ()


@pytest.mark.parametrize(
    ("language", "text"), [("en", "There is no offer for you at the moment."), ("zh", "目前没有适合您的优惠。")]
)
def test_a_shop_without_coupons_says_so(tools: Tools, language: str, text: str) -> None:
    part = tools.coupons(language)
    assert part is not None
    assert (part.kind, part.text, tools.degraded) == ("offers", text, set())


def test_what_is_away_is_degraded(tools: Tools) -> None:
    def no_searcher() -> Searcher:
        raise Problem("service", "away", status=503)

    def no_offers() -> Offers:
        raise Problem("service", "away", status=503)

    without = replace(tools, searcher=no_searcher, coupons_of=no_offers)
    assert without.coupons("en") is None
    with pytest.raises(GoodsAway):
        without.finder.find("tea", None)
    assert without.degraded == {"offers", "search"}
