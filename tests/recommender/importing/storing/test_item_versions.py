"""Prices in several currencies and texts in several languages: nothing overwrites what is an item's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings, get_settings
from tests.support.shops.files import jsonl, rejected, table, write

PRICES = ("price", "currency", "price_converted", "prices")


def priced() -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in table("items", "item_id", *PRICES)}


def texts() -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in table("items", "item_id", "title", "categories", "language", "translations")}


@pytest.fixture
def in_euro(home: Settings, migrated: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_CURRENCY", "eur")
    monkeypatch.setenv("ZHIYIN_CURRENCY_RATES", "USD=0.9, GBP=1.2")
    get_settings.cache_clear()


def test_a_second_feed_in_another_currency_overwrites_nothing(home: Settings, migrated: None, tmp_path: Path) -> None:
    run_folder(write(tmp_path / "eu", items__csv="item_id,title,price\ntea,Tea,19.90 EUR\n"))
    summary = run_folder(write(tmp_path / "us", items__csv="item_id,title,price,currency\ntea,Tea,21.5,usd\n"))
    assert priced() == {"tea": (19.9, "EUR", False, {"USD": 21.5})}
    assert any("another currency than their item's own (USD)" in note for note in summary.notes)
    run_folder(write(tmp_path / "us", items__csv="item_id,title,price,currency\ntea,Tea,22,usd\n"))
    assert priced() == {"tea": (19.9, "EUR", False, {"USD": 22.0})}


def test_rows_and_columns_of_one_file(in_euro: None, tmp_path: Path) -> None:
    items = "item_id,title,price,price_gbp,Price (USD)\ntea,Tea,19.90 EUR,17,n/a\ntea,Tea,US$ 21.50,,\ncup,Cup,4,,5\n"
    assert run_folder(write(tmp_path, items__csv=items)).rejected == 0
    assert priced() == {
        "cup": (4.0, "EUR", False, {"USD": 5.0}),
        "tea": (19.9, "EUR", False, {"GBP": 17.0, "USD": 21.5}),
    }


def test_a_price_in_another_currency_alone_is_converted_or_told(in_euro: None, tmp_path: Path) -> None:
    items = "item_id,title,price\ntea,Tea,20 USD\ncup,Cup,300 JPY\n"
    notes = run_folder(write(tmp_path, items__csv=items)).notes
    assert priced() == {"tea": (18.0, "EUR", True, {"USD": 20.0}), "cup": (None, "", False, {"JPY": 300.0})}
    assert any("converted by ZHIYIN_CURRENCY_RATES" in note and "USD" in note for note in notes)
    assert any("1 items have no price, as they have some in JPY alone" in note for note in notes)
    run_folder(write(tmp_path, items__csv="item_id,price\ntea,10 USD\n"))
    assert priced()["tea"] == (9.0, "EUR", True, {"USD": 10.0})
    run_folder(write(tmp_path, items__csv="item_id,price\ntea,9.5 EUR\n"))
    assert priced()["tea"] == (9.5, "EUR", False, {"USD": 10.0})


def test_new_rates_read_a_file_again(in_euro: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path, items__csv="item_id,price\ntea,20 USD\n")
    run_folder(folder)
    monkeypatch.setenv("ZHIYIN_CURRENCY_RATES", "USD=0.8")
    get_settings.cache_clear()
    run_folder(folder)
    assert priced()["tea"] == (16.0, "EUR", True, {"USD": 20.0})


def test_naming_the_shop_s_currency_later_converts_what_is_there(
    home: Settings, migrated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "1", items__csv="item_id,price\ntea,20 USD\ncup,5 EUR\njar,9 JPY\n")
    run_folder(folder)
    monkeypatch.setenv("ZHIYIN_CURRENCY", "EUR")
    monkeypatch.setenv("ZHIYIN_CURRENCY_RATES", "USD=0.9")
    get_settings.cache_clear()
    run_folder(write(tmp_path / "2", items__csv="item_id,stock\ntea,3\njar,3\n"))
    converted = {
        "tea": (18.0, "EUR", True, {"USD": 20.0}),
        "cup": (5.0, "EUR", False, {}),
        "jar": (None, "", False, {"JPY": 9.0}),
    }
    assert priced() == converted
    run_folder(folder)
    assert priced() == converted
    monkeypatch.setenv("ZHIYIN_CURRENCY", "USD")
    get_settings.cache_clear()
    run_folder(write(tmp_path / "3", items__csv="item_id,stock\ntea,4\n"))
    assert priced()["tea"] == (20.0, "USD", False, {})


@pytest.mark.parametrize("former", ["usd", "$", " US$"])
def test_currencies_of_former_versions_are_known_in_any_spelling(
    home: Settings, migrated: None, tmp_path: Path, former: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if former == "$":
        monkeypatch.setenv("ZHIYIN_CURRENCY", "USD")
        get_settings.cache_clear()
    run_folder(write(tmp_path / "1", items__csv="item_id,price\ntea,20 USD\n"))
    with session_scope() as session:
        session.execute(update(Item).values(currency=former))
    run_folder(write(tmp_path / "2", items__csv="item_id,price,currency\ntea,22,USD\n"))
    assert priced() == {"tea": (22.0, "USD", False, {})}


def test_prices_as_an_object(in_euro: None, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"item_id": "a", "price": 1, "prices": {"EUR": 1, "usd": "1,20"}},
        {"item_id": "b", "prices": {"EUR": 2, "USD": 3}},
        {"item_id": "c", "price": 1, "prices": {"EUR": 2}},
        {"item_id": "d", "prices": {"USD": -1}},
        {"item_id": "e", "prices": [1]},
    ]
    run_folder(write(tmp_path, items__jsonl=jsonl(rows)))
    assert priced() == {"a": (1.0, "EUR", False, {"USD": 1.2}), "b": (2.0, "EUR", False, {"USD": 3.0})}
    assert [(line, field) for _, line, field, _ in rejected()] == [(3, "prices"), (4, "prices"), (5, "prices")]
    run_folder(write(tmp_path, items__jsonl=jsonl([{"item_id": "b", "prices": {"USD": None, "GBP": 4}}])))
    assert priced()["b"] == (2.0, "EUR", False, {"GBP": 4.0})


def test_feeds_of_several_languages(home: Settings, migrated: None, tmp_path: Path) -> None:
    english = "item_id,title,category,language,colour\ntea,Green tea,Drinks|Tea,en,green\n"
    chinese = "item_id,title,category,language,colour,origin\ntea,绿茶,饮料|茶,zh-CN,绿,杭州\n"
    run_folder(write(tmp_path / "en", items__csv=english))
    summary = run_folder(write(tmp_path / "zh", items__csv=chinese))
    said = {"zh-cn": {"title": "绿茶", "categories": ["饮料", "茶"]}}
    assert texts() == {"tea": ("Green tea", ["Drinks", "Tea"], "en", said)}
    assert any("another language than their item's own (zh-cn)" in note for note in summary.notes)
    [(_, attributes, digest)] = table("items", "item_id", "attributes", "content_hash")
    assert attributes == {"colour": "green", "origin": "杭州"}
    assert digest == content_hash(item_text("Green tea", "", "", ["Drinks", "Tea"], attributes, said))
    run_folder(write(tmp_path / "zh", items__csv="item_id,description,language\ntea,新茶,zh-CN\n"))
    assert texts()["tea"][3]["zh-cn"] == {**said["zh-cn"], "description": "新茶"}


def test_rows_and_columns_of_several_languages(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = "item_id,title,language\ntea,Tea,en\ntea,茶,zh\ntea,Thé,fr\ntea,Autre,fr\n"
    assert run_folder(write(tmp_path / "1", items__csv=rows)).rejected == 1
    assert texts()["tea"] == ("Tea", [], "en", {"zh": {"title": "茶"}, "fr": {"title": "Thé"}})
    columns = "item_id,title_de,title_zh,Description (zh),title_id\ncup,Tasse,杯,<b>白</b>瓷,7\n"
    run_folder(write(tmp_path / "2", items__csv=columns))
    assert texts()["cup"] == ("Tasse", [], "de", {"zh": {"title": "杯", "description": "白瓷"}})
    assert ("cup", {"title_id": "7"}) in table("items", "item_id", "attributes")


def test_translations_as_an_object(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"item_id": "a", "title": "A", "translations": {"zh": {"title": "甲", "categories": ["茶"]}, "en": {}}},
        {"item_id": "b", "title": "B", "translations": {"zh": {"titel": "乙"}}},
        {"item_id": "c", "title": "C", "translations": {"zh": "丙"}},
    ]
    run_folder(write(tmp_path, items__jsonl=jsonl(rows)))
    assert texts() == {"a": ("A", [], "en", {"zh": {"title": "甲", "categories": ["茶"]}})}
    assert [(line, field) for _, line, field, _ in rejected()] == [(2, "translations"), (3, "translations")]
    run_folder(write(tmp_path, items__jsonl=jsonl([{"item_id": "a", "translations": {"zh": None}}])))
    assert texts()["a"][3] == {}


@pytest.mark.parametrize("batch", [50_000, 1])
def test_a_file_that_overwrites_keeps_what_it_says_itself(in_euro: None, tmp_path: Path, batch: int) -> None:
    run_folder(write(tmp_path / "1", items__csv="item_id,title,price_usd,title_zh\ntea,Tea,3,茶\n"))
    rows = "item_id,title,price,language\ntea,Green tea,2 EUR,en\ntea,绿茶,3 GBP,zh\n"
    run_folder(write(tmp_path / "2", items__csv=rows), replace(Reading.automatic(), overwrite=True, batch=batch))
    assert priced()["tea"] == (2.0, "EUR", False, {"GBP": 3.0})
    assert texts()["tea"] == ("Green tea", [], "en", {"zh": {"title": "绿茶"}})
