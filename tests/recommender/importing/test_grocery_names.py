"""The till's names of groceries, made readable."""

import pytest

from recommender.importing.grocery_names import department_name, readable, size_name, title_of


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("FRZN ICE", "Frozen Ice"), ("CHIX:FRZ", "Chicken: Frozen"), ("MILK&CREAM", "Milk & Cream"),
        ("N/CARB WATER", "Non-carbonated Water"), ("BBQ SAUCE W/HONEY", "BBQ Sauce w/Honey"),
        ("ICE - CRUSHED/CUBED", "Ice - Crushed/Cubed"), ("CEREAL (COLD", "Cereal"),
        ("SOUP (CAN) DRY", "Soup (Can) Dry"),
        ("OF THE SEA", "Of the Sea"), ("", ""), ("???", "???"), ("茶", "茶"),
    ],
)  # fmt: skip
def test_abbreviations_are_words_and_brackets_that_stay_open_are_dropped(name: str, said: str) -> None:
    assert readable(name) == said


def test_a_readable_name_stays_readable() -> None:
    for name in ("Frozen Ice", "Milk & Cream"):
        assert readable(name) == name


def test_departments_and_sizes() -> None:
    assert department_name("DRUG GM") == "Drugstore & General Merchandise"
    assert department_name("GROCERY") == "Grocery"
    assert size_name("GROCERY", " (2) 22 LB") == "22 lb"
    assert size_name("PRODUCE", "22 LB") == ""
    assert size_name("GROCERY", None) == size_name("GROCERY", "") == ""


def test_a_title_is_of_the_narrowest_name_there_is() -> None:
    assert title_of("GROCERY", "ICE", "ICE - CRUSHED/CUBED", "22 LB") == "Ice - Crushed/Cubed, 22 lb"
    assert title_of("GROCERY", "FRZN ICE", None, None) == "Frozen Ice"
    assert title_of("DRUG GM", None, "", "1 CT") == "Drugstore & General Merchandise, various, 1 ct"
