"""Words of a text: folded, cut, stemmed."""

import pytest

from recommender.search.text.normalization import fold
from recommender.search.text.tokenization import drop_little_words, split_words, stem, terms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crème brûlée’s", ["creme", "brulees"]),
        ("ＴＥＡ 12.5oz", ["tea", "12.5", "oz"]),
        ("B12 7up", ["b", "12", "7", "up"]),
        ("ミルク", ["ミル", "ルク"]),
        ("чай чёрный", ["чаи", "черныи"]),
        ("!!! 🦄", []),
    ],
)
def test_a_text_is_cut_into_its_words(text: str, expected: list[str]) -> None:
    assert split_words(text) == expected


def test_chinese_is_cut_where_its_words_end() -> None:
    pytest.importorskip("jieba")
    assert {"广场", "服装"} <= set(split_words("广场舞服装女"))
    assert terms("情侣diy盒子") == ["情侣", "diy", "盒子"]


def test_one_word_in_several_forms_is_one_term() -> None:
    assert stem("tomatoes") == stem("tomato")
    assert stem("12.5") == "12.5"
    assert fold("  A\tB ") == "a b"


def test_little_words_count_only_where_there_are_no_others() -> None:
    assert drop_little_words(["something", "for", "the", "bath"]) == ["something", "bath"]
    assert drop_little_words(["the", "a"]) == ["the", "a"]
