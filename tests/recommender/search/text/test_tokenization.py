"""Words of a text: folded, cut, stemmed, mended."""

import pytest

from recommender.search.lexical.spelling_correction import Speller
from recommender.search.text.chinese_segmentation import pairs
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


def test_without_a_dictionary_pairs_of_signs_stand_for_words() -> None:
    assert pairs("绿茶叶") == ["绿茶", "茶叶"]
    assert pairs("茶") == ["茶"]


def test_one_word_in_several_forms_is_one_term() -> None:
    assert stem("tomatoes") == stem("tomato")
    assert stem("12.5") == "12.5"
    assert fold("  A\tB ") == "a b"


def test_little_words_count_only_where_there_are_no_others() -> None:
    assert drop_little_words(["something", "for", "the", "bath"]) == ["something", "bath"]
    assert drop_little_words(["the", "a"]) == ["the", "a"]


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
