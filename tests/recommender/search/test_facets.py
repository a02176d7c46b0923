"""Facets count, for each of category, brand and price, the items that the other filters leave."""

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from recommender.data.catalog import SCHEMA, Catalogue
from recommender.search.facets import MOST_VALUES, count_facets

Goods = tuple[list[str], str, float | None]


def catalogue_of(*goods: Goods) -> Catalogue:
    rows = [
        dict.fromkeys(SCHEMA) | {"item_id": f"i{place}", "categories": path, "brand": brand, "price": price}
        for place, (path, brand, price) in enumerate(goods)
    ]
    return Catalogue(pl.DataFrame(rows, schema=SCHEMA))


SHOP = catalogue_of(
    (["Drinks", "茶"], "Lark", 4.0),
    (["Drinks", "茶"], "Heron", 6.0),
    (["Drinks", "Coffee"], "Lark", 9.0),
    (["Toys", "Toys"], "", None),
)


def mask(*rows: int) -> NDArray[np.bool_]:
    chosen = np.zeros(len(SHOP), dtype=bool)
    chosen[list(rows)] = True
    return chosen


def test_an_item_counts_once_for_each_name_of_its_path_and_no_brand_is_none() -> None:
    facets = count_facets(SHOP, mask(0, 1, 2, 3), {})
    assert facets.categories == (("Drinks", 3), ("茶", 2), ("Coffee", 1), ("Toys", 1))
    assert facets.brands == (("Lark", 2), ("Heron", 1))


def test_a_facet_counts_what_the_other_filters_leave() -> None:
    facets = count_facets(SHOP, mask(0, 1, 2), {"brand": mask(0, 2), "category": mask(0, 1)})
    assert facets.brands == (("Heron", 1), ("Lark", 1))  # of tea, though Lark is chosen
    assert facets.categories == (("Drinks", 2), ("Coffee", 1), ("茶", 1))  # of Lark, though tea is chosen
    assert sum(band.count for band in facets.prices) == 1  # of both


def test_nothing_found_has_no_facets() -> None:
    facets = count_facets(SHOP, mask(), {})
    assert (facets.categories, facets.brands, facets.prices) == ((), (), ())
    assert count_facets(SHOP, mask(3), {}).prices == ()  # no price


def test_only_the_most_frequent_values_are_told() -> None:
    many = catalogue_of(*[(["All"], f"b{place // 2:02}", 1.0) for place in range(2 * MOST_VALUES + 2)])
    brands = count_facets(many, np.ones(len(many), dtype=bool), {}).brands
    assert brands == tuple((f"b{place:02}", 2) for place in range(MOST_VALUES))


@pytest.mark.parametrize("prices", [[1.0] * 5, [0.0, 0.0, 3.0], [0.01, 0.02], list(range(1, 400)), [5e6, 1e-3, 7.0]])
def test_price_bands_follow_each_other_and_hold_what_they_say(prices: list[float]) -> None:
    catalogue = catalogue_of(*[(["All"], "", price) for price in prices])
    bands = count_facets(catalogue, np.ones(len(prices), dtype=bool), {}).prices
    assert (bands[0].low, bands[-1].high) == (None, None)
    for one, following in pairwise(bands):
        assert one.high is not None
        assert following.low is not None
        assert one.high <= following.low
    exact = np.array(prices, dtype=np.float32)
    for band in bands:
        low = -np.inf if band.low is None else band.low
        high = np.inf if band.high is None else band.high
        assert band.count == np.sum((exact >= low) & (exact < high)) > 0
    assert sum(band.count for band in bands) == len(prices)


def test_prices_are_cut_at_round_figures() -> None:
    catalogue = catalogue_of(*[(["All"], "", float(price)) for price in range(1, 101)])
    bands = count_facets(catalogue, np.ones(100, dtype=bool), {}).prices
    assert [band.high for band in bands] == [20, 40, 60, 80, None]
    assert [band.count for band in bands] == [19, 20, 20, 20, 21]


def test_a_band_holds_what_a_filter_of_its_bounds_leaves() -> None:
    prices = [0.1, 0.35, 0.35, 0.7, 0.7, 0.9, 0.9, 1.4, 1.4, 2.0]  # 0.7 and 0.9 are a little less in float32
    catalogue = catalogue_of(*[(["All"], "", price) for price in prices])
    for band in count_facets(catalogue, np.ones(len(prices), dtype=bool), {}).prices:
        low = 0.0 if band.low is None else band.low
        high = 9.0 if band.high is None else band.high
        assert band.count == sum(low <= price < high for price in prices), band
        assert band.high is None or len(str(band.high)) <= 4, band
