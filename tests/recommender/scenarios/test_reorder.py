"""What is due: cycles of days by hand, how late is too late, and whose events tell of it."""

import numpy as np
import pytest

from recommender.data.history import TYPE_CODES, History
from recommender.scenarios.reorder import Due, due_items
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue

DAY = 86_400
NOW = SHOP_UNTIL
MOMENT = int(NOW.timestamp())
EVERYTHING = np.ones(60, dtype=bool)


def bought(*purchases: tuple[str, float]) -> History:
    """Purchases of items so many days before now, oldest first."""
    rows = sorted(purchases, key=lambda one: -one[1])
    return History(
        np.array([f"e{place}" for place in range(len(rows))], dtype=object),
        np.array([item for item, _ in rows], dtype=object),
        np.full(len(rows), TYPE_CODES["purchase"], dtype=np.int8),
        np.ones(len(rows), dtype=np.float32),
        np.array([int(NOW.timestamp() - ago * DAY) for _, ago in rows], dtype=np.int64),
    )


def due(history: History) -> list[Due]:
    return due_items(shop_catalogue(), history, MOMENT, EVERYTHING)


def test_what_is_due_is_ordered_by_how_often_it_was_bought_and_how_due_it_is() -> None:
    history = bought(
        *[("tea-0", ago) for ago in (30, 20, 10)],  # every ten days, the last ten days ago
        *[("tea-1", ago) for ago in (39, 29, 19, 9)],  # a day early, and bought once more
        *[("tea-2", ago) for ago in (60, 50, 40)],  # four cycles late
        *[("tea-3", ago) for ago in (200, 190, 180)],  # given up
        *[("tea-4", ago) for ago in (85, 45, 5)],  # every forty days: not in the week ahead
        ("tea-5", 10),  # once
    )
    catalogue = shop_catalogue()
    everything = np.ones(len(catalogue), dtype=bool)
    due = due_items(catalogue, history, int(NOW.timestamp()), everything)
    assert [catalogue.ids[one.row] for one in due] == ["tea-1", "tea-0", "tea-2"]
    assert all(0 < one.score <= 1 for one in due)
    assert due[1].evidence.attributes == {
        "cycle_days": "10", "days_since": "10", "days_bought": "3", "events": "3", "purchases": "3",
    }  # fmt: skip
    assert due[1].evidence.event_ids[0] == history.event_ids[history.item_ids == "tea-0"][-1]
    assert due_items(catalogue, history, int(NOW.timestamp()), ~everything) == []
    assert due_items(catalogue, bought(), int(NOW.timestamp()), everything) == []


def test_the_score_is_the_share_of_shopping_days_times_a_root_of_how_due_it_is() -> None:
    """Bought 20 and 10 days ago, the cycle of 10 days reached; another thing on a third day."""
    (found,) = due(bought(("tea-0", 20), ("tea-0", 10), ("toys-1", 5)))
    fading = {ago: 0.5 ** (ago / 60) for ago in (20, 10, 5)}
    assert found.score == pytest.approx((fading[20] + fading[10]) / sum(fading.values()), rel=0.02)


@pytest.mark.parametrize(("ago", "is_due"), [(7.9, False), (8.1, True), (30, True), (149, True), (151, False)])
def test_it_is_due_from_when_a_week_brings_half_a_cycle_until_five_have_passed(ago: float, is_due: bool) -> None:
    """A cycle of 30 days."""
    assert bool(due(bought(("tea-0", ago + 30), ("tea-0", ago)))) == is_due


def test_several_purchases_of_a_day_are_one_day_and_views_are_none() -> None:
    same_day = bought(("tea-0", 10.1), ("tea-0", 10.2))
    assert due(same_day) == []
    viewed = bought(("tea-0", 20), ("tea-0", 10))
    viewed.event_types[:] = TYPE_CODES["view"]
    assert due(viewed) == []


def test_what_is_unknown_or_still_to_come_is_passed_over() -> None:
    assert due(bought(("gone", 20), ("gone", 10))) == []
    later = bought(("tea-0", 10), ("tea-0", -1))
    assert due(later) == []
