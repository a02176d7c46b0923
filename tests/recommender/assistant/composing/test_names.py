"""The names of products in sentences: whole titles, titles without their size, and the noun that they share."""

import pytest

from recommender.assistant.composing.names import names_of, nouns_of, without_size


@pytest.mark.parametrize(
    ("title", "short"),
    [
        ("Oat Milk, 1 l", "Oat Milk"),
        ("Diapers Size 4, 44 pieces", "Diapers Size 4"),
        ("无麸质面包 300克", "无麸质面包"),
        ("iPhone 15", "iPhone 15"),
        ("Lamp, red", "Lamp, red"),
        ("7, 1 l", "7, 1 l"),
        ("", ""),
    ],
)
def test_a_title_without_its_size(title: str, short: str) -> None:
    assert without_size(title) == short


def test_a_short_name_is_one_product_s_alone() -> None:
    assert names_of(["Tea, 5 bags", "Mug"]) == [("Tea, 5 bags", 0), ("Mug", 1), ("Tea", 0)]
    assert ("Tea", 0) not in names_of(["Tea, 5 bags", "Tea, 50 bags"])
    assert ("Oat Milk", 0) not in names_of(["Oat Milk, 1 l", "Oat Milk Barista, 1 l"])


def test_the_noun_is_the_last_word_of_all() -> None:
    assert nouns_of(["Green Tea, 5 bags", "Black Tea"]) == {"tea", "teas"}
    assert nouns_of(["Green Tea", "Mug"]) == nouns_of([]) == nouns_of(["Candy FREE"]) == nouns_of(["Lamp 5"]) == set()
