"""Misspelled words are mended by the catalogue's words, and nonsense is left alone."""

import pytest

from recommender.search.lexical.spelling_correction import Speller
from recommender.search.text.tokenization import stem

USES = {"shampoo": 40, "jigsaw": 3, "puzzle": 5, "puzzles": 1, "ice": 50, "cream": 30, "coffee": 9}
USES |= {"toffee": 2, "bananas": 8}


@pytest.mark.parametrize(
    ("said", "mended"),
    [
        ("shmapoo", "shampoo"),  # two letters swapped
        ("puzle", "puzzle"),  # one left out, of the two near ones the more usual
        ("jigsaww", "jigsaw"),
        ("icecream", "ice cream"),
        ("xoffee", "coffee"),  # as near as toffee, and more usual
        ("bananna", "bananas"),  # a slip away from the singular, which the shop doesn't say
        ("tea", "tea"),  # short words have too many neighbours
        ("2500", "2500"),
        ("zzzzzzz", "zzzzzzz"),
        ("绿茶", "绿茶"),
    ],
)
def test_a_slip_is_mended_by_the_nearest_word(said: str, mended: str) -> None:
    assert " ".join(Speller(USES, {stem(word) for word in USES}).corrected([said])) == mended


@pytest.mark.parametrize("said", ["jcex", "bite", "xoffxe", "qzzle", "crxam", "jiggav", "shzmpop", "kce"])
def test_nonsense_is_mended_into_no_word(said: str) -> None:
    assert Speller(USES, {stem(word) for word in USES}).corrected([said]) == [said]


def test_beside_a_known_word_any_slip_is_mended() -> None:
    speller = Speller(USES, {stem(word) for word in USES})
    assert speller.corrected(["crxam"]) == ["crxam"]
    assert speller.corrected(["ice", "crxam"]) == ["ice", "cream"]


def test_what_is_a_word_is_left_alone() -> None:
    speller = Speller(USES, set())
    assert speller.corrected(["coffer"]) == ["coffee"]
    assert speller.corrected(["coffer"], {"coffer"}.__contains__) == ["coffer"]
    assert speller.corrected(["x" * 10_000]) == ["x" * 10_000]


def test_without_words_nothing_is_mended_and_of_equal_ones_the_most_used_is_taken() -> None:
    assert Speller({}, set()).corrected(["shampoo", ""]) == ["shampoo", ""]
    assert Speller({"lamp": 2, "limp": 9}, set()).corrected(["lomp"]) == ["limp"]
    assert Speller({"lamp": 9, "limp": 2}, set()).corrected(["lomp"]) == ["lamp"]
    assert Speller({"damp": 9, "lamp": 1}, set()).corrected(["lanp"]) == ["lamp"]  # no other first letter


def test_corrections_name_the_mended_words_alone() -> None:
    speller = Speller(USES, {stem(word) for word in USES})
    assert speller.corrections(["coffee", "shmapoo", "icecream", "xyzzyq"]) == {
        "shmapoo": ["shampoo"],
        "icecream": ["ice", "cream"],
    }
    assert speller.corrected(["shmapoo", "coffee", "shmapoo"]) == ["shampoo", "coffee", "shampoo"]


def test_in_a_long_word_two_letters_may_be_wrong_and_in_a_short_one_one() -> None:
    speller = Speller({"chocolate": 4, "kettle": 4, "usual": 1}, set())
    assert speller.corrected(["usual", "chacolote"]) == ["usual", "chocolate"]
    assert speller.corrected(["usual", "kattla"]) == ["usual", "kattla"]
