"""Other words for what shops sell: in the other language, and in the same."""

import pytest

from recommender.search.text.normalization import fold
from recommender.search.text.translations import SAME, TO_ENGLISH, longest_at, other_words


@pytest.mark.parametrize(
    ("phrase", "others"),
    [
        ("green tea", ("绿茶",)),
        ("tomatoes", ("西红柿", "番茄")),
        ("puppy", ("dog", "狗", "小狗")),
        ("zeppelin", ()),
        ("", ()),
    ],
)
def test_what_a_thing_may_be_called_otherwise(phrase: str, others: tuple[str, ...]) -> None:
    assert other_words(phrase) == others


def test_every_word_of_the_lists_is_written_as_queries_are_read() -> None:
    """Lists are looked up with folded text: a word with a capital or a variant in it would never be found."""
    for words in (TO_ENGLISH, SAME):
        for said, meant in words.items():
            assert (fold(said), fold(meant)) == (said, meant)
            assert said != meant


def test_a_word_is_not_one_of_two_entries_that_point_back() -> None:
    """A synonym whose meaning has a synonym of its own would never be reached: `other_words` goes one step."""
    assert not set(SAME.values()) & SAME.keys()


def test_the_longest_word_at_a_place_is_taken() -> None:
    words = {"狗", "狗粮", "粮"}
    assert longest_at("买狗粮", 1, words, 4) == "狗粮"
    assert longest_at("买狗粮", 1, words, 1) == "狗"
    assert longest_at("买狗粮", 0, words, 4) == ""
    assert longest_at("买狗粮", 3, words, 4) == ""
    assert longest_at("", 0, words, 4) == ""
