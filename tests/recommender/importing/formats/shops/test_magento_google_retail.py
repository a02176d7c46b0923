"""Exports of Magento and files of Google's Retail API."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, rejected, table, write

MAGENTO = """\
sku,store_view_code,attribute_set_code,product_type,categories,name,description,product_online,visibility,price,\
special_price,special_price_from_date,special_price_to_date,base_image,additional_attributes,qty,is_in_stock,\
configurable_variations,url_key,cost
bag,,Bag,simple,"Default Category/Gear,Default Category/Gear/Bags",Bag,<p>Big</p>,1,"Catalog, Search",45.00,\
30,1/1/26,,/b/a/bag.jpg,"color=Blue,activity=Gym|Yoga,has_options=0",0,1,,bag,9
bag,de,Bag,simple,,Tasche,,,,,,,,,,,,,,
sale-over,,Bag,simple,Default Category/Sale,Old,,1,4,20,10,1/1/20,1/31/20,no_selection,,0,0,,old,
tee,,Top,configurable,Default Category/Men/Tees,Tee,,1,"Catalog, Search",,,,,/t/e/tee.jpg,,0,1,\
"sku=tee-s,size=S|sku=tee-m,size=M",tee,
tee-s,,Top,simple,Default Category/Men/Tees,Tee-S,,1,Not Visible Individually,18,,,,,,0,0,,tee-s,
tee-m,,Top,simple,Default Category/Men/Tees,Tee-M,,1,Not Visible Individually,20,,,,,,3,1,,tee-m,
off,,Top,simple,,Off,,2,"Catalog, Search",9,,,,,,5,1,,off,
"""
RETAIL: list[dict[str, Any]] = [
    {
        "name": "projects/1/locations/global/catalogs/default_catalog/branches/0/products/tee",
        "id": "tee",
        "type": "PRIMARY",
        "categories": ["Clothing > Tees", "Sale"],
        "title": "Tee",
        "brands": ["Loom"],
        "languageCode": "de",
        "attributes": {"fit": {"text": ["slim"]}, "length": {"numbers": [70]}},
        "images": [{"uri": "https://shop.example/tee.jpg", "height": 100}],
        "uri": "https://shop.example/tee",
        "availability": "OUT_OF_STOCK",
        "priceInfo": {"currencyCode": "EUR", "price": 25, "originalPrice": 30},
    },
    {
        "id": "tee-m",
        "type": "VARIANT",
        "primaryProductId": "tee",
        "title": "Tee M",
        "sizes": ["M"],
        "colorInfo": {"colors": ["blue"]},
        "availableQuantity": 3,
        "priceInfo": {"currencyCode": "EUR", "price": 20, "originalPrice": 30},
    },
]


def test_magento(home: Settings, migrated: None, tmp_path: Path) -> None:
    summary = run_folder(write(tmp_path, catalog_product_20260101__csv=MAGENTO))
    assert rejected() == []
    found = table("items", "item_id", "title", "price", "hidden", "availability")
    assert found == [
        ("bag", "Bag", 30.0, False, "in_stock"),
        ("off", "Off", 9.0, True, "in_stock"),
        ("sale-over", "Old", 20.0, False, "out_of_stock"),
        ("tee", "Tee", 20.0, False, "in_stock"),
    ]
    texts = {row[0]: row[1:] for row in table("items", "item_id", "categories", "image", "attributes")}
    assert texts["bag"][:2] == (["Gear", "Bags"], "/media/catalog/product/b/a/bag.jpg")
    assert texts["bag"][2] == {"color": "Blue", "activity": ["Gym", "Yoga"], "url": "bag"}
    assert texts["tee"][2]["variants"] == ["tee-s", "tee-m"]
    assert texts["sale-over"][1] == ""
    assert any("cost" in note for note in summary.notes)


def test_google_retail(database: Settings, tmp_path: Path) -> None:
    base = {"visitorId": "v1", "eventTime": "2026-01-01T10:00:00Z", "userInfo": {"userId": "ann"}}
    tee = {"product": {"id": "tee-m", "priceInfo": {"price": 20}}, "quantity": 2}
    events: list[dict[str, Any]] = [
        {**base, "eventType": "detail-page-view", "productDetails": [{"product": {"id": "tee"}}]},
        {**base, "eventType": "home-page-view"},
        {**base, "eventType": "remove-from-cart", "productDetails": [{"product": {"id": "tee"}, "quantity": 1}]},
        {**base, "eventType": "search", "searchQuery": "red tee", "eventTime": "2026-01-02T10:00:00Z"},
        {
            **base,
            "eventType": "purchase-complete",
            "eventTime": "2026-01-03T10:00:00Z",
            "productDetails": [tee],
            "purchaseTransaction": {"id": "T1", "revenue": 38, "currencyCode": "EUR"},
        },
    ]
    run_folder(write(tmp_path, catalog__jsonl=jsonl(RETAIL), user_events__jsonl=jsonl(events)))
    assert rejected() == []
    assert table("items", "item_id", "url", "currency", "stock") == [("tee", "https://shop.example/tee", "EUR", None)]
    columns = ("item_id", "title", "categories", "brand", "price", "availability", "language", "image", "attributes")
    assert table("items", *columns) == [
        (
            *("tee", "Tee", ["Clothing", "Tees"], "Loom", 20.0, "in_stock", "de", "https://shop.example/tee.jpg"),
            {
                **{"fit": "slim", "length": 70, "sizes": ["M"], "colors": ["blue"]},
                **{"list_price": 30, "variants": ["tee-m"]},
            },
        )
    ]
    found = table("events", "time", "event_type", "user_id", "item_id", "quantity", "value", "text")
    assert {row[1:] for row in found} == {
        ("view", "ann", "tee", None, None, None),
        ("removal", "ann", "tee", 1.0, None, None),
        ("search", "ann", None, None, None, "red tee"),
        ("purchase", "ann", "tee", 2.0, 38.0, None),
    }
