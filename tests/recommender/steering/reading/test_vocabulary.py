"""What a catalogue has names for: categories, the names in them, brands, values of attributes."""

import pytest

from recommender.steering.reading.vocabulary import stems
from tests.support.shops.wishes import wish_vocabulary


def categories(phrase: str, goods: str = "english") -> list[str]:
    named = wish_vocabulary(goods).find(phrase.split())
    return named.categories if named else []


@pytest.mark.parametrize(
    ("phrase", "names"),
    [
        ("cookies", ["Cookies/Cones", "Cookies"]),
        ("cones", ["Cookies/Cones"]),
        ("candy", ["Candy - Packaged"]),  # what follows only says which ones
        ("dog", ["Dog Foods"]),  # without what says only that it is goods; no hot dogs
        ("dog foods", ["Dog Foods"]),
        ("hot dogs", ["Hot Dogs"]),
        ("shoes", ["Shoes", "Sports Shoes", "Casual Shoes"]),
        ("beauty", ["Beauty", "Baby Health & Beauty"]),
        ("zeppelin", []),
    ],
)
def test_a_category_is_named_by_its_names(phrase: str, names: list[str]) -> None:
    assert sorted(categories(phrase)) == sorted(names)


def test_chinese_categories_are_named_with_and_without_the_sign_for_goods() -> None:
    assert categories("狗粮", "chinese") == ["狗粮"]
    assert categories("狗", "chinese") == ["狗粮"]
    assert categories("婴儿", "chinese") == ["婴儿食品"]
    vocabulary = wish_vocabulary("chinese")
    assert {"狗粮", "茶", "宠物"} <= vocabulary.ideographic.keys()
    assert vocabulary.longest_ideographic == len("婴儿食品")
    assert wish_vocabulary().ideographic == {}


def test_brands_and_values_are_named_and_no_phrase_of_nothing() -> None:
    vocabulary = wish_vocabulary()
    bees, women = vocabulary.find(["burts", "bees"]), vocabulary.find(["women"])
    assert bees is not None
    assert bees.brands == ["Burt's Bees"]
    assert women is not None
    assert women.attributes == {"gender": ["women"]}
    assert vocabulary.find([]) is None


def test_looking_for_a_name_makes_none() -> None:
    vocabulary = wish_vocabulary()
    for _ in range(2):
        assert vocabulary.find(["zeppelin"]) is None
    assert vocabulary.beginning_with(["zeppelin"]) == []


def test_categories_that_begin_with_a_word() -> None:
    assert wish_vocabulary().beginning_with(["baby"]) == ["Baby Foods", "Baby Health & Beauty"]


def test_a_word_is_a_brand_s_own_where_most_texts_that_hold_it_are_the_brand_s() -> None:
    vocabulary = wish_vocabulary()
    assert vocabulary.is_own("heron", "Heron")
    assert not vocabulary.is_own("clear", "Clear")


def test_what_texts_say_and_deny() -> None:
    vocabulary = wish_vocabulary()
    assert vocabulary.has_phrase("peanut butter")
    assert not vocabulary.has_phrase("sugar")
    assert vocabulary.is_denied("sugar")
    assert not vocabulary.is_denied("peanut")
    assert vocabulary.is_word("cookie")
    assert not vocabulary.is_word("zeppelin")


def test_a_name_is_looked_up_without_little_words_and_in_one_piece_in_chinese() -> None:
    assert stems("Cups of the Tea") == ("cup", "tea")
    assert stems("嬰兒食品") == ("婴儿食品",)
    assert stems("") == ()
