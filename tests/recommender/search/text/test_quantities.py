"""Numbers in texts and queries: their order, repetition, fractions and units."""

import pytest

from recommender.search.text.normalization import fold
from recommender.search.text.quantities import canonical, marks
from tests.support.shops.goods import ids, shop_of

GOODS = {
    "seal": "Gearbox Seal 42-315",
    "gasket": "Gearbox Gasket 315-42",
    "washer": "Gearbox Washer 42-317",
    "screw-4x40": "Timber Screw 4x40",
    "screw-40x4": "Timber Screw 40x4",
    "screw-4.5x40": "Timber Screw 4.5x40",
    "frame-20x30": "Photo Frame 20 x 30 cm",
    "frame-30x20": "Photo Frame 30 x 20 cm",
    "drive-5-2": "Servo XR-200-5",
    "drive-2-5": "Servo XR-500-2",
    "npk-12-12-24": "Fertiliser 12-12-24",
    "npk-12-24": "Fertiliser 12-24",
    "npk-24-12-12": "Fertiliser 24-12-12",
    "bit-3.5": "Drill bit 3.5 mm",
    "bit-5.3": "Drill bit 5.3 mm",
    "pipe-half": "Copper pipe 1/2 inch",
    "pipe-two": "Copper pipe 2 inch",
    "pipe-one-half": "Copper pipe 1½ inch",
    "pipe-eleven": "Copper pipe 11/2",
    "ratio-2-1": "Reducer 2/1",
    "ratio-1-2": "Reducer 1/2",
    "milk-2l": "Milk 2L",
    "milk-1l": "Milk 1 litre",
    "milk-half": "Milk 500 ml",
    "juice-2l": "Juice 2 L",
    "ruler-cm": "Ruler 5 cm",
    "ruler-mm": "Ruler 5 mm",
    "flour": "Flour 1.5kg",
    "flour-small": "Flour 500 g",
    "screen-24": 'Screen 24"',
    "screen-27": "Screen 27-inch",
    "oil-zh": "食用油 5升装",
    "oil-zh-2": "食用油 2升装",
}


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("42-315", "seal"),
        ("315-42", "gasket"),
        ("gearbox 42 315", "seal"),
        ("315 / 42", "gasket"),
        ("4x40", "screw-4x40"),
        ("40 x 4", "screw-40x4"),
        ("40×4 screw", "screw-40x4"),
        ("timber screw 4,5 x 40", "screw-4.5x40"),
        ("photo frame 20x30", "frame-20x30"),
        ("30 by 20 photo frame", "frame-30x20"),
        ("frame 30cm x 20cm", "frame-30x20"),
        ("frame 200 x 300 mm", "frame-20x30"),
        ("XR-200-5", "drive-5-2"),
        ("xr 500 2", "drive-2-5"),
        ("xr5002", "drive-2-5"),
        ("12-24", "npk-12-24"),
        ("fertiliser 12 12 24", "npk-12-12-24"),
        ("24-12-12", "npk-24-12-12"),
        ("3.5", "bit-3.5"),
        ("drill bit 5,3mm", "bit-5.3"),
        ("½ inch pipe", "pipe-half"),
        ('copper pipe 0.5"', "pipe-half"),
        ("pipe 1 1/2 in", "pipe-one-half"),
        ("copper pipe 1½″", "pipe-one-half"),
        ("pipe 38.1 mm", "pipe-one-half"),
        ("2 inch pipe", "pipe-two"),
        ("2/1", "ratio-2-1"),
        ("reducer 1/2", "ratio-1-2"),
        ("milk 2 litres", "milk-2l"),
        ("milk 2000 ml", "milk-2l"),
        ("milk 0,5 l", "milk-half"),
        ("milk ½ litre", "milk-half"),
        ("milk 100 cl", "milk-1l"),
        ("ruler 5mm", "ruler-mm"),
        ("ruler 5 cm", "ruler-cm"),
        ("ruler 50 mm", "ruler-cm"),
        ("flour 1500 g", "flour"),
        ("flour 1,5 kilo", "flour"),
        ("24 inch screen", "screen-24"),
        ("screen 24''", "screen-24"),
        ("27″ screen", "screen-27"),
        ("食用油 2000毫升", "oil-zh-2"),
        ("食用油两升", "oil-zh-2"),
        ("食用油5 L", "oil-zh"),
    ],
)
def test_the_right_numbers_come_first(query: str, first: str) -> None:
    assert ids(shop_of(GOODS), query)[0] == first


def test_a_quantity_that_nothing_has_is_looked_for_by_its_number() -> None:
    front = shop_of({"a": "Rope 30 m", "b": "Rope 10 ft"})
    assert ids(front, "rope 30 yd")[0] == "a"
    assert ids(front, "rope 7 m")[0] == "a"


def test_what_is_asked_for_goes_before_how_much_of_it() -> None:
    front = shop_of({"milk": "Milk 1 L", "juice": "Juice 2 L", "tea": "Tea 2 L"})
    assert ids(front, "milk 2 l")[0] == "milk"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000 mg", {"=1g"}),
        ("1½ kg", {"=1500g"}),
        ("1 1/2", {"=1.5"}),
        ("3/4", {"=0.75"}),
        ("6'2\"", {"=1879.6mm"}),
        ("12 fl oz", {"=354.88ml", "=340.19g"}),
        ("1 lb", {"=453.59g"}),
        ("pack of 12", {"=12ct"}),
        ("半斤", {"=250g"}),
        ("4 in 1", set()),
        ('"hose 10" long', set()),
        ("3个月", set()),
        ("no number", set()),
    ],
)
def test_numbers_say_how_much_of_what(text: str, expected: set[str]) -> None:
    assert {mark for mark in marks(fold(text)) if mark[0] == "="} == expected


@pytest.mark.parametrize(
    ("number", "plain"),
    [
        ("1,000", "1000"),
        ("1,5", "1.5"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("0,500", "0.500"),
        ("1'500", "1500"),
        ("1.000.000", "1000000"),
        ("007", "007"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_a_number_is_compared_with_a_point_and_no_groups(number: str, plain: str) -> None:
    assert canonical(number) == plain
