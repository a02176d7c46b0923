"""The items as arrays: rows by id, names as people write them, what may be sold when, and older files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from recommender.data.catalog import PRODUCT, SCHEMA, Catalogue
from recommender.db.engine import session_scope
from recommender.settings import Settings
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import shop_catalogue, shop_items

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SECOND = int(NOW.timestamp())


def catalogue_of(*rows: dict[str, Any]) -> Catalogue:
    """Items of whatever columns a test names, with ids a, b, c, ..."""
    named = [dict.fromkeys(SCHEMA) | {"item_id": chr(97 + place)} | row for place, row in enumerate(rows)]
    return Catalogue(
        pl.DataFrame({name: pl.Series(name, [row[name] for row in named], kind) for name, kind in SCHEMA.items()})
    )


def test_rows_are_found_by_id_and_unknown_ids_are_none() -> None:
    catalogue = shop_catalogue()
    assert catalogue.ids[catalogue.rows_of(["tea-3", "baby-0"])].tolist() == ["tea-3", "baby-0"]
    assert catalogue.rows_of(["gone", "", "tea-3"]).tolist() == [-1, -1, catalogue.index["tea-3"]]
    assert catalogue.rows_of([]).shape == (0,)


def test_an_id_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="item_id: the catalogue holds an id twice"):
        catalogue_of({"item_id": "a"}, {"item_id": "a"})


def test_the_database_gives_the_same_in_order_of_id(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        session.add_all(reversed(shop_items()))
    with session_scope() as session:
        stored = Catalogue.from_database(session)
    assert stored.frame.equals(shop_catalogue().frame.with_columns(retired=False))  # as the column's default is


def test_what_is_missing_is_unknown_nameless_or_a_product() -> None:
    catalogue = catalogue_of({}, {"price": 2.5, "brand": "Lark", "categories": ["Shop", "Tea"], "kind": "video"})
    np.testing.assert_array_equal(catalogue.prices, np.array([np.nan, 2.5], dtype=np.float32))
    assert [catalogue.brands[code] for code in catalogue.brand_codes] == ["", "Lark"]
    assert [catalogue.paths[code] for code in catalogue.path_codes] == [(), ("Shop", "Tea")]
    names, codes = catalogue.leaves
    assert [names[code] for code in codes] == ["", "Tea"]
    assert [catalogue.kind_of(row) for row in (0, 1)] == [PRODUCT, "video"]
    kinds = catalogue.of_kinds(frozenset({"video"}))
    assert kinds is not None
    assert kinds.tolist() == [False, True]
    assert catalogue.of_kinds(frozenset({"video", PRODUCT})) is None


def test_names_are_compared_without_capitals_widths_and_blanks() -> None:
    catalogue = catalogue_of(
        {"categories": ["Shop", "Green  Tea"], "brand": "LARK & Co"},
        {"categories": ["ＧＲＥＥＮ tea"], "brand": "Straße"},
        {},
    )
    assert catalogue.in_categories(frozenset({" green TEA "})).tolist() == [True, True, False]
    assert catalogue.in_categories(frozenset({"shop"})).tolist() == [True, False, False], "anywhere in the path"
    assert catalogue.in_categories(frozenset()).tolist() == [False] * 3
    assert catalogue.of_brands(frozenset({"lark  & co", "STRASSE"})).tolist() == [True, True, False]


def test_what_may_be_sold_depends_on_the_moment() -> None:
    catalogue = catalogue_of(
        {}, {"hidden": True}, {"retired": True}, {"availability": "out_of_stock"}, {"availability": "preorder"},
        {"available_from": SECOND}, {"available_from": SECOND + 1}, {"available_until": SECOND},
        {"available_until": SECOND + 1},
    )  # fmt: skip
    assert np.flatnonzero(catalogue.sellable(NOW)).tolist() == [0, 4, 5, 8]
    assert np.flatnonzero(catalogue.sellable(NOW, with_sold_out=True)).tolist() == [0, 3, 4, 5, 8]
    assert np.flatnonzero(catalogue.sellable(NOW + timedelta(seconds=1))).tolist() == [0, 4, 5, 6]
    assert np.flatnonzero(catalogue.sold_out).tolist() == [3]
    assert catalogue_of({}, {"hidden": True}).sellable(NOW).tolist() == [True, False], "no item has bounds"


def test_it_grows_by_what_is_new_and_keeps_what_it_has() -> None:
    one = catalogue_of({"title": "old"}, {"title": "old too"})
    grown = one.extended(catalogue_of({"item_id": "b", "title": "renamed"}, {"item_id": "z", "title": "new"}))
    assert grown.ids.tolist() == ["a", "b", "z"]
    assert grown.titles == ["old", "old too", "new"]


def test_a_file_comes_back_also_from_a_release_that_had_fewer_columns(tmp_path: Path) -> None:
    catalogue = catalogue_of({"title": "茶", "categories": ["Shop"], "price": 1.25, "available_from": SECOND})
    catalogue.save(tmp_path / "c.parquet")
    assert Catalogue.load(tmp_path / "c.parquet").frame.equals(catalogue.frame)
    catalogue.frame.drop("kind", "retired", "availability").write_parquet(tmp_path / "old.parquet")
    older = Catalogue.load(tmp_path / "old.parquet")
    assert older.kind_of(0) == PRODUCT
    assert older.sellable(NOW).tolist() == [True]


def test_an_empty_catalogue_answers_too() -> None:
    empty = Catalogue.from_items([])
    assert len(empty) == 0
    assert empty.sellable(NOW).tolist() == []
    assert empty.in_categories(frozenset({"Tea"})).tolist() == []
    assert empty.of_brands(frozenset({"Lark"})).tolist() == []
    assert empty.leaves[1].tolist() == []
    assert empty.prices.shape == (0,)
