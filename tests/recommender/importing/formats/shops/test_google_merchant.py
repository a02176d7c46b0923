"""Feeds for Google's Merchant Center, as text and as XML."""

from pathlib import Path
from typing import Any

from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import table, write

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
