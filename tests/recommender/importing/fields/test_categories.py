"""Category paths as shops write them."""

import pytest

from recommender.importing.fields.categories import category_path


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("Home > Kitchen > Cups", ["Home", "Kitchen", "Cups"]),
        ("家居 » 厨房", ["家居", "厨房"]),
        ("Drinks|Tea", ["Drinks", "Tea"]),
        ('["Drinks", null, " Tea "]', ["Drinks", "Tea"]),
        ("Cups, Mugs", ["Cups, Mugs"]),  # a comma of a name
        ("Clothing > Tees, Clothing > Tees > Long", ["Clothing", "Tees", "Long"]),  # paths, of which the deepest
        ("Default Category/Gear", ["Gear"]),
        ("[broken", ["[broken"]),
        ("", []), (None, []), ("499", []), ("simple", []), ("Variable", []), (" > ", []), ("[]", []),
    ],
)  # fmt: skip
def test_a_path_is_read_widest_first(value: str | None, path: list[str]) -> None:
    assert category_path(value) == path


def test_commas_part_paths_where_the_format_says_so() -> None:
    assert category_path("Clothing, Clothing > Tees, Sale", lists=True) == ["Clothing", "Tees"]
    assert category_path("Kitchen > Cups\\, Mugs", lists=True) == ["Kitchen", "Cups, Mugs"]
