"""Phrases looked up in a catalogue: what names nothing there comes to no constraint."""

from recommender.steering.constraints import ATTRIBUTE, BRAND, BY_MEANING, CATEGORY, WORD
from recommender.steering.reading.lookup import (
    CatalogueTerms,
    constrain,
    constrain_meaning,
    constrain_word,
    find_named,
    find_own_brand,
    is_brand,
)
from recommender.steering.reading.vocabulary import Named
from tests.support.shops.wishes import knowing, wish_vocabulary

KNOWN = knowing()


def test_a_name_is_found_as_it_is_and_as_the_shop_calls_it_otherwise() -> None:
    for words in (["dog", "food"], ["dog", "foods"]):
        named = find_named(wish_vocabulary(), words)
        assert named is not None
        assert named.categories == ["Dog Foods"]
    nappies = find_named(wish_vocabulary(), ["nappies"])
    assert nappies is not None
    assert nappies.categories == ["Diapers & Disposables"]
    assert find_named(wish_vocabulary(), ["zeppelin"]) is None


def test_an_english_phrase_names_a_category_of_a_chinese_catalogue() -> None:
    named = find_named(wish_vocabulary("chinese"), ["dog", "food"])
    assert named is not None
    assert named.categories == ["狗粮"]


def test_a_category_goes_before_a_brand_unless_words_beside_say_that_it_is_a_brand() -> None:
    named = Named(["Clear gloss"], ["Clear"], {"finish": ["clear"]})
    for before, after, kind in (("", "", CATEGORY), ("by", "", BRAND), ("", "brand", BRAND)):
        found = constrain(KNOWN, ["clear"], named, "clear", before, after)
        assert found is not None
        assert (found.kind, found.quote) == (kind, "clear"), (before, after)


def test_a_brand_that_is_a_common_word_needs_to_be_called_one() -> None:
    vocabulary = wish_vocabulary()
    assert not is_brand(vocabulary, ["clear"], "Clear", "", "")  # more of Clear's words are said of other things
    assert is_brand(vocabulary, ["clear"], "Clear", "from", "")
    assert is_brand(vocabulary, ["heron"], "Heron", "", "")
    assert is_brand(vocabulary, ["burts", "bees"], "Burt's Bees", "", "")
    assert constrain(KNOWN, ["clear"], Named(brands=["Clear"]), "clear") is None


def test_an_attribute_comes_to_its_values_in_order() -> None:
    found = constrain(KNOWN, ["red"], Named(attributes={"colour": ["red", "dark red"]}), "red", wanted=False)
    assert found is not None
    assert (found.kind, found.name, found.values, found.wanted) == (ATTRIBUTE, "colour", ("dark red", "red"), False)
    assert constrain(KNOWN, ["x"], Named(), "x") is None


def test_a_word_must_be_one_that_a_text_says_or_that_some_text_denies() -> None:
    vocabulary = wish_vocabulary()
    beef = constrain_word(vocabulary, "beef", "牛肉")
    assert beef is not None
    assert (beef.kind, beef.values, beef.quote) == (WORD, ("beef",), "牛肉")
    assert constrain_word(vocabulary, "sugar", "sugar") is None  # texts only say that there is none
    unwanted = constrain_word(vocabulary, "sugar", "sugar", wanted=False)
    assert unwanted is not None
    assert not unwanted.wanted
    translated = constrain_word(wish_vocabulary("chinese"), "green tea", "green tea")
    assert translated is not None
    assert translated.values == ("绿茶",)
    assert constrain_word(vocabulary, "zeppelin", "zeppelin") is None


def test_a_meaning_is_only_as_good_as_who_read_it() -> None:
    guessed = CatalogueTerms(wish_vocabulary(), nearest=lambda phrase: ["Sports Shoes"] if phrase == "sneakers" else [])
    found = constrain_meaning(guessed, "sneakers", "sneakers")
    assert found is not None
    assert (found.kind, found.values, found.read_by) == (CATEGORY, ("Sports Shoes",), BY_MEANING)
    assert constrain_meaning(guessed, "zeppelin", "zeppelin") is None
    assert constrain_meaning(KNOWN, "sneakers", "sneakers") is None


def test_a_shop_without_brands_of_its_own_has_none_to_name() -> None:
    assert find_own_brand(wish_vocabulary(), "store brand") is None
    assert find_own_brand(wish_vocabulary(), "dog food") is None
