"""Files of Google's Retail API."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, rejected, table, write

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
