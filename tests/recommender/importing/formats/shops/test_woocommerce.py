"""Exports of WooCommerce."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write

WOOCOMMERCE = """\
ID,Type,SKU,Name,Published,"Is featured?","Visibility in catalog","Short description",Description,\
"Date sale price starts","Date sale price ends","In stock?",Stock,"Backorders allowed?","Sale price","Regular price",\
Categories,Tags,Images,Parent,"Attribute 1 name","Attribute 1 value(s)","Meta: _seo"
10,variable,tee,Tee,1,0,visible,Soft.,,,,1,,0,,,"Clothing, Clothing > Tees, Sale",summer,\
"https://shop.example/a.jpg, https://shop.example/b.jpg",,Colour,"Red, Blue",x
11,variation,tee-red,Tee - Red,1,0,visible,,,,,0,0,0,,18,,,,tee,Colour,Red,
12,variation,,Tee - Blue,1,0,visible,,,,,1,3,0,15,20,,,,id:10,Colour,Blue,
13,simple,,"Mug",1,0,visible,,,2020-01-01,2020-02-01,1,,0,5,"7,50","Kitchen > Cups\\, Mugs",,,,,,
14,"simple, virtual",card,Card,0,0,visible,,,,,1,,0,,10,,,,,,,
"""


def described(*columns: str) -> dict[str, tuple[Any, ...]]:
    return {row[0]: row[1:] for row in table("items", "item_id", *columns)}


def test_variations_lend_their_product_a_price(home: Settings, migrated: None, tmp_path: Path) -> None:
    summary = run_folder(write(tmp_path, wc_product_export_1__csv=WOOCOMMERCE))
    assert summary.rejected == 0
    assert described("title", "price", "hidden", "availability") == {
        "tee": ("Tee", 15.0, False, "in_stock"),
        "13": ("Mug", 7.5, False, "in_stock"),
        "card": ("Card", 10.0, True, "in_stock"),
    }
    assert described("categories")["13"] == (["Kitchen", "Cups, Mugs"],)
    [(categories, image, attributes)] = [described("categories", "image", "attributes")["tee"]]
    assert (categories, image) == (["Clothing", "Tees"], "https://shop.example/a.jpg")
    assert attributes["colour"] == ["Red", "Blue"]
    assert attributes["other_categories"] == ["Sale"]
    assert attributes["variants"] == ["10", "tee-red", "11", "12"]
    assert any("Meta: _seo" in note for note in summary.notes)


def test_orders_may_name_variations(home: Settings, migrated: None, tmp_path: Path) -> None:
    events = "user_id,product_id,type,time\nann,tee-red,purchase,2026-01-01\nann,12,view,2026-01-02\n"
    run_folder(write(tmp_path, wc_product_export_1__csv=WOOCOMMERCE, events__csv=events))
    assert [row[1] for row in table("events", "event_id", "item_id")] == ["tee", "tee"]
