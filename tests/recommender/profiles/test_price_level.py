"""What a shopper usually pays, against Python's own low median of each category's prices."""

from datetime import UTC, datetime
from statistics import median_low

import numpy as np
import pytest

from recommender.data.catalog import Catalogue
from recommender.data.history import TYPE_CODES, History
from recommender.profiles.price_level import PriceLevels
from tests.support.shops.shop import shop_catalogue

CATALOGUE = shop_catalogue()


def history(*events: tuple[str, str]) -> History:
    """(item, event type)."""
    return History(
        np.array([str(place) for place in range(len(events))], dtype=object),
        np.array([item for item, _ in events], dtype=object),
        np.array([TYPE_CODES[kind] for _, kind in events], dtype=np.int8),
        np.full(len(events), np.nan, dtype=np.float32),
        np.full(len(events), int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()), dtype=np.int64),
    )


def usual(catalogue: Catalogue) -> list[float]:
    """For each item the low median of the known prices of its category."""
    _leaves, leaf_N = catalogue.leaves
    prices: dict[int, list[float]] = {}
    for leaf, price in zip(leaf_N.tolist(), catalogue.prices.tolist(), strict=True):
        if np.isfinite(price):
            prices.setdefault(leaf, []).append(price)
    return [median_low(prices[leaf]) if leaf in prices else float("nan") for leaf in leaf_N.tolist()]


@pytest.mark.parametrize("seed", range(3))
def test_without_purchases_it_is_the_median_of_what_the_shop_sells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prices = np.where(rng.random(60) < 0.3, np.nan, rng.integers(1, 50, 60).astype(float))
    catalogue = Catalogue(CATALOGUE.frame.with_columns(price=prices))
    levels = PriceLevels(catalogue)
    for past in (None, history(), history(("tea-1", "view"), ("gone", "purchase"))):
        np.testing.assert_allclose(levels.of(past), usual(catalogue), rtol=1e-6)


def test_where_they_bought_it_is_the_median_of_what_they_bought_once_each() -> None:
    past = history(("tea-9", "purchase"), ("tea-9", "purchase"), ("tea-1", "purchase"), ("tea-3", "purchase"))
    level = PriceLevels(CATALOGUE).of(past)
    tea = CATALOGUE.in_categories(frozenset({"Tea"}))
    assert set(level[tea].tolist()) == {5.0}  # of 3, 5 and 11
    np.testing.assert_allclose(level[~tea], np.array(usual(CATALOGUE))[~tea])


def test_what_they_bought_without_a_price_leaves_the_shops_level() -> None:
    frame = CATALOGUE.frame
    unpriced = Catalogue(frame.with_columns(price=np.where(frame["item_id"] == "tea-0", np.nan, frame["price"])))
    np.testing.assert_allclose(PriceLevels(unpriced).of(history(("tea-0", "purchase"))), usual(unpriced))
    nothing = Catalogue(frame.with_columns(price=np.full(60, np.nan)))
    assert np.isnan(PriceLevels(nothing).of(history(("tea-0", "purchase")))).all()
    assert PriceLevels(Catalogue(frame.head(0))).of(history(("tea-0", "purchase"))).shape == (0,)
