"""Why a shopper is offered a coupon: the plainest true thing that their history says."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.offers.offer_reasons import EVENTS_NAMED, Reason, why
from tests.support.shops.shop import shop_catalogue

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
TITLES = {"tea-0": "Green tea", "tea-1": "红茶"}


def history(*done: str) -> History:
    """Of "item kind day"."""
    rows = [one.split() for one in done]
    return History.of(
        Event(event_id=f"e{place}", user_id="u", item_id=item, event_type=kind, quantity=1.0, value=None,
              time=START + timedelta(days=int(day)))
        for place, (item, kind, day) in enumerate(rows)
    )  # fmt: skip


def reason(past: History, *items: str, language: str = "en") -> Reason:
    return why(past, shop_catalogue(), items, TITLES.__getitem__, language)


def test_what_was_bought_most_often_is_told_before_what_was_looked_at() -> None:
    past = history("tea-1 view 0", "tea-1 view 1", "tea-1 view 2", "tea-0 purchase 3", "tea-0 purchase 3")
    found = reason(past, "tea-0", "tea-1")
    assert found.sentence == "You bought Green tea, which it is good for, on 1 day, the last time on 4 March 2026."
    assert (found.kind, found.item_ids, found.event_ids) == ("bought", ("tea-0",), ("e4", "e3"))
    looked = reason(past, "tea-1", language="zh")
    assert looked.sentence == "您在2026年3月3日选过或看过可用此券的“红茶”。"
    assert looked.event_ids == ("e2", "e1", "e0")


def test_else_what_was_bought_of_the_same_kind_is_told() -> None:
    found = reason(history("tea-2 purchase 0", "tea-3 purchase 2", "pets-0 purchase 3"), "tea-0")
    assert found.kind == "category"
    assert found.sentence == (
        "You bought Tea, and it is good for the same kind of thing: on 2 days, the last time on 3 March 2026."
    )
    assert found.item_ids == ("tea-3", "tea-2")


@pytest.mark.parametrize(
    ("done", "items"),
    [((), ("tea-0",)), (("pets-0 purchase 0",), ("tea-0",)), (("tea-2 view 0",), ("tea-0",)),
     (("tea-2 purchase 0",), ("gone",)), (("gone purchase 0",), ("tea-0",)), (("tea-2 purchase 0",), ())],
)  # fmt: skip
def test_nothing_is_made_up_where_nothing_led_there(done: tuple[str, ...], items: tuple[str, ...]) -> None:
    for language, said in (("en", "nothing you did led to it"), ("zh", "与您的购物记录无关")):
        found = reason(history(*done), *items, language=language)
        assert (found.kind, found.item_ids, found.event_ids) == ("none", (), ())
        assert said in found.sentence


def test_only_the_latest_events_are_named_and_all_days_are_counted() -> None:
    past = history(*(f"tea-0 purchase {day}" for day in range(6)))
    found = reason(past, "tea-0")
    assert found.event_ids == ("e5", "e4", "e3")
    assert len(found.event_ids) == EVENTS_NAMED
    assert "on 6 days, the last time on 6 March 2026" in found.sentence
