"""What a shopper's own purchases answer: the latest order, some goods, money; and what they cost now."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.assistant.answer_parts import Fact, Part
from recommender.assistant.goods import Good
from recommender.assistant.intents import Intent
from recommender.assistant.order_answers import SHOWN, OrderLine, describe_orders, purchases
from recommender.db.engine import session_scope
from recommender.settings import Settings
from recommender.store.queries import add_events
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def line(item: str, title: str, days_ago: int, order: str, value: float | None = 3.5) -> OrderLine:
    return OrderLine(f"{item}-{order}", item, title, value, order, NOW - timedelta(days=days_ago))


BOUGHT = [
    line("tea", "Black tea", 3, "o2"),
    line("mug", "Camping mug", 3, "o2", 9.0),
    line("tea", "Black tea", 40, "o1"),
]


def told(asked: Intent, *sold: Good, language: str = "en", bought: list[OrderLine] = BOUGHT) -> Part:
    return describe_orders(bought, asked, language, NOW, {good.item_id: good for good in sold}.get)


def test_the_latest_order_is_told_with_what_each_thing_cost() -> None:
    part = told(Intent(records=True))
    assert part.text == "Your latest purchase was on 28 April 2026: “Black tea” (3.50), “Camping mug” (9.00)."
    assert [source.id for source in part.sources] == ["tea-o2", "mug-o2"]
    assert Fact("paid", "Camping mug", "9.00") in part.facts


def test_a_long_order_says_how_many_more_there_are() -> None:
    many = [line(str(number), f"Thing {number}", 1, "o") for number in range(SHOWN + 2)]
    assert told(Intent(records=True), bought=many).text.endswith("and 2 more.")


def test_goods_that_were_asked_for_are_told_with_their_days() -> None:
    assert told(Intent(records=True, about=("tea",))).text == (
        "You bought “Black tea” on 2 days, the last time on 28 April 2026."
    )
    assert told(Intent(records=True, about=("mug",))).text == "You bought “Camping mug” on 28 April 2026."


def test_a_category_of_the_catalogue_names_goods_too() -> None:
    sold = Good("mug", "Camping mug", category="Drinkware")
    assert told(Intent(records=True, about=("drinkware",)), sold).text.startswith("You bought “Camping mug”")


def test_goods_never_bought_are_denied_and_the_latest_order_told() -> None:
    assert told(Intent(records=True, about=("leash",))).text.startswith("I see no purchase of that among yours. Your")


def test_what_was_spent_counts_the_last_days_alone() -> None:
    assert told(Intent(records=True, spent=True)).text == "In the last 30 days you spent 12.50 on 2 purchases."


def test_who_bought_nothing_is_told_so() -> None:
    assert told(Intent(records=True), bought=[]).text == "I see no purchases of yours yet."
    assert told(Intent(records=True), bought=[], language="zh").text == "还没有您的购买记录。"


@pytest.mark.parametrize(
    ("good", "sentence"),
    [
        (Good("tea", "Black tea", 3.0), "“Black tea” is 0.50 cheaper now (3.00)."),
        (Good("tea", "Black tea", 4.0), "“Black tea” is 0.50 dearer now (4.00)."),
        (Good("tea", "Black tea", 3.5), "“Black tea” costs 3.50 now."),
        (Good("tea", "Black tea", 3.0, availability="out_of_stock"), "“Black tea” is sold out at the moment."),
    ],
)
def test_what_became_of_the_things_since_is_told_after(good: Good, sentence: str) -> None:
    assert told(Intent(records=True, prices_now=True), good).text.endswith(sentence)


def test_a_price_is_compared_with_that_of_one_piece() -> None:
    two = OrderLine("e", "tea", "Black tea", 7.0, "o", NOW, quantity=2)
    assert two.paid == 3.5
    part = told(Intent(records=True, prices_now=True), Good("tea", "Black tea", 3.0), bought=[two])
    assert Fact("cheaper", "Black tea", "0.50") in part.facts


def test_purchases_are_the_shopper_s_own_and_without_what_came_back(home: Settings) -> None:
    def event(user: str, item: str, event_type: str, days_ago: int) -> dict[str, object]:
        time = NOW - timedelta(days=days_ago)
        values = {"event_id": f"{user}-{item}-{event_type}", "session_id": "o", "quantity": 1.0, "value": 3.5}
        return {**values, "user_id": user, "item_id": item, "event_type": event_type, "time": time}

    install_tables()
    with session_scope() as session:
        add_events(
            session,
            [
                event("a", "tea", "purchase", 5),
                event("a", "mug", "purchase", 4),
                event("a", "mug", "return", 3),
                event("a", "soap", "view", 2),
                event("b", "leash", "purchase", 1),
            ],
        )
        bought = purchases(session, "a", str.upper)
    assert [(one.item_id, one.title) for one in bought] == [("tea", "TEA")]
