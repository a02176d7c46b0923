"""Titles and prices as answers write them."""

from recommender.assistant.answer_parts import LONGEST_TITLE, money, named, quoted


def test_a_title_stands_between_marks_on_one_line() -> None:
    assert quoted("Lawn\nmower") == "“Lawn mower”"


def test_a_long_title_is_cut_and_says_so() -> None:
    assert named("a" * LONGEST_TITLE) == "a" * LONGEST_TITLE
    assert named("a" * (LONGEST_TITLE + 1)) == "a" * (LONGEST_TITLE - 1) + "…"


def test_a_price_has_two_decimals() -> None:
    assert [money(price) for price in (9.0, 0.2, 1234.567)] == ["9.00", "0.20", "1234.57"]
