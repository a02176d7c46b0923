"""Point-in-time: what a model learns from at a moment doesn't change with what comes after."""

from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.models.counting.item_statistics import fit_statistics
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_events, shop_frame
from tests.support.shops.trained import shop_attributes, shop_bundle
from training.data.cold_start_examples import with_first_visits
from training.data.interactions import Log, make_log, shoppers_at, window
from training.data.side_info import SideInfo
from training.fit.ranker_examples import make_examples
from training.fit.sequential import vocabulary

MOMENT = int((SHOP_UNTIL - timedelta(days=28)).timestamp())
LATER = SHOP_UNTIL - timedelta(days=28)


def _planted() -> pl.DataFrame:
    """The shop's log with purchases of one rare item by everybody, all from the moment on."""
    rows = [
        {**row, "event_id": f"planted-{place}", "item_id": "toys-9", "event_type": "purchase", "time": LATER}
        for place, row in enumerate(shop_events()[:200])
    ]
    return pl.concat([shop_frame(), pl.DataFrame(rows, schema=shop_frame().schema)])


def _features(log: Log) -> NDArray[np.float16]:
    catalogue = shop_catalogue()
    examples = window(log, MOMENT, int(SHOP_UNTIL.timestamp()), 100, 0)
    shoppers = shoppers_at(log, examples.users_U, catalogue, MOMENT)
    return make_examples([(shop_bundle(), shoppers, examples)]).scaled_CF


def test_a_planted_future_event_changes_no_training_row() -> None:
    catalogue = shop_catalogue()
    plain, planted = make_log(shop_frame(), catalogue), make_log(_planted(), catalogue)
    assert len(planted.events) == len(plain.events) + 200
    np.testing.assert_array_equal(_features(plain), _features(planted))
    np.testing.assert_array_equal(
        vocabulary(plain.before(MOMENT).events, 60), vocabulary(planted.before(MOMENT).events, 60)
    )
    before, after = (fit_statistics(log.before(MOMENT).events, 60, MOMENT).tensors() for log in (plain, planted))
    for name in before:
        np.testing.assert_array_equal(before[name], after[name])


def test_an_event_at_the_moment_itself_is_the_future() -> None:
    log = make_log(_planted(), shop_catalogue())
    assert (log.before(MOMENT).events.times < MOMENT).all()
    assert all(
        (shopper.times_L < MOMENT).all() for shopper in shoppers_at(log, np.arange(40), shop_catalogue(), MOMENT)
    )


def test_what_is_wanted_are_the_purchases_of_the_window_by_known_shoppers() -> None:
    catalogue, log = shop_catalogue(), make_log(shop_frame(), shop_catalogue())
    end = MOMENT + 14 * 86_400
    found = window(log, MOMENT, end, 100, 0)
    for user, wanted in zip(found.users_U, found.wanted, strict=True):
        expected = {
            row["item_id"]
            for row in shop_events()
            if row["user_id"] == log.shoppers[user]
            and row["event_type"] == "purchase"
            and MOMENT <= row["time"].timestamp() < end  # type: ignore[attr-defined]
        }
        assert set(catalogue.ids[wanted]) == expected
    assert len(window(log, MOMENT, end, 7, 0).users_U) == 7


def test_searches_strangers_and_unknown_items_are_left_out() -> None:
    odd = [
        {**shop_events()[0], "event_id": "a", "user_id": None},
        {**shop_events()[0], "event_id": "b", "item_id": None, "event_type": "search"},
        {**shop_events()[0], "event_id": "c", "item_id": "gone"},
    ]
    frame = pl.concat([shop_frame(), pl.DataFrame(odd, schema=shop_frame().schema)])
    assert len(make_log(frame, shop_catalogue()).events) == len(shop_events())


def test_the_order_of_the_frame_doesnt_matter() -> None:
    shuffled = shop_frame().sample(fraction=1, shuffle=True, seed=1)
    first, second = make_log(shop_frame(), shop_catalogue()), make_log(shuffled, shop_catalogue())
    assert first.shoppers == second.shoppers
    assert first.event_ids.tolist() == second.event_ids.tolist()


def test_first_visits_know_nothing_from_before_and_want_what_follows() -> None:
    catalogue = shop_catalogue()
    log = make_log(shop_frame(), catalogue)
    moment, end = (int((SHOP_UNTIL - timedelta(days=days)).timestamp()) for days in (28, 14))
    examples = window(log, moment, end, most=40, seed=0)
    shoppers = shoppers_at(log, examples.users_U, catalogue, moment)
    side_info = SideInfo(attributes=shop_attributes())
    more, wider = with_first_visits(shoppers, examples, log, catalogue, end, side_info, seed=1)
    assert more[: len(shoppers)] == shoppers
    new = more[len(shoppers) :]
    assert 5 <= len(new) <= 10
    assert len(wider.users_U) == len(wider.wanted) == len(more)
    for shopper, user, wanted in zip(new, wider.users_U[-len(new) :], wider.wanted[-len(new) :], strict=True):
        assert moment <= shopper.times_L.min() <= shopper.times_L.max() < shopper.moment <= end
        assert shopper.background.attributes == shop_attributes().get(log.shoppers[user], ())
        theirs = (log.events.users == user) & (log.events.times >= moment) & (log.events.times < end)
        first = log.event_ids[theirs][: len(shopper)]
        assert shopper.events_L.tolist() == first.tolist()
        later = log.event_ids[theirs][len(shopper) :]
        bought = [
            row["item_id"] for row in shop_events() if row["event_id"] in later and row["event_type"] == "purchase"
        ]
        assert set(catalogue.ids[wanted]) == set(bought)
