"""Writes the two small shops of `examples/shops`: one as Shopify exports it, one as GA4 exports it to BigQuery.

Headers and values have the form that the real exports have; the goods and the people are made up. The same call writes
the same files. Each shopper has two favourite shelves, and comes back for what is used up.
"""

import csv
import gzip
import json
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FIRST, WEEKS, SHOPPERS = datetime(2026, 8, 3, 8, tzinfo=UTC), 16, 60
SHELVES = {
    "Coffee Beans": (
        "Home > Food > Coffee",
        "Altura",
        12.0,
        "Ethiopia Yirgacheffe|Colombia Huila|House Espresso|Decaf",
    ),
    "Tea": ("Home > Food > Tea", "Leaf & Co", 7.5, "Assam Breakfast|Sencha|Rooibos Vanilla|Earl Grey"),
    "Chocolate": ("Home > Food > Chocolate", "Cabosse", 4.2, "Dark 70%|Hazelnut Milk|Sea Salt Caramel|Orange Dark"),
    "Filters": ("Home > Kitchen > Coffee Filters", "Brewly", 5.9, "Cone No. 2|Cone No. 4|Round 8 cm|Cold Brew Bags"),
    "Cups": ("Home > Kitchen > Cups", "Terra", 14.0, "Espresso Cup|Latte Bowl|Travel Mug|Glass Tumbler"),
    "Brewers": ("Home > Kitchen > Brewers", "Brewly", 39.0, "French Press|Moka Pot|Pour-over Dripper|Cold Brew Jug"),
}
USED_UP = ("Coffee Beans", "Tea", "Chocolate", "Filters")
NAMES = ("ada", "ben", "carla", "deniz", "emil", "fatma", "greta", "hugo", "ines", "jonas", "kira", "lars")
PRODUCT_COLUMNS = (
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Option1 Name",
    "Option1 Value", "Option1 Linked To", "Option2 Name", "Option2 Value", "Option2 Linked To", "Option3 Name",
    "Option3 Value", "Option3 Linked To", "Variant SKU", "Variant Grams", "Variant Inventory Tracker",
    "Variant Inventory Qty", "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price",
    "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable", "Variant Barcode", "Image Src",
    "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description", "Variant Image",
    "Variant Weight Unit", "Variant Tax Code", "Cost per item", "Status",
)  # fmt: skip
ORDER_COLUMNS = (
    "Name", "Email", "Financial Status", "Paid at", "Fulfillment Status", "Fulfilled at", "Accepts Marketing",
    "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Code", "Discount Amount", "Shipping Method",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem compare at price", "Lineitem sku",
    "Lineitem requires shipping", "Lineitem taxable", "Lineitem fulfillment status", "Billing Name", "Billing City",
    "Billing Zip", "Billing Country", "Billing Phone", "Shipping Name", "Shipping City", "Shipping Zip",
    "Shipping Country", "Notes", "Note Attributes", "Cancelled at", "Payment Method", "Payment Reference",
    "Refunded Amount", "Vendor", "Outstanding Balance", "Employee", "Location", "Device ID", "Id", "Tags",
    "Risk Level", "Source", "Lineitem discount", "Phone",
)  # fmt: skip


def goods() -> list[dict[str, Any]]:
    """Six shelves of eight products each."""
    found = []
    for kind, (path, brand, price, names) in SHELVES.items():
        for place, name in enumerate(names.split("|")):
            for size, factor in (("small", 1.0), ("large", 1.8)):
                handle = f"{name} {size}".lower().replace(" ", "-").replace("%", "").replace(".", "")
                found.append({
                    "handle": handle, "title": f"{name}, {size}", "shelf": kind, "path": path, "brand": brand,
                    "price": round((price + place) * factor, 2), "sku": f"{kind[:3].upper()}-{place}{size[0].upper()}",
                })  # fmt: skip
    return found


def baskets(draw: random.Random) -> Iterator[tuple[str, datetime, list[dict[str, Any]]]]:
    """Who buys what when, in the order of time."""
    shelves, all_goods = list(SHELVES), goods()
    found = []
    for number in range(SHOPPERS):
        name = f"{NAMES[number % len(NAMES)]}{number}"
        first, second = shelves[number % 6], shelves[(number // 6 + number + 1) % 6]
        liked = [one for one in all_goods if one["shelf"] in (first, second)]
        usual = draw.sample([one for one in liked if one["shelf"] in USED_UP] or liked, 2)
        for week in range(WEEKS):
            if draw.random() < 0.6:
                moment = FIRST + timedelta(weeks=week, days=draw.randrange(7), minutes=draw.randrange(700))
                others = draw.sample(liked if draw.random() < 0.85 else all_goods, draw.randint(1, 2))
                bought = {one["sku"]: one for one in [usual[week % 2], *others]}
                found.append((name, moment, list(bought.values())))
    return iter(sorted(found, key=lambda one: one[1]))


def write_shopify(folder: Path, draw: random.Random) -> None:
    """products_export_1.csv and orders_export_1.csv, as Products > Export and Orders > Export send them."""
    with (folder / "products_export_1.csv").open("w", newline="") as file:
        products = csv.DictWriter(file, PRODUCT_COLUMNS, restval="", lineterminator="\n")
        products.writeheader()
        products.writerows(_product(one) for one in goods())
    with (folder / "orders_export_1.csv").open("w", newline="") as file:
        orders = csv.DictWriter(file, ORDER_COLUMNS, restval="", lineterminator="\n")
        orders.writeheader()
        for number, (name, moment, bought) in enumerate(baskets(draw), 1001):
            orders.writerows(_order(number, name, moment, bought))


def _product(one: dict[str, Any]) -> dict[str, Any]:
    description = f"<p>{one['title']} by <b>{one['brand']}</b>, for {one['shelf'].lower()}.</p>"
    return {
        "Handle": one["handle"], "Title": one["title"], "Body (HTML)": description, "Vendor": one["brand"],
        "Product Category": one["path"], "Type": one["shelf"], "Tags": "demo", "Published": "true",
        "Option1 Name": "Title", "Option1 Value": "Default Title", "Variant SKU": one["sku"], "Variant Grams": "250",
        "Variant Inventory Tracker": "shopify", "Variant Inventory Qty": "40", "Variant Inventory Policy": "deny",
        "Variant Fulfillment Service": "manual", "Variant Price": f"{one['price']:.2f}", "Gift Card": "false",
        "Variant Requires Shipping": "true", "Variant Taxable": "true", "Status": "active",
        "Image Src": f"https://cdn.shop.example/{one['handle']}.jpg", "Image Position": "1",
    }  # fmt: skip


def _order(number: int, name: str, moment: datetime, bought: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row a line; what holds for the order stands in its first row alone, as Shopify writes it."""
    time, total = moment.strftime("%Y-%m-%d %H:%M:%S +0000"), f"{sum(one['price'] for one in bought):.2f}"
    order = {
        "Financial Status": "paid", "Paid at": time, "Fulfillment Status": "fulfilled", "Fulfilled at": time,
        "Accepts Marketing": "no", "Currency": "EUR", "Subtotal": total, "Shipping": "0.00", "Taxes": "0.00",
        "Total": total, "Discount Amount": "0.00", "Payment Method": "Shopify Payments", "Refunded Amount": "0.00",
        "Outstanding Balance": "0.00", "Id": str(5_400_000_000_000 + number), "Risk Level": "Low", "Source": "web",
    }  # fmt: skip
    for place, one in enumerate(bought):
        yield {
            **(order if place == 0 else {}), "Name": f"#{number}", "Email": f"{name}@example.com", "Created at": time,
            "Lineitem quantity": "1", "Lineitem name": one["title"], "Lineitem price": f"{one['price']:.2f}",
            "Lineitem sku": one["sku"], "Lineitem requires shipping": "true", "Lineitem taxable": "true",
            "Lineitem fulfillment status": "fulfilled", "Vendor": one["brand"], "Lineitem discount": "0.00",
        }  # fmt: skip


def write_ga4(folder: Path, draw: random.Random) -> None:
    """The table `events_*` as BigQuery's EXPORT DATA writes it: an object a line, compressed."""
    rows = [row for number, basket in enumerate(baskets(draw), 1) for row in _visit(number, *basket)]
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    path = folder / "events-000000000000.json.gz"
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(text.encode())


def _visit(number: int, name: str, moment: datetime, bought: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """What is looked at, and then bought."""
    steps = [("session_start", []), *(("view_item", [one]) for one in bought), ("purchase", bought)]
    for place, (event, items) in enumerate(steps):
        at, order = moment + timedelta(minutes=place), f"T{number}" if event == "purchase" else None
        yield {
            "event_date": f"{at:%Y%m%d}", "event_timestamp": str(int(at.timestamp()) * 1_000_000), "event_name": event,
            "event_params": [{"key": "ga_session_id", "value": {"int_value": str(int(moment.timestamp()))}}],
            "user_id": name, "user_pseudo_id": f"{1_000_000_000 + sum(map(ord, name)) * 7919}.1785000000",
            "device": {"category": "mobile", "language": "en-us"}, "geo": {"country": "Germany"},
            "ecommerce": {"transaction_id": order} if order else {}, "items": [_ga4_item(one) for one in items],
            "platform": "WEB", "stream_id": "3500000001",
        }  # fmt: skip


def _ga4_item(one: dict[str, Any]) -> dict[str, Any]:
    *_, wide, narrow = one["path"].split(" > ")
    return {
        "item_id": one["sku"], "item_name": one["title"], "item_brand": one["brand"], "item_variant": "(not set)",
        "item_category": wide, "item_category2": narrow, "price": one["price"], "quantity": "1",
    }  # fmt: skip


def write_shops(folder: Path) -> None:
    for name, write in (("shopify", write_shopify), ("ga4", write_ga4)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        write(folder / name, random.Random(1))  # noqa: S311 (no secret)


if __name__ == "__main__":
    write_shops(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "shops"))
