"""What a query says of prices is taken out of its words, unless it is part of a name."""

import numpy as np
import polars as pl
import pytest

from recommender.data.catalog import SCHEMA
from recommender.search.price_words import priced, take_prices
from recommender.search.search_index import SearchIndex, searched_text
from recommender.search.text.prices import CHEAPER, DEARER, PricePhrase


def index_of(*goods: tuple[str, str, float | None]) -> SearchIndex:
    """Of titles, their category and price."""
    rows = [
        dict.fromkeys(SCHEMA)
        | {"item_id": f"i{place}", "title": title, "categories": [category], "price": price}
        | {"searched": searched_text(title, "", "", [category], {}), "attributes": "{}"}
        for place, (title, category, price) in enumerate(goods)
    ]
    return SearchIndex(pl.DataFrame(rows, schema={**SCHEMA, "searched": pl.String, "attributes": pl.String}))


SHOP = index_of(
    ("Red wine", "Wine", 4.0),
    ("White wine", "Wine", 6.0),
    ("Old wine", "Wine", 50.0),
    ("Cheap Trick, live", "Music", 20.0),
    ("Air Max 90", "Shoes", 90.0),
    ("Premium dog food", "Pets", 30.0),
    ("Gift wine", "Wine", None),
)


@pytest.mark.parametrize(
    ("query", "left", "said"),
    [
        ("cheap red wine", "red wine", ["cheap"]),
        ("red wine, under $10", "red wine", ["under $10"]),
        ("便宜的红酒", "红酒", ["便宜的"]),
        ("cheap trick", "cheap trick", []),  # the band
        ("premium dog food", "premium dog food", []),  # a title says it
        ("wine", "wine", []),
        ("", "", []),
    ],
)
def test_prices_are_taken_out_and_names_stay(query: str, left: str, said: list[str]) -> None:
    text, prices = take_prices(SHOP, query)
    assert (text, [one.text for one in prices]) == (left, said)


def test_bounds_include_their_ends_and_an_item_without_a_price_is_outside() -> None:
    assert priced(SHOP, PricePhrase(0, 0, 4, 6)).tolist() == [True, True, False, False, False, False, False]
    assert priced(SHOP, PricePhrase(0, 0, low=50)).tolist() == [False, False, True, False, True, False, False]
    assert priced(SHOP, PricePhrase(0, 0)).sum() == 6


def test_cheap_is_at_most_the_median_of_the_items_own_kind_and_dear_above() -> None:
    cheap, dear = priced(SHOP, PricePhrase(0, 0, relation=CHEAPER)), priced(SHOP, PricePhrase(0, 0, relation=DEARER))
    assert cheap.tolist() == [True, True, False, True, True, True, False]  # of wine 6; the rest are alone in their kind
    assert dear.tolist() == [False, False, True, False, False, False, False]
    assert not np.any(cheap & dear)
    both = priced(SHOP, PricePhrase(0, 0, high=5, relation=CHEAPER))
    assert both.tolist() == [True, False, False, False, False, False, False]
