"""Prices by currency and texts by language, of objects and of columns; what can't be read is told by its rows."""

from collections import Counter

import orjson
import polars as pl

from recommender.importing.checking.coded_values import read_prices, read_translations
from recommender.importing.checking.rows import Found
from recommender.importing.column_names import Kind, map_columns


def bad_rows(found: Found) -> list[tuple[str, int]]:
    return [(name, row) for name, problem in found for row in problem.where.fill_null(False).arg_true().to_list()]


def test_prices_of_an_object_and_of_columns() -> None:
    raw = pl.DataFrame(
        {
            "item_id": ["a", "b", "c", "d", "e"],
            "prices": ['{"usd": "21,50", "€": 3, "GBP": null}', None, "[1]", '{"USD": -1}', '{"USD": true}'],
            "price_chf": ["1", "x", None, None, None],
        }
    )
    columns = map_columns(Kind.ITEMS, raw.columns)
    prices, found = read_prices(raw["prices"], raw, columns)
    assert orjson.loads(prices[0]) == {"USD": 21.5, "EUR": 3.0, "GBP": None, "CHF": 1.0}
    assert prices[1:].to_list() == [None] * 4
    assert sorted(bad_rows(found)) == [("price_chf", 1), ("prices", 2), ("prices", 3), ("prices", 4)]


def test_texts_of_an_object_and_of_columns() -> None:
    raw = pl.DataFrame(
        {
            "item_id": ["a", "b", "c", "d"],
            "translations": [
                '{"zh_CN": {"title": " 茶 ", "categories": "饮料 > 茶"}, "fr": null}',
                '{"zh": {"name": "茶"}}',
                '{"zh": {"title": 5}}',
                '{"zh": {"title": "' + "茶" * 1001 + '"}}',
            ],
            "title_de": ["<b>Tee</b>", None, None, None],
            "category_de": ["Getränke|Tee", None, None, None],
        }
    )
    columns, remarks = map_columns(Kind.ITEMS, raw.columns), Counter[str]()
    texts, found = read_translations(raw["translations"], raw, columns, remarks)
    assert orjson.loads(texts[0]) == {
        "zh-cn": {"title": "茶", "categories": ["饮料", "茶"]},
        "fr": None,
        "de": {"title": "Tee", "categories": ["Getränke", "Tee"]},
    }
    assert bad_rows(found) == [("translations", 1), ("translations", 2), ("translations", 3)]
    assert remarks.total() == 1
