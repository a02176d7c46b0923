"""The live catalogue: what may be shown now, what changed since the last look, and the ids an item goes by."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import delete, update

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.settings import Settings
from recommender.store.identity.item_aliases import put_aliases
from services.state.catalog_cache import LiveItem, LiveItems
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop

NOW = datetime(2026, 5, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def item(**changes: Any) -> LiveItem:
    fields: dict[str, Any] = {"title": "Tea", "price": 3.5, "brand": "", "categories": [], "hidden": False}
    return LiveItem(**{"item_id": "i", **fields, "available_from": None, "available_until": None, **changes})


@pytest.mark.parametrize(
    ("changes", "shown", "with_sold_out"),
    [
        ({}, True, True),
        ({"hidden": True}, False, False),
        ({"retired": True}, False, False),
        ({"availability": "out_of_stock"}, False, True),
        ({"availability": "preorder"}, True, True),
        ({"availability": "out_of_stock", "hidden": True}, False, False),
        ({"available_from": NOW}, True, True),
        ({"available_from": NOW + HOUR}, False, False),
        ({"available_until": NOW}, False, False),
        ({"available_until": NOW + HOUR}, True, True),
    ],
)
def test_what_may_be_shown(changes: dict[str, Any], shown: bool, with_sold_out: bool) -> None:
    one = item(**changes)
    assert (one.shown(NOW), one.shown(NOW, with_sold_out=True)) == (shown, with_sold_out)
    assert one.restricted or shown, "what isn't restricted may be shown at any time"
    live = LiveItems()
    live.items["i"] = one
    assert (live.head("i", NOW) is not None) is shown
    assert live.shown("i", NOW) is shown


def test_the_head_is_the_beginning_of_an_answer_s_item() -> None:
    told = orjson.loads(item(url="https://shop/tea", stock=0.0).head + b"}")
    assert told == {"item_id": "i", "title": "Tea", "price": 3.5, "currency": None, "url": "https://shop/tea"} | {
        "image": None,
        "stock": 0.0,
        "price_converted": False,
    }


@pytest.fixture
def live(home: Settings) -> LiveItems:
    install_tables()
    fill_shop()
    made = LiveItems()
    with session_scope() as session:
        assert made.refresh(session) == 60
    return made


def change(item_id: str, **values: Any) -> None:
    with session_scope() as session:
        session.execute(update(Item).where(Item.item_id == item_id).values(updated_at=datetime.now(UTC), **values))


def test_another_title_makes_lists_anew_and_another_price_does_not(live: LiveItems) -> None:
    epoch = live.epoch
    change("tea-1", price=99.0)
    with session_scope() as session:
        assert live.refresh(session) == 1
    assert (live.items["tea-1"].price, live.epoch) == (99.0, epoch)
    change("tea-1", title="Blacker tea")
    with session_scope() as session:
        live.refresh(session)
    assert (live.title("tea-1"), live.epoch) == ("Blacker tea", epoch + 1)


def test_the_currencies_of_prices_follow_the_items(live: LiveItems) -> None:
    def read() -> tuple[str, ...]:
        with session_scope() as session:
            live.refresh(session)
        return live.currencies

    change("tea-1", currency="EUR", prices={"USD": 4.0})
    assert read() == ("EUR", "USD")
    change("tea-1", currency="EUR", prices={})
    assert read() == ("EUR",)
    change("tea-1", retired=True)
    assert read() == ()


def test_items_without_translations_share_what_they_lack() -> None:
    first, second = (item(currency="".join(("E", "UR")), translations={}, prices={}) for _ in range(2))
    assert first.currency is second.currency
    assert first.translations is second.translations
    assert first.prices is second.prices


def test_an_item_that_came_since_is_found_when_it_is_asked_for(live: LiveItems) -> None:
    with session_scope() as session:
        row = {"kind": "product", "title": "New tea", "attributes": {}, "content_hash": "", "updated_at": NOW}
        session.add(Item(item_id="tea-new", categories=["Shop", "Tea"], **row))
        session.flush()
        assert "tea-new" not in live
        live.look_up(session, {"tea-new", "never"})
    assert "tea-new" in live
    assert "never" not in live
    assert (live.about("tea-new").title, live.about("tea-new").category) == ("New tea", "Tea")
    assert (live.about("never").title, live.title("never")) == ("never", "never")


def test_a_former_id_means_the_item_of_today(live: LiveItems) -> None:
    with session_scope() as session:
        session.execute(delete(Item).where(Item.item_id == "none"))
        put_aliases(session, "tea-1", ["tea-old"], datetime.now(UTC))
        live.look_up(session, ["tea-old"])
    live.variants["tea-1-xl"] = "tea-1"
    assert [live.present_id(name) for name in ("tea-1", "tea-old", "tea-1-xl", "unknown")] == [
        "tea-1",
        "tea-1",
        "tea-1",
        "unknown",
    ]


def test_what_the_model_still_shows_and_may_not_be_shown_is_withdrawn(live: LiveItems) -> None:
    for item_id in ("tea-1", "tea-2"):
        change(item_id, hidden=True)
    with session_scope() as session:
        live.refresh(session)
    live.withdraw(lambda item_id: item_id != "tea-2", datetime.now(UTC))
    assert live.withdrawn == {"tea-1"}
