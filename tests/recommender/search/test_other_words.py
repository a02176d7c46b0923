"""What no text of the catalogue says is read as what the catalogue calls it: by the word list, by sound, by clicks."""

from collections.abc import Callable

import pytest

from recommender.search.other_words import BY_CLICKS, BY_LIST, BY_SOUND, Replaced, read_otherwise
from tests.support.shops.wishes import wish_index


def nobody(word: str) -> bool:
    return False


def read(
    text: str, goods: str = "english", is_word: Callable[[str], bool] = nobody, **learned: str
) -> tuple[str, tuple[Replaced, ...]]:
    return read_otherwise(wish_index(goods), text, is_word, learned)


def test_chinese_words_are_read_in_the_words_of_an_english_catalogue() -> None:
    assert read("便宜狗粮") == ("便宜 dog food", (Replaced("狗粮", "dog food", BY_LIST),))
    assert read("狗粮和绿茶")[0] == "dog food 和 green tea"
    assert read("口红") == ("口红", ())  # no text has lipstick


def test_english_words_are_read_in_the_words_of_a_chinese_catalogue() -> None:
    assert read("green tea", "chinese") == ("绿茶", (Replaced("green tea", "绿茶", BY_LIST),))
    assert read("big dog food bag", "chinese")[0] == "big 狗粮 bag"


def test_what_some_text_holds_is_read_as_it_is() -> None:
    assert read("dog food") == ("dog food", ())
    assert read("绿茶", "chinese") == ("绿茶", ())
    assert read("") == ("", ())
    assert read("5 ! 7") == ("5 ! 7", ())


def test_a_word_that_the_encoder_knows_is_not_replaced_in_its_own_language() -> None:
    assert read("puppy") == ("dog", (Replaced("puppy", "dog", BY_LIST),))
    assert read("puppy", is_word="puppy".__eq__) == ("puppy", ())
    assert read("puppy", "chinese", "puppy".__eq__)[0] in ("狗", "puppy")


def test_what_clicks_taught_goes_before_the_word_list() -> None:
    assert read("pup treats", pup="dog") == ("dog treats", (Replaced("pup", "dog", BY_CLICKS),))
    assert read("旺财", 旺财="dog food") == ("dog food", (Replaced("旺财", "dog food", BY_CLICKS),))


def test_the_longest_phrase_is_replaced() -> None:
    _, replaced = read("green tea", "chinese", green="鸡")
    assert [one.phrase for one in replaced] == ["green tea"]


def test_pinyin_is_read_as_the_word_it_sounds_like() -> None:
    pytest.importorskip("pypinyin")
    assert read("lvcha", "chinese") == ("绿茶", (Replaced("lvcha", "绿茶", BY_SOUND),))
    assert read("lv cha", "chinese")[0] == "绿茶"
    assert read("lvcha", "chinese", "lvcha".__eq__) == ("lvcha", ())
    assert read("lvcha") == ("lvcha", ())  # an English catalogue has no sounds
