"""What shoppers did before a moment, as arrays over a catalogue."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.offers.campaigns import Drive, Redeemed
from recommender.offers.past_behaviour import Past, mailings_of, past_of_one
from tests.support.shops.shop import shop_catalogue

START = datetime(2026, 3, 1, tzinfo=UTC)
CATALOGUE = shop_catalogue()
EVENTS = pl.DataFrame(
    [
        ("u1", "tea-1", "purchase", 5.0, 2),
        ("u0", "gone", "view", None, 1),
        ("stranger", "tea-0", "purchase", 9.0, 1),
        ("u1", "pets-0", "rating", 1.0, 0),
        ("u0", "tea-0", "purchase", None, 3),
    ],
    schema=["user_id", "item_id", "event_type", "value", "day"],
    orient="row",
).with_columns(time=pl.lit(START) + pl.duration(days="day"))
USED = [Redeemed("u1", "c1", "k", START + timedelta(days=2)), Redeemed("stranger", "c1", "k", START)]
SENT = [("c2", "u0", START + timedelta(days=4)), ("c1", "u1", START), ("c1", "stranger", START)]


def past() -> Past:
    return Past.of(["u0", "u1"], EVENTS, USED, SENT, CATALOGUE)


def days(times: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[float]:
    return [(time - START.timestamp()) / 86_400 for time in times.tolist()]


def test_events_of_these_shoppers_are_kept_in_order_of_time() -> None:
    made = past()
    assert made.user_L.tolist() == [1, 0, 1, 0]
    assert days(made.time_L) == [0, 1, 2, 3]
    assert made.row_L.tolist() == [CATALOGUE.index["pets-0"], -1, CATALOGUE.index["tea-1"], CATALOGUE.index["tea-0"]]
    assert made.bought_L.tolist() == [False, False, True, True]
    assert made.spent_L.tolist() == [0, 0, 5, 0]  # an unknown price is no money, and stars are none
    assert made.strength_L.tolist() == pytest.approx([-0.5, 0.25, 1, 1])


def test_redemptions_and_mailings_of_others_are_left_out() -> None:
    made = past()
    assert (made.user_r.tolist(), made.campaign_r.tolist(), days(made.time_r)) == ([1], ["c1"], [2])
    assert (made.user_m.tolist(), made.campaign_m.tolist(), days(made.time_m)) == ([1, 0], ["c1", "c2"], [0, 4])


def test_a_part_of_the_shoppers_is_the_past_made_of_them_alone() -> None:
    part, alone = past().of_users(["u1", "nobody"]), Past.of(["u1", "nobody"], EVENTS, USED, SENT, CATALOGUE)
    assert part.users == alone.users == ("u1", "nobody")
    for name in Past.__slots__[1:]:
        np.testing.assert_array_equal(getattr(part, name), getattr(alone, name))


def test_without_shoppers_and_without_events_there_is_nothing() -> None:
    for made in (Past.of([], EVENTS, USED, SENT, CATALOGUE), Past.of(["u0"], EVENTS.clear(), [], [], CATALOGUE)):
        assert len(made.time_L) == len(made.time_r) == len(made.time_m) == 0


def test_one_shopper_s_history_gives_the_same() -> None:
    rows = EVENTS.filter(user_id="u1").drop("day").to_dicts()
    history = History.of(Event(event_id=f"e{place}", quantity=1.0, **row) for place, row in enumerate(rows))
    sent = [(campaign, moment) for campaign, user, moment in SENT if user == "u1"]
    one = past_of_one("u1", history, [one for one in USED if one.user_id == "u1"], sent, CATALOGUE)
    both = Past.of(["u1"], EVENTS, USED, SENT, CATALOGUE)
    for name in Past.__slots__[1:]:
        np.testing.assert_array_equal(getattr(one, name), getattr(both, name), err_msg=name)
    assert len(past_of_one("u1", History.of([]), [], [], CATALOGUE).time_L) == 0


def test_a_campaign_is_a_mailing_for_each_of_its_members() -> None:
    drive = Drive("c", "A", START, START, {}, ("u0", "u1"))
    assert mailings_of([drive, Drive("empty", "A", START, START, {})]) == [("c", "u0", START), ("c", "u1", START)]
