"""The patterns of what says "not": what they take for a denial in several languages, and what they leave."""

import re
from time import perf_counter

import pytest

from recommender.search.text import negation_cues as cues
from recommender.search.text.normalization import fold


@pytest.mark.parametrize(
    "said",
    ["tea without sugar", "Tee ohne Zucker", "thé sans sucre", "té sin azúcar", "чай без сахара", "tea w/o sugar",
     "anything but sugar", "tea, not sugar", "tea minus sugar", "don't want sugar", "free of sugar", "شاي بدون سكر"],
)  # fmt: skip
def test_a_word_before_what_is_not_wanted_is_found_in_many_languages(said: str) -> None:
    assert cues.BEFORE.search(fold(said)), said


@pytest.mark.parametrize("said", ["notebook", "sinful cake", "knot", "piano", "sanssouci", "no-name", "bez-el"])
def test_a_part_of_a_word_is_no_cue(said: str) -> None:
    assert not cues.BEFORE.search(fold(said)), said


@pytest.mark.parametrize(
    ("pattern", "said", "what"),
    [
        (cues.FREE, "a sugar-free cola", "sugar"),
        (cues.FREE, "zucker-frei", "zucker"),
        (cues.FREE_WORD, "sugarfree cola", "sugar"),
        (cues.SUSPENDED, "gluten- and dairy-free", "gluten"),
        (cues.NON, "non-alcoholic beer", "alcoholic"),
        (cues.DENIED_BEFORE, "batteries not included", "batteries"),
        (cues.JAPANESE_AFTER, fold("砂糖不使用"), fold("砂糖")),
        (cues.KOREAN_AFTER, "설탕 없는", "설탕"),
        (cues.THAI_BEFORE, "ไม่มี น้ำตาล", "น้ำตาล"),
    ],
)
def test_what_is_denied_is_captured(pattern: re.Pattern[str], said: str, what: str) -> None:
    found = pattern.search(said)
    assert found is not None
    assert found[1] == what


@pytest.mark.parametrize("after", ["5", " 5", "only", "longer than that", "more than 5"])
def test_not_only_and_no_5_deny_nothing(after: str) -> None:
    assert cues.NO_DENIAL.match(f" {after.strip()}" if after[0] != " " else after)
    assert not cues.NO_DENIAL.match(" sugar")


def test_a_minus_denies_words_and_no_numbers() -> None:
    assert cues.MINUS.search("headphones -wireless")
    assert cues.MINUS.search('tea -"earl grey"')
    assert not cues.MINUS.search("freezer -5")
    assert not cues.MINUS.search("blue-green")


@pytest.mark.parametrize("word", ["无线耳机", "無線耳機", "无花果", "非洲茶", "無人機"])
def test_chinese_words_that_begin_with_not_are_words(word: str) -> None:
    cue = cues.CHINESE_BEFORE.search(fold(word))
    assert cue is not None
    assert cues.CHINESE_WORDS.match(fold(word), cue.start())


@pytest.mark.parametrize("said", ["不含糖", "无糖", "無糖", "不要香菜", "除了牛奶", "零糖", "0糖", "未添加糖"])
def test_chinese_denials_are_found_in_both_scripts(said: str) -> None:
    assert cues.CHINESE_BEFORE.match(fold(said))
    assert not cues.CHINESE_WORDS.match(fold(said))


def test_no_text_makes_a_pattern_slow() -> None:
    began = perf_counter()
    for text in ("a" * 5_000, "no " * 2_000, "糖" * 5_000, "ア" * 5_000, "sugar, " * 1_000, "설" * 5_000):
        for name, pattern in vars(cues).items():
            if isinstance(pattern, re.Pattern):
                assert len(list(pattern.finditer(text))) >= 0, name
    assert perf_counter() - began < 3
