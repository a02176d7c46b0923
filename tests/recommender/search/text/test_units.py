"""Units of measure are one unit of their dimension, however they are called."""

import pytest

from recommender.search.text.units import UNITS, compile_unit, in_base, write_quantity


@pytest.mark.parametrize(
    ("value", "unit", "base"),
    [
        (2, "l", "2000ml"), (2, "升", "2000ml"), (2, "公升", "2000ml"), (5, "lb", "2268g"), (1, "斤", "500g"),
        (1, "公斤", "1000g"), (16, "oz", "453.59g"), (1, "foot", "304.8mm"), (12, '"', "304.8mm"), (6, "寸", "152.4mm"),
        (1.5, "tb", "1500gb"), (90, "min", "90min"), (1.5, "小时", "90min"), (0.5, "kw", "500w"), (3, "件", "3ct"),
    ],
)  # fmt: skip
def test_a_quantity_is_written_in_its_dimension_s_unit(value: float, unit: str, base: str) -> None:
    assert in_base(value, unit) == base


def test_quantities_are_compared_to_five_figures() -> None:
    assert write_quantity(1 / 3) == "0.33333"
    assert write_quantity(2000.004, "ml") == "2000ml"
    assert in_base(0, "kg") == "0g"


def test_an_unknown_unit_is_an_error() -> None:
    with pytest.raises(KeyError, match="parsec"):
        in_base(1, "parsec")


@pytest.mark.parametrize("name", [name for name in UNITS if name.isascii() and name.isalpha() and name != "floz"])
def test_every_latin_name_is_matched_whole_after_a_number(name: str) -> None:
    for text in (f" {name}", name, f"-{name} bag"):
        found = compile_unit().match(text)
        assert found is not None, text
        assert found["name"] == name, text


@pytest.mark.parametrize("text", ["months", "litany", "grams2", "", "个月", "'s", '"a"'])
def test_what_only_begins_like_a_unit_is_none(text: str) -> None:
    assert compile_unit().match(text) is None


def test_chinese_units_and_signs_are_matched_and_fluid_ounces_told_apart() -> None:
    unit = compile_unit()
    assert [found["name"] for text in ("毫升装", "千克", "英寸屏") if (found := unit.match(text))] == [
        "毫升",
        "千克",
        "英寸",
    ]
    assert [found["sign"] for text in ('" tv', "'") if (found := unit.match(text))] == ['"', "'"]
    fluid = unit.match(" fl oz")
    assert fluid is not None
    assert fluid["fluid"]
