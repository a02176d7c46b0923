"""Items that can't be told apart: which are, which one of them stays."""

import numpy as np
import polars as pl

from recommender.data.catalog import SCHEMA, Catalogue
from recommender.data.duplicates import Duplicates

GOODS = (
    ("milk-1", "Whole Milk", 1.5, "Lark"),
    ("milk-2", "  whole\u00a0 MILK ", 1.5, "lark"),
    ("milk-3", "Whole Milk", 1.6, "Lark"),
    ("milk-4", "Whole Milk", 1.5, "Heron"),
    ("milk-5", "Ｗhole Milk", 1.5, "Lark"),
    ("tea-1", "Tea", None, ""),
    ("tea-2", "Tea", None, ""),
    ("plain-1", "", 2.0, ""),
    ("plain-2", "", 2.0, ""),
)


def catalogue() -> Catalogue:
    rows = [dict(zip(("item_id", "title", "price", "brand"), one, strict=True)) for one in GOODS]
    return Catalogue(pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA))


def test_title_price_and_brand_tell_items_apart_and_capitals_and_blanks_do_not() -> None:
    found = catalogue()
    alike = {one: sorted(found.with_duplicates([one])) for one in ("milk-1", "milk-3", "milk-4", "tea-2", "plain-1")}
    assert alike == {
        "milk-1": ["milk-1", "milk-2", "milk-5"],
        "milk-3": ["milk-3"],
        "milk-4": ["milk-4"],
        "tea-2": ["tea-1", "tea-2"],
        "plain-1": ["plain-1"],
    }
    assert set(found.with_duplicates(["gone", "tea-1"])) == {"gone", "tea-1", "tea-2"}


def test_of_each_group_the_last_of_the_last_preferred_stays() -> None:
    duplicates, everything = catalogue().duplicates, np.ones(len(GOODS), dtype=bool)
    by_sales = np.arange(len(GOODS))[::-1]  # the least wanted first: the first rows sell best
    assert np.flatnonzero(~duplicates.keep_one(everything, by_sales)).tolist() == [1, 4, 6]
    own = np.array([1, 4, 2])
    assert np.flatnonzero(~duplicates.keep_one(everything, by_sales, own)).tolist() == [0, 1, 6]
    some = everything.copy()
    some[[0, 4]] = False
    assert np.flatnonzero(duplicates.keep_one(some, by_sales, own)).tolist() == [1, 2, 3, 5, 7, 8]
    assert duplicates.is_first(np.array([4, 8, 0, 7, 6, 1, 5])).tolist() == [
        True,
        True,
        False,
        True,
        True,
        False,
        False,
    ]


def test_a_shop_without_duplicates_is_left_as_it_is() -> None:
    duplicates, everything = Duplicates.find(catalogue().frame.head(1)), np.ones(1, dtype=bool)
    assert not duplicates
    assert duplicates.keep_one(everything, np.arange(1)) is everything
    assert duplicates.joined(np.array([0])).tolist() == [0]
    assert not Duplicates.find(catalogue().frame.head(0))
