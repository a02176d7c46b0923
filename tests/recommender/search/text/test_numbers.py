"""Numbers as people say them, in digits, English and Chinese, and ages."""

import re

import pytest

from recommender.search.text.numbers import NUMBER, find_age, read_number


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("7", 7), ("1,234.5", 1234.5), ("4,5", 4.5), ("seven", 7), ("twenty", 20), ("hundred", 100),
        ("五", 5), ("两", 2), ("十", 10), ("十二", 12), ("二十", 20), ("二十五", 25), ("九十九", 99),
        ("一百", 100), ("百", 100), ("千", 1000), ("两百五十", 250), ("三百零五", 305), ("零", 0),
        ("两百五", 250), ("一千五", 1500), ("一千零五十", 1050), ("一万零五", 10_005), ("十二万三千", 123_000),
        ("5千", 5000), ("1.5万", 15_000),
        ("1.2.3", None), ("二二", None), ("五五十", None), ("百百", None), ("三零", None), ("十十", None),
        ("十百", None),
    ],
)  # fmt: skip
def test_a_number_is_read_or_is_none(said: str, value: float | None) -> None:
    assert read_number(said) == value


def say_in_chinese(number: int) -> str:
    said, skipped = "", False
    for worth, sign in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, worth)
        if digit:
            said += ("零" if skipped and said else "") + "零一二三四五六七八九"[digit] + sign
        skipped = not digit
    return said


def test_chinese_numbers_up_to_ten_thousand_are_read_back() -> None:
    wrong = [number for number in range(1, 10_000) if read_number(say_in_chinese(number)) != number]
    assert wrong == []
    assert all(re.fullmatch(NUMBER, say_in_chinese(number)) for number in range(1, 10_000))


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("gift for a 6 year old", 6), ("gift for a six-year-old boy", 6),
        ("给3岁的孩子", 3), ("给二十五岁的人", 25),
        ("送给6个月的宝宝", 0.5), ("保修6个月", None), ("第3岁", None),
        ("六岁大", 6),
        ("a girl of six", 6), ("18 months old", 1.5), ("6个月宝宝", 0.5), ("turning 40 years", 40),
        ("a box of six", None), ("kids 12 oz", None), ("boy of 5 kg", None), ("5 tins", None), ("", None),
    ],
)  # fmt: skip
def test_an_age_is_found_where_one_is_said(text: str, years: float | None) -> None:
    found = find_age(text)
    assert (found.years if found else None) == years
    if found:
        assert re.search(NUMBER, text[found.start : found.end])


def test_an_age_says_what_kind_of_person_it_is() -> None:
    kinds = [
        found.words
        for text in ("6个月", "2 years", "3岁", "12 years", "15 years", "30 years")
        if (found := find_age(text))
    ]
    assert kinds == ["baby toddler", "baby toddler", "kids toy", "kids toy", "teenager", ""]
