"""Codes of languages: which are one, and which of several answers a wish."""

import pytest

from recommender.utils.languages import pick_language, same_language


def test_a_region_may_be_left_out_of_one_of_two() -> None:
    assert same_language("zh", "zh_CN")
    assert same_language("EN", "en")
    assert not same_language("zh-CN", "zh-TW")
    assert not same_language("en", "eng")


@pytest.mark.parametrize(
    ("wanted", "found"), [("zh", "zh-cn"), ("zh-TW", "zh-tw"), ("fr-CA", "fr"), ("zh-HK", "zh-cn"), ("de", None)]
)
def test_the_same_a_region_or_the_wider_one_is_picked(wanted: str, found: str | None) -> None:
    assert pick_language(wanted, ["en", "zh-cn", "zh-tw", "fr"]) == found
