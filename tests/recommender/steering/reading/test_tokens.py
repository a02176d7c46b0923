"""The words of a wish in their order, Chinese ones in the words the catalogue has for them."""

import pytest

from recommender.search.text.normalization import fold
from recommender.steering.reading.tokens import tokens_of
from tests.support.shops.wishes import wish_vocabulary


def read(wish: str, goods: str = "english") -> list[tuple[str, str]]:
    """Words and what was said for them; what joins is a "+"."""
    tokens = tokens_of(fold(wish), wish_vocabulary(goods))
    return [("+", one.surface) if one.joins else (one.word, one.surface) for one in tokens]


def words(wish: str, goods: str = "english") -> list[str]:
    return [word for word, _ in read(wish, goods) if word != "+"]


def test_english_words_stand_as_they_are_and_joins_are_marked() -> None:
    assert [word for word, _ in read("dog food & cat food, or tea")] == [
        *("dog", "food", "+", "cat", "food", "+", "+", "tea", "+")
    ]
    assert words("red/blue shoes") == ["red", "blue", "shoes"]


@pytest.mark.parametrize("wish", ["狗粮", "给我找点狗粮吧", "給我找點狗糧吧"])
def test_chinese_is_read_in_the_english_words_of_the_catalogue(wish: str) -> None:
    assert read(wish) == [("dog", "狗粮"), ("food", "狗粮")]


def test_a_chinese_catalogue_is_matched_with_its_own_names_the_longest_first() -> None:
    assert read("狗粮和绿茶", "chinese")[0] == ("狗粮", "狗粮")
    assert ("绿茶", "绿茶") in read("狗粮和绿茶", "chinese")
    assert words("婴儿食品", "chinese") == ["婴儿食品"]


def test_diets_and_occasions_are_read_and_what_no_list_knows_stays() -> None:
    assert words("吃素的生日礼物") == ["vegetarian", "birthday", "gift"]
    assert "齐柏林" in "".join(words("齐柏林"))


def test_words_of_both_scripts_stand_side_by_side() -> None:
    assert words("狗粮 beef") == ["dog", "food", "beef"]


@pytest.mark.parametrize("wish", ["", "  ", "的", "！！"])
def test_nothing_said_is_no_word(wish: str) -> None:
    assert words(wish) == []
