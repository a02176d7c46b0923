"""Exports of Shopify: products of both headers, and orders that name variants."""

from pathlib import Path

import pytest

from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.formats.helpers import hashed
from recommender.importing.formats.shops import shopify
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import rejected, table, write

PRODUCTS = """\
Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,\
Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,\
Image Src,Image Position,Cost per item,Status
tee,Plain Tee,"<p>Soft &amp; <b>light</b>.</p>",Loom,Apparel & Accessories > Clothing,T-Shirts,"summer, cotton",true,\
Color,Red,TEE-RED,shopify,0,deny,18.00,25.00,,,7.50,active
tee,,,,,,,,,Blue,TEE-BLUE,shopify,4,deny,20.00,25.00,https://cdn.example/tee-back.jpg,2,7.50,
tee,,,,,,,,,,,,,,,,https://cdn.example/tee-front.jpg,1,,
cap,Cap,,Loom,Uncategorized,Hats,,true,Title,Default Title,,shopify,0,continue,9.90,,,,,active
mug,Old Mug,,Clay,,Mugs,,true,Title,Default Title,MUG,,,deny,12,,,,,draft
"""
NEW = """\
Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Option1 name,\
Option1 value,Price,Compare-at price,Inventory tracker,Inventory quantity,Continue selling when out of stock,\
Product image URL,Image position
Plain Tee,tee,<p>Soft.</p>,Loom,Apparel & Accessories > Clothing,T-Shirts,"summer, cotton",TRUE,Active,TEE-RED,Color,\
Red,18.00,25.00,shopify,0,DENY,,
,tee,,,,,,,,TEE-BLUE,,Blue,20.00,25.00,shopify,4,FALSE,https://cdn.example/tee-front.jpg,1
"""
ORDERS = """\
Name,Email,Financial Status,Paid at,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,\
Lineitem sku,Lineitem discount,Cancelled at,Refunded Amount,Id
#1001,Ann@Example.com,paid,2026-01-05 10:00:00 -0500,EUR,58.00,2026-01-05 09:59:00 -0500,2,Plain Tee - Blue,20.00,\
TEE-BLUE,2.00,,0.00,7001
#1001,ann@example.com,,,,,2026-01-05 09:59:00 -0500,1,Cap,9.90,,0.00,,,
#1002,bob@example.com,refunded,,EUR,20.00,2026-01-06 09:00:00 -0500,1,Plain Tee - Red,18.00,TEE-RED,0,,18.00,7002
#1003,bob@example.com,voided,,EUR,9.90,2026-01-07 09:00:00 -0500,1,Cap,9.90,,0,2026-01-08 09:00:00 -0500,0,7003
#1004,bob@example.com,paid,,EUR,5.00,2026-01-09 09:00:00 -0500,1,Sticker,5.00,STICK,0,,0,7004
"""


def test_variants_are_one_item(home: Settings, migrated: None, tmp_path: Path) -> None:
    assert run_folder(write(tmp_path, products_export_1__csv=PRODUCTS)).rejected == 0
    found = {row[0]: row[1:] for row in table("items", "item_id", "price", "image", "hidden", "availability")}
    assert found == {
        "cap": (9.9, "", False, "in_stock"),
        "mug": (12.0, "", True, "in_stock"),
        "tee": (20.0, "https://cdn.example/tee-front.jpg", False, "in_stock"),
    }
    texts = {row[0]: row[1:] for row in table("items", "item_id", "description", "categories", "brand")}
    assert texts["tee"] == ("Soft & light.", ["Apparel & Accessories", "Clothing", "T-Shirts"], "Loom")
    assert texts["cap"][1] == ["Hats"]
    attributes = dict(table("items", "item_id", "attributes"))
    assert attributes["tee"] == {
        "color": ["Red", "Blue"],
        "tags": ["summer", "cotton"],
        "images": ["https://cdn.example/tee-back.jpg"],
        "list_price": 25.0,
        "variants": ["TEE-RED", "TEE-BLUE"],
    }


def test_both_headers_say_the_same(home: Settings, migrated: None, tmp_path: Path) -> None:
    run_folder(write(tmp_path, any_name__csv=NEW))
    [(_, title, price, image, stock)] = table("items", "item_id", "title", "price", "image", "availability")
    assert (title, price, image, stock) == ("Plain Tee", 20.0, "https://cdn.example/tee-front.jpg", "in_stock")


def test_orders_are_purchases_of_the_items(database: Settings, tmp_path: Path) -> None:
    summary = run_folder(write(tmp_path, products_export__csv=PRODUCTS, orders_export__csv=ORDERS))
    ann, bob = hashed("ann@example.com"), hashed("bob@example.com")
    events = table("events", "event_id", "user_id", "item_id", "event_type", "quantity", "value")
    assert events == [
        ("7001-1", ann, "tee", "purchase", 2.0, 38.0),
        ("7001-2", ann, "cap", "purchase", 1.0, 9.9),
        ("7002-1~return", bob, "tee", "return", 1.0, 18.0),
        ("7003-1~return", bob, "cap", "return", 1.0, 9.9),
    ]
    assert rejected() == [("orders_export.csv", 6, "item_id", rejected()[0][3])]
    assert "no such item" in rejected()[0][3]
    assert any("Total" in note and "Refunded Amount" in note for note in summary.notes), "what is not used is named"


@pytest.mark.parametrize("batch", [1, 2, 3])
def test_an_order_is_never_cut(home: Settings, migrated: None, tmp_path: Path, batch: int) -> None:
    folder = write(tmp_path, products_export__csv=PRODUCTS, orders_export__csv=ORDERS)
    run_folder(folder, Reading({}, EVENT_TYPE_NAMES, None, True, batch=batch))
    assert len(table("items", "item_id")) == 4, "three products, and a stub for the sticker"
    assert [row[0] for row in table("events", "event_id")] == [
        *("7001-1", "7001-2", "7002-1~return", "7003-1~return", "7004-1"),
    ]


def test_each_column_is_shown_with_what_becomes_of_it() -> None:
    header = PRODUCTS.splitlines()[0].split(",")
    shown = dict(shopify.PRODUCTS.lines(header))
    assert shown["Handle"] == "item_id"
    assert shown["Tags"] == "attribute tags"
    assert shown["Variant Inventory Qty"] == "availability"
    assert shopify.PRODUCTS.not_used(header) == ["Cost per item"]
