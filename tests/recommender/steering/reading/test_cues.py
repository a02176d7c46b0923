"""Words by which people wish: patterns and lists that must agree with how wishes are folded."""

import re

import pytest

from recommender.search.text.normalization import fold
from recommender.steering.reading import cues


@pytest.mark.parametrize(
    "said",
    ["stop showing me", "please don't recommend", "I hate", "I can't stand", "I'm allergic to", "tired of", "no more",
     "I no longer eat", "less", "nothing from", "hide all"],
)  # fmt: skip
def test_english_verbs_of_denial_are_found_as_wishes_are_folded(said: str) -> None:
    assert cues.UNWANTED.search(fold(f"{said} fish"))


@pytest.mark.parametrize("said", ["less than 5", "no more than 5", "less expensive tea", "painless hiker"])
def test_comparisons_and_parts_of_words_deny_nothing(said: str) -> None:
    assert not cues.UNWANTED.search(fold(said))


@pytest.mark.parametrize("said", ["别再给我推荐鱼", "別再推薦魚", "我不喜欢鱼", "我不喜歡魚", "少推荐鱼", "不想看到鱼"])
def test_chinese_verbs_of_denial_are_found_in_both_scripts(said: str) -> None:
    assert cues.UNWANTED_ZH.search(fold(said))
    assert not cues.UNWANTED_ZH.search(fold("推荐鱼"))


def test_what_one_is_allergic_to_is_captured() -> None:
    found = cues.ALLERGIC_ZH.search(fold("我對花生過敏"))
    assert found is not None
    assert found[1] == "花生"


def test_these_brands_are_found_with_and_without_a_denial() -> None:
    for said in ("not these brands", "those brands", "不要这些牌子", "这几个品牌"):
        assert cues.THESE_BRANDS.search(fold(said)), said
    assert not cues.THESE_BRANDS.search("this brand")


def test_every_word_of_the_lists_can_be_met_in_a_folded_wish() -> None:
    words = {*cues.FILLERS, *cues.SOFT, *cues.TAILS, *cues.PEOPLE, *cues.DIETS, *cues.SOFT_ZH, *cues.DIETS_ZH}
    assert [word for word in words | set(cues.OWN_BRANDS) if fold(word) != word] == []


def test_what_chinese_words_stand_for_is_known_in_english() -> None:
    assert set(cues.DIETS_ZH.values()) <= set(cues.DIETS)
    assert set(cues.SOFT_ZH.values()) <= cues.SOFT
    assert not cues.SOFT & cues.DIETS.keys()
    assert not cues.SOFT & cues.FILLERS, "it would be left out before it could say something"


def test_the_tail_of_goods_is_taken_off_a_chinese_phrase() -> None:
    assert cues.TAILS_ZH.sub("", "婴儿用品") == "婴儿"
    assert cues.TAILS_ZH.sub("", "辣的东西") == "辣"
    assert cues.TAILS_ZH.sub("", "产品经理") == "产品经理"
    assert re.sub(cues.STILL_ZH, "", "鱼了吧") == "鱼"
