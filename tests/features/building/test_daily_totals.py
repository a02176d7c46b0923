"""What a shopper's day adds up to, and what was known of it before and after a return."""

from typing import Any

import polars as pl

from features.building.daily_totals import LOGS, MONEY, WEIGHTS, Daily, add_up, names_of
from features.partitions import SCHEMAS
from tests.support.shops.behaviour_log import at, event

CATALOGUE = pl.DataFrame(
    {"item_id": ["tea", "mug"], "category": ["Tea", "Cups"], "brand": ["Lark", None]},
    schema={"item_id": pl.String, "category": pl.String, "brand": pl.String},
)
USERS = pl.Enum(["a", "b"])


def totals(*events: dict[str, Any]) -> Daily:
    return add_up([pl.DataFrame(list(events), schema=dict(SCHEMAS["events"])).lazy()], CATALOGUE, USERS)


def row(daily: Daily, state: int = 0) -> dict[str, Any]:
    return daily.sums.filter(pl.col("state") == state).row(0, named=True)


def test_a_day_counts_its_events_and_sums_its_money() -> None:
    found = row(
        totals(
            event("1", "a", at(0.1), "tea", value=6.0, quantity=2.0),
            event("2", "a", at(0.2), "mug", value=None),
            event("3", "a", at(0.3), "mug", event_type="view", value=None),
        )
    )
    assert (found["purchases"], found["views"], found["carts"]) == (2, 1, 0)
    assert (found["spend"], found["priced"]) == (6 * MONEY, 1)
    assert found["log_price"] == round(1.3862943611 * LOGS), "the logarithm of one more than the price of a piece"
    assert found["last_event"] == int(at(0.3).timestamp() * 1e6)
    assert found["last_purchase"] == int(at(0.2).timestamp() * 1e6)


def test_days_and_shoppers_are_apart_and_in_order() -> None:
    daily = totals(event("1", "b", at(5), "tea"), event("2", "a", at(1), "tea"), event("3", "a", at(0), "tea"))
    states = daily.sums.select("state", "day").rows()
    assert [state for state, _ in states] == [0, 0, 1]
    assert states == sorted(states)


def test_who_is_not_asked_about_is_left_out() -> None:
    assert totals(event("1", "somebody else", at(0), "tea")).sums.is_empty()


def test_keys_weigh_what_their_events_do() -> None:
    daily = totals(event("1", "a", at(0.1), "tea"), event("2", "a", at(0.2), "tea", event_type="view", value=None))
    tea = names_of(CATALOGUE, "category").to_list().index("Tea")
    amount = 1000 * (WEIGHTS["purchase"] + WEIGHTS["view"])
    assert daily.amounts["category"].select("key", "amount").rows() == [(tea, amount)]


def test_an_item_without_a_brand_gives_none_an_amount() -> None:
    assert totals(event("1", "a", at(0), "mug")).amounts["brand"].is_empty()


def test_after_a_return_another_state_holds_without_the_purchase() -> None:
    daily = totals(
        event("1", "a", at(0.1), "tea", value=6.0),
        event("2", "a", at(0.2), "mug", value=2.0),
        event("3", "a", at(3.0), "tea", event_type="return", value=6.0),
    )
    assert daily.returned["state"].to_list() == [2], "the first number after the shoppers'"
    assert row(daily)["spend"] == 8 * MONEY
    assert row(daily, state=2)["spend"] == 2 * MONEY
