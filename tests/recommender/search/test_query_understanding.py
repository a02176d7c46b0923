"""A query is read as words, quantities, prices and what is not wanted, and mended where the catalogue knows better."""

from recommender.search.query_understanding import MOST_WORDS, understand
from tests.support.shops.wishes import wish_index


def test_a_word_that_only_the_encoder_knows_is_no_nonsense() -> None:
    def is_word(word: str) -> bool:
        return word == "puppy"

    index = wish_index()
    assert understand(index, "puppy", is_word).is_real
    assert not understand(index, "puppyx", is_word).is_real
    assert understand(index, "tea blorft").is_real
    assert not understand(index, "7 b").is_real


def test_a_query_is_parted_into_what_it_says() -> None:
    read = understand(wish_index(), "Dog food 5 lb under $6, no fish")
    assert read.words == ("dog", "food", "5", "lb")
    assert read.query_parts == ("dog", "food")
    assert read.terms == ["dog", "food"]
    assert read.quantities == {"=2268g": "5 lb"}
    assert read.amounts == {"=2268g": ["5", "lb"]}
    assert read.excluded == ("fish",)
    assert [(one.low, one.high) for one in read.prices] == [(None, 6.0)]
    assert read.corrected is None
    assert not read.is_of_prices_alone


def test_an_empty_query_asks_for_nothing() -> None:
    for query in ("", "   ", "?!"):
        read = understand(wish_index(), query)
        assert (read.words, read.query_parts, read.excluded, read.is_real) == ((), (), (), False), query
        assert (read.terms, read.amounts, read.corrected) == ([], {}, None)


def test_a_query_of_a_price_alone_is_told_from_one_with_words() -> None:
    assert understand(wish_index(), "under $5").is_of_prices_alone
    assert understand(wish_index(), "五元以下").is_of_prices_alone
    assert not understand(wish_index(), "tea under $5").is_of_prices_alone
    assert not understand(wish_index(), "under $5 without fish").is_of_prices_alone


def test_misspelled_words_are_mended_in_what_is_not_wanted_too() -> None:
    read = understand(wish_index(), "choclate cookies without peanutt butter")
    assert read.words == ("chocolate", "cookies")
    assert read.excluded == ("peanut butter",)
    assert read.corrected == 'chocolate cookies -"peanut butter"'
    assert read.text == "chocolate cookies"


def test_a_text_that_says_it_is_without_is_raised_by_its_mark() -> None:
    read = understand(wish_index(), "no sugar")
    assert (read.words, read.excluded, read.text) == ((), ("sugar",), "")
    assert "-sugar" in read.marks
    assert read.amounts == {"-sugar": []}  # nothing else is asked for


def test_traditional_characters_find_a_simplified_catalogue() -> None:
    read = understand(wish_index("chinese"), "雞肉狗糧")
    assert "".join(read.words).startswith("鸡肉")
    assert read.text == "雞肉狗糧"  # the encoder reads the script that was written
    assert read.is_real


def test_a_long_query_is_searched_for_by_its_first_words() -> None:
    read = understand(wish_index(), "dog " * 500)
    assert len(read.words) == MOST_WORDS
    assert len(read.query_parts) == MOST_WORDS


def test_lone_numbers_and_letters_are_one_piece() -> None:
    index = wish_index()
    assert understand(index, "7 dog 9 b").pieces == (("7", "9", "b"), ("dog",))
    assert understand(index, "dog food").pieces == (("dog",), ("food",))
