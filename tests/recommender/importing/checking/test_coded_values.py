"""Prices by currency and texts by language, of objects and of columns; what can't be read is told by its rows."""

from collections import Counter

import orjson
import polars as pl

from recommender.importing.checking.coded_values import read_prices, read_translations
from recommender.importing.checking.rows import Found
from recommender.importing.column_names import Kind, map_columns

SALE = pl.Series([True])


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
    prices, found = read_prices(raw["prices"], raw, columns, pl.repeat(True, 5, eager=True))
    assert orjson.loads(prices[0]) == {"USD": 21.5, "EUR": 3.0, "GBP": None, "CHF": 1.0}
    assert prices[1:].to_list() == [None] * 4
    assert sorted(bad_rows(found)) == [("price_chf", 1), ("prices", 2), ("prices", 3), ("prices", 4)]


def test_a_sign_of_several_currencies_is_the_shop_s_own_if_it_may_be() -> None:
    raw = pl.DataFrame({"item_id": ["a"], "prices": ['{"$": 3, "¥": 4}']})
    prices, _ = read_prices(raw["prices"], raw, map_columns(Kind.ITEMS, raw.columns), SALE, "USD")
    assert orjson.loads(prices[0]) == {"USD": 3.0, "¥": 4.0}


def test_of_several_prices_in_a_currency_the_sale_s_holds_in_its_time_and_a_list_price_never() -> None:
    raw = pl.DataFrame(
        {
            "item_id": ["a", "b", "c"],
            "price_usd": [20, 20, None],
            "list_price_usd": [25, 25, 25],
            "Sale price (USD)": [15, 30, 15],
            "title_zh": ["茶", "茶", None],
            "name_zh": ["别名", "别名", "别名"],
        }
    )
    columns = map_columns(Kind.ITEMS, raw.columns)
    nothing = pl.Series([None] * 3, dtype=pl.String)
    for on_sale, expected in ((True, [15.0, 20.0, 15.0]), (False, [20.0, 20.0, 25.0])):
        prices, _ = read_prices(nothing, raw, columns, pl.Series([on_sale] * 3))
        assert [orjson.loads(text) for text in prices] == [{"USD": price} for price in expected]
    texts, _ = read_translations(nothing, raw, columns, Counter())
    assert [orjson.loads(text)["zh"]["title"] for text in texts] == ["茶", "茶", "别名"]


def test_prices_that_name_another_currency_and_codes_that_are_none_are_told() -> None:
    odd = ['{"USD": "20 EUR"}', '{"CAD": "$ 20"}', '{"U\\u0000D": 1}', None]
    raw = pl.DataFrame({"item_id": list("abcd"), "prices": odd, "price_gbp": [None, "£ 3", None, "3 EUR"]})
    prices, found = read_prices(raw["prices"], raw, map_columns(Kind.ITEMS, raw.columns), pl.Series([True] * 4))
    assert orjson.loads(prices[1]) == {"CAD": 20.0, "GBP": 3.0}
    assert sorted(bad_rows(found)) == [("price_gbp", 3), ("prices", 0), ("prices", 2)]
    said = ['{"zh": {"title": "a\\u0000"}}', '{"english": {"title": "a"}}', '{"zh": {"title": "<b></b>"}}', None]
    raw = pl.DataFrame({"item_id": list("abcd"), "translations": said, "title_de": [None, None, None, "a\x00"]})
    columns = map_columns(Kind.ITEMS, raw.columns)
    texts, found = read_translations(raw["translations"], raw, columns, Counter())
    assert (texts[2], sorted(bad_rows(found))) == (
        '{"zh":{}}',
        [("title_de", 3), *(("translations", n) for n in (0, 1))],
    )


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
