"""A history in the terms of a model: how much each event weighs by its place, and those of one time alike."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import numpy as np
import pytest

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.profiles.user_state import Shopper, prepare
from tests.support.shops.shop import SHOP_UNTIL
from tests.support.shops.trained import shop_bundle

FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)


def _shopper(visits: list[list[str]], context: tuple[str, ...] = ()) -> Shopper:
    """Purchases; those of a visit have one time, in the order given."""
    history = History.of(
        Event(event_id=f"{day}-{item}", user_id="x", item_id=item, event_type="purchase",
              time=FIRST + timedelta(days=day))
        for day, items in enumerate(visits)
        for item in items
    )  # fmt: skip
    return prepare(history, shop_bundle().catalogue, int(SHOP_UNTIL.timestamp()), context)


def _weights(shopper: Shopper, visit_size: float = 1.0) -> dict[str, float]:
    ids = shop_bundle().catalogue.ids
    weights = shopper.by_place(0.5, visit_size).tolist()
    return {ids[row]: weight for row, weight in zip(shopper.rows_K.tolist(), weights, strict=True)}


def test_each_event_weighs_half_of_the_one_after_it() -> None:
    weights = _weights(_shopper([["tea-1"], ["tea-2"], ["tea-3"]]))
    assert weights["tea-3"] == pytest.approx(2 * weights["tea-2"]) == pytest.approx(4 * weights["tea-1"])


@pytest.mark.parametrize("visit_size", [1.0, 3.0])
def test_products_of_one_basket_weigh_alike_whatever_order_they_stand_in(visit_size: float) -> None:
    baskets = [
        _weights(_shopper([["tea-4"], list(order)]), visit_size) for order in permutations(["tea-1", "tea-2", "tea-3"])
    ]
    for weights in baskets:
        assert weights == pytest.approx(baskets[0])
        assert weights["tea-1"] == pytest.approx(weights["tea-2"]) == pytest.approx(weights["tea-3"])
        assert weights["tea-1"] > weights["tea-4"]


def test_a_basket_weighs_together_what_its_places_do() -> None:
    one_by_one = _weights(_shopper([["tea-4"], ["tea-1"], ["tea-2"]]))
    together = _weights(_shopper([["tea-4"], ["tea-1", "tea-2"]]))
    assert together["tea-4"] == pytest.approx(one_by_one["tea-4"])
    assert together["tea-1"] + together["tea-2"] == pytest.approx(one_by_one["tea-1"] + one_by_one["tea-2"])


def test_what_the_shopper_looks_at_now_keeps_its_order() -> None:
    """All of it has one time, and the last of it is the latest."""
    weights = _weights(_shopper([["tea-4"]], context=("tea-1", "tea-2")))
    assert weights["tea-2"] == pytest.approx(2 * weights["tea-1"])


def test_nobody_has_no_weights() -> None:
    assert _shopper([]).by_place(0.5, 1.0).dtype == np.float32
    assert not _weights(_shopper([]))
