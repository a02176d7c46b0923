"""Columns and words of availability in shops' own spellings: whose word it is, what it says, what isn't understood."""

import pytest

from recommender.data.availability import (
    BACKORDER,
    HIDDEN,
    IN_STOCK,
    OUT_OF_STOCK,
    PREORDER,
    SHOWN,
    About,
    about,
    is_untracked,
    spelled,
    verdict,
)


@pytest.mark.parametrize("name", ["Is_In-Stock", "isinstock", " IS IN STOCK ", "ＩＳ＿ＩＮ＿ＳＴＯＣＫ"])
def test_a_name_is_its_letters_and_digits_alone(name: str) -> None:
    assert spelled(name) == "isinstock"
    assert about(name) is About.STOCKED


def test_accents_and_scripts_are_kept_apart_from_signs() -> None:
    assert spelled("Épuisé!") == "epuise"
    assert spelled("库存 数量") == "库存数量"
    assert spelled("--- _") == ""


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("Published", About.SHOWN), ("商品状态", About.SHOWN), ("deleted_at", About.GONE),
        ("Sold Out?", About.SOLD_OUT),
        ("Variant Inventory Qty", About.COUNT), ("Lagerbestand", About.COUNT), ("g:availability", None),
        ("availability", About.AVAILABILITY), ("Manage stock?", About.TRACKED), ("backorders", About.BACKORDERS),
        ("title", None), ("", None),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_name(column: str, expected: About | None) -> None:
    assert about(column) is expected


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("published", "TRUE", SHOWN), ("published", "0", HIDDEN), ("hidden", "yes", HIDDEN), ("hidden", "no", SHOWN),
        ("in_stock", "Ja", IN_STOCK), ("in_stock", "没有", OUT_OF_STOCK), ("sold_out", "1", OUT_OF_STOCK),
        ("sold_out", "false", IN_STOCK), ("availability", "https://schema.org/InStock", IN_STOCK),
        ("availability", "Pre-Order", PREORDER), ("availability", "available for order", BACKORDER),
        ("availability", "rupture de stock", OUT_OF_STOCK), ("status", "Draft", HIDDEN), ("status", "上架", SHOWN),
        ("stock", "12", 12.0), ("stock", "-3", -3.0), ("stock", "5.00", 5.0), ("stock", "> 10", 10.0),
        ("stock", "20+ pcs", 20.0), ("stock", "7 件", 7.0), ("availability", "3", 3.0), ("in_stock", "40", 40.0),
        ("in_stock", "1", IN_STOCK), ("deleted_at", "2024-05-01T10:00:00Z", HIDDEN), ("deleted_at", "1.5.2024", HIDDEN),
        ("backorders", "notify", BACKORDER), ("backorders", "no", SHOWN), ("manage_stock", "no", SHOWN),
    ],
)  # fmt: skip
def test_a_value_is_read_by_what_its_column_is_about(column: str, value: str, said: str | float) -> None:
    assert verdict(column, value) == said


@pytest.mark.parametrize(
    ("column", "value"),
    [("stock", "many thousands"), ("status", "purple"), ("title", "in stock"), ("stock", "  "), ("published", "12")],
)
def test_what_is_not_understood_is_nothing(column: str, value: str) -> None:
    assert verdict(column, value) is None


def test_numbers_beyond_yes_and_no_are_magentos() -> None:
    assert verdict("visibility", "1") == SHOWN
    assert verdict("visibility", "1", numbered=True) == HIDDEN
    assert verdict("visibility", "4", numbered=True) == SHOWN
    assert verdict("status", "2", numbered=True) == HIDDEN
    assert verdict("stock", "2", numbered=True) == 2.0


@pytest.mark.parametrize(
    ("column", "value", "untracked"),
    [
        ("manage_stock", "no", True), ("manage_stock", "yes", False), ("inventory_management", "", True),
        ("variant_inventory_tracker", " ", True), ("variant_inventory_tracker", "shopify", False),
        ("manage_stock", "", False), ("track_inventory", "Not tracked", True), ("track_quantity", "FALSE", True),
    ],
)  # fmt: skip
def test_a_number_in_stock_may_mean_nothing(column: str, value: str, untracked: bool) -> None:
    assert is_untracked(column, value) == untracked
