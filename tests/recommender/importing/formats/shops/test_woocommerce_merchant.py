"""Exports of WooCommerce and feeds for Google's Merchant Center, as text and as XML."""

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
FEED = """\
<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>
<item><g:id>t-s</g:id><g:title>Tee</g:title><g:description>Soft &lt;b&gt;tee&lt;/b&gt;</g:description>
<g:link>https://shop.example/tee</g:link><g:image_link>https://shop.example/tee.jpg</g:image_link>
<g:additional_image_link>https://shop.example/1.jpg</g:additional_image_link>
<g:additional_image_link>https://shop.example/2.jpg</g:additional_image_link>
<g:availability>out of stock</g:availability><g:price>20.00 USD</g:price><g:item_group_id>tee</g:item_group_id>
<g:size>S</g:size><g:product_type>Clothing &gt; Tees</g:product_type><g:brand>Loom</g:brand>
<g:shipping><g:country>US</g:country><g:price>0 USD</g:price></g:shipping></item>
<item><g:id>t-m</g:id><g:title>Tee</g:title><g:link>https://shop.example/tee?m</g:link>
<g:image_link>https://shop.example/tee.jpg</g:image_link><g:availability>in_stock</g:availability>
<g:price>25.00 USD</g:price><g:sale_price>22.00 USD</g:sale_price><g:item_group_id>tee</g:item_group_id>
<g:size>M</g:size></item>
</channel></rss>
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


def test_a_feed_in_xml(home: Settings, migrated: None, tmp_path: Path) -> None:
    run_folder(write(tmp_path, feed__xml=FEED))
    [(item_id, title, price, stock)] = table("items", "item_id", "title", "price", "availability")
    assert (item_id, title, price, stock) == ("tee", "Tee", 22.0, "in_stock")
    [(_, description, attributes)] = table("items", "item_id", "description", "attributes")
    assert description == "Soft tee"
    assert attributes["size"] == ["S", "M"]
    assert attributes["variants"] == ["t-s", "t-m"]
    assert described("currency")["tee"] == ("USD",)
    assert attributes["images"] == ["https://shop.example/1.jpg", "https://shop.example/2.jpg"]


def test_a_feed_of_tabs(home: Settings, migrated: None, tmp_path: Path) -> None:
    lines = [
        "id\ttitle\tdescription\tlink\timage link\tavailability\tprice\tgoogle product category",
        "1\tMug\tBlue\thttps://shop.example/1\thttps://shop.example/1.jpg\tin stock\t25.00 USD\tHome > Kitchen",
        "2\tPot\t\thttps://shop.example/2\thttps://shop.example/2.jpg\tpreorder\t1.299,00 EUR\t499",
    ]
    run_folder(write(tmp_path, feed__tsv="\n".join(lines)))
    assert described("price", "currency", "url", "availability", "categories") == {
        "1": (25.0, "USD", "https://shop.example/1", "in_stock", ["Home", "Kitchen"]),
        "2": (1299.0, "EUR", "https://shop.example/2", "preorder", []),
    }


def test_several_currencies_are_told(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id,title,price\na,A,12.50 EUR\nb,B,USD 3\nc,C,4\n"
    summary = run_folder(write(tmp_path, items__csv=items))
    assert [currency for (currency,) in described("currency").values()] == ["EUR", "USD", ""]
    assert [attributes for (attributes,) in described("attributes").values()] == [{}, {}, {}]
    assert any("several currencies, EUR, USD" in note for note in summary.notes)


def test_decimal_commas_hold_for_a_column(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id;title;price\na;A;12,5\nb;B;1.234\nc;C;1.234,00\nd;D;7\n"
    events = "user_id;item_id;quantity;value;time\nann;a;2;25,00;2026-01-01\nann;b;-1;-1.234,00;2026-01-02\n"
    run_folder(write(tmp_path, items__csv=items, purchases__csv=events))
    assert [price for (price,) in described("price").values()] == [12.5, 1234.0, 1234.0, 7.0]
    found = table("events", "time", "event_type", "quantity", "value")
    assert [row[1:] for row in found] == [("purchase", 2.0, 25.0), ("return", 1.0, 1234.0)]


def test_columns_that_look_like_a_price_are_named(home: Settings, migrated: None, tmp_path: Path) -> None:
    items = "item_id,title,our price tag,main photo,photo alt text\na,A,12,x.jpg,y\n"
    [note] = [note for note in run_folder(write(tmp_path, items__csv=items)).notes if "look like" in note]
    assert "our price tag (price), main photo (image)" in note
    assert "alt" not in note
