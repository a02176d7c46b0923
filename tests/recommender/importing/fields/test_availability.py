"""What a shop says of availability, in the names and words of shop systems and feeds, from file to tables."""

from pathlib import Path
from typing import Any

import pytest

from recommender.data.availability import about
from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.folder import Reading
from recommender.importing.sources import run_folder
from recommender.settings import Settings
from tests.support.shops.files import jsonl, table, write

WOOCOMMERCE = """\
ID,Type,SKU,Name,Published,"Is featured?","Visibility in catalog","Short description",Description,"In stock?",Stock,\
"Backorders allowed?","Sale price","Regular price",Categories,Parent
101,simple,lamp-desk,"Desk Lamp",1,0,visible,"A lamp.","Bends.",1,12,0,,39,"Home > Lighting",
102,simple,,"Floor Lamp",1,0,visible,"A tall lamp.",,1,4,0,59,79,"Home, Home > Lighting, Sale",
103,simple,lamp-draft,"Prototype",-1,0,visible,,Draft.,1,1,0,,99,"Home > Lighting",
104,simple,lamp-hidden,"Staff Lamp",1,0,hidden,,Hidden.,1,1,0,,5,"Home > Lighting",
105,simple,lamp-out,"Sold-out Lamp",1,0,visible,,Gone.,0,0,0,,49,"Home > Lighting",
106,simple,lamp-order,"Ordered Lamp",1,0,visible,,Later.,backorder,0,1,,49,"Home > Tables\\, Chairs",
"""


def available(*columns: str) -> dict[str, tuple[Any, ...]]:
    """By id, hidden and availability (or the columns named)."""
    return {row[0]: row[1:] for row in table("items", "item_id", *(columns or ("hidden", "availability")))}


def test_an_export_of_woocommerce(home: Settings, migrated: None, tmp_path: Path) -> None:
    assert run_folder(write(tmp_path, products__csv=WOOCOMMERCE)).rejected == 0
    assert available() == {
        "102": (False, "in_stock"),
        "lamp-desk": (False, "in_stock"),
        "lamp-draft": (True, "in_stock"),
        "lamp-hidden": (True, "in_stock"),
        "lamp-order": (False, "backorder"),
        "lamp-out": (False, "out_of_stock"),
    }
    prices = available("price", "categories", "description")
    assert prices["lamp-desk"] == (39.0, ["Home", "Lighting"], "Bends.")
    assert prices["102"] == (59.0, ["Home", "Lighting"], "A tall lamp.")
    assert prices["lamp-order"] == (49.0, ["Home", "Tables, Chairs"], "Later.")


@pytest.mark.parametrize("suffix", ["csv", "tsv", "txt"])
def test_a_merchant_feed(home: Settings, migrated: None, tmp_path: Path, suffix: str) -> None:
    lines = [
        "id|title|availability|availability_date|price|sale_price|sale_price_effective_date|google_product_category",
        "g-1|Mug|in stock||12.50 EUR||2020-01-01T00:00Z/2020-02-01T00:00Z|Food, Beverages & Tobacco > Beverages",
        "g-2|Pot|out of stock||32.00 EUR|28.00 EUR||Home & Garden > Kitchen",
        "g-3|Pan|preorder|2126-01-01T00:00Z|1,299.00 USD|999 USD|2020-01-01T00:00Z/2020-02-01T00:00Z|2271",
        "g-4|Jug|backorder|2126-01-01T00:00Z|€ 7,90||2020-01-01T00:00Z/2126-02-01T00:00Z|",
    ]
    text = "\n".join(lines).replace("|", "," if suffix == "csv" else "\t")
    if suffix == "csv":
        text = "\n".join(",".join(f'"{part}"' for part in line.split("|")) for line in lines)
    write(tmp_path).joinpath(f"products.{suffix}").write_text(f"{text}\n")
    assert run_folder(tmp_path).rejected == 0
    assert available("price", "availability", "available_from", "categories") == {
        "g-1": (12.5, "in_stock", None, ["Food, Beverages & Tobacco", "Beverages"]),
        "g-2": (28.0, "out_of_stock", None, ["Home & Garden", "Kitchen"]),
        "g-3": (1299.0, "preorder", None, []),
        "g-4": (7.9, "backorder", None, []),
    }


@pytest.mark.parametrize(
    ("column", "value", "hidden", "stock"),
    [
        ("status", "draft", True, None),
        ("Status", "Archived", True, None),
        ("status", "active", False, None),
        ("status", "sold out", False, "out_of_stock"),
        ("product_online", "2", True, None),
        ("visibility", "Not Visible Individually", True, None),
        ("visibility", "Catalog, Search", False, None),
        ("Published", "FALSE", True, None),
        ("active", "0", True, None),
        ("Active (0/1)", "1", False, None),
        ("deleted", "yes", True, None),
        ("discontinued_at", "2020-01-01", False, None),  # a time, kept as such
        ("in_stock", "false", False, "out_of_stock"),
        ("is_in_stock", "1", False, "in_stock"),
        ("in_stock", "7", False, "in_stock"),
        ("stock_status", "onbackorder", False, "backorder"),
        ("availability", "https://schema.org/SoldOut", False, "out_of_stock"),
        ("availability", "InStock", False, "in_stock"),
        ("availability", "Out_Of_Stock", False, "out_of_stock"),
        ("available", "no", False, "out_of_stock"),
        ("stock", "0", False, "out_of_stock"),
        ("stock", "-3", False, "out_of_stock"),
        ("stock", "10+", False, "in_stock"),
        ("Stock", "Unlimited", False, "in_stock"),
        ("qty", "0.0000", False, "out_of_stock"),
        ("Variant Inventory Qty", "4", False, "in_stock"),
        ("quantity", "0", False, "out_of_stock"),
        ("sold_out", "true", False, "out_of_stock"),
        ("库存", "0", False, "out_of_stock"),
        ("状态", "下架", True, None),
        ("availability", "缺货", False, "out_of_stock"),
        ("Verfügbarkeit", "nicht auf Lager", False, "out_of_stock"),
        ("disponibilité", "en rupture de stock", False, "out_of_stock"),
        ("stock", "", False, None),
    ],
)
def test_many_names_and_words(
    home: Settings, migrated: None, tmp_path: Path, column: str, value: str, hidden: bool, stock: str | None
) -> None:
    item = {"item_id": "mug", "title": "Mug", column: value}
    summary = run_folder(write(tmp_path / "shop", items__jsonl=jsonl([item])))
    assert (summary.rejected, summary.notes) == (0, ())
    assert table("items", "hidden", "availability", "attributes") == [(hidden, stock, {})]


@pytest.mark.parametrize(
    ("said", "stock"),
    [
        ({"availability": "in stock", "stock": 0}, "out_of_stock"),
        ({"is_in_stock": 1, "qty": 0}, "in_stock"),  # the shop's own reckoning
        ({"stock": 0, "backorders": "yes"}, "backorder"),
        ({"Variant Inventory Qty": 0, "Variant Inventory Policy": "continue"}, "backorder"),
        ({"Variant Inventory Qty": 0, "Variant Inventory Policy": "deny"}, "out_of_stock"),
        ({"Variant Inventory Qty": 0, "Variant Inventory Tracker": ""}, None),
        ({"stock": 0, "manage_stock": "no"}, None),
        ({"stock": 0, "availability": "preorder"}, "preorder"),
        ({"stock": 5, "status": "sold out"}, "out_of_stock"),
    ],
)
def test_several_columns_are_weighed(
    home: Settings, migrated: None, tmp_path: Path, said: dict[str, object], stock: str | None
) -> None:
    run_folder(write(tmp_path, items__jsonl=jsonl([{"item_id": "mug", "title": "Mug", **said}])))
    assert table("items", "availability") == [(stock,)]


def test_what_is_not_understood_stays_an_attribute_and_is_told(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = "item_id,title,status\na,Phone,refurbished\nb,Phone,active\nc,Phone,refurbished\n"
    summary = run_folder(write(tmp_path / "shop", items__csv=rows))
    assert available("hidden", "attributes")["a"] == (False, {"status": "refurbished"})
    assert available("hidden", "attributes")["b"] == (False, {})
    [note] = summary.notes
    assert note.startswith("items.csv: status: 'refurbished'")
    assert note.endswith("(2 rows)")


def test_availability_among_attributes_is_heard_too(home: Settings, migrated: None, tmp_path: Path) -> None:
    details = {"colour": "red", "availability": "out of stock", "Stock": 0}
    run_folder(write(tmp_path, items__jsonl=jsonl([{"item_id": "mug", "title": "Mug", "details": details}])))
    assert table("items", "availability", "attributes") == [("out_of_stock", {"colour": "red"})]


def test_a_column_is_named_by_hand(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = "item_id,title,left,state\na,Mug,0,ok\nb,Mug,2,draft\n"
    run_folder(write(tmp_path, items__csv=rows), Reading({"stock": "left", "status": "state"}, EVENT_TYPE_NAMES))
    assert available() == {"a": (False, "out_of_stock"), "b": (True, "in_stock")}


def test_numbers_of_magento_are_told_from_yes_and_no(home: Settings, migrated: None, tmp_path: Path) -> None:
    rows = "sku,name,status,visibility\na,Bag,1,4\nb,Bag,2,4\nc,Bag,1,1\n"
    run_folder(write(tmp_path, items__csv=rows))
    assert available("hidden") == {"a": (False,), "b": (True,), "c": (True,)}


def test_other_names_are_left_alone() -> None:
    assert [about(name) for name in ("colour", "stockings", "state", "online", "size")] == [None] * 5
