"""Which texts hold a word that a query does not want: those derived from it too, and none that denies it."""

import pytest

from recommender.search.lexical.bm25 import Lexicon
from recommender.search.lexical.exclusion import excluded_texts

TEXTS = [
    "peanut butter cookies",  # 0
    "butter",  # 1
    "sugar-free candy",  # 2
    "sugary drink with sugar",  # 3
    "decaffeinated coffee",  # 4
    "peppermint",  # 5
    "pepper mint",  # 6
    "白砂糖",  # 7
    "糖果",  # 8
    "无糖绿茶",  # 9
]
LEXICON = Lexicon(TEXTS)


@pytest.mark.parametrize(
    ("phrases", "excluded"),
    [
        ([], []),
        ([""], []),
        (["butter"], [0, 1]),
        (["peanut butter"], [0]),  # all words of a phrase
        (["peanut", "sugar"], [0, 3]),  # any of the phrases; not what is free of it
        (["cookie"], [0]),  # in its singular
        (["decaff"], [4]),  # derived
        (["pepper"], [6]),  # a compound with another word of the catalogue is another thing
        (["糖"], [7]),  # ends with it; candy begins with it, and the tea has none
        (["绿茶"], [9]),
        (["zeppelin"], []),
        (["butter zeppelin"], []),
    ],
)
def test_the_texts_that_hold_an_unwanted_phrase(phrases: list[str], excluded: list[int]) -> None:
    assert excluded_texts(LEXICON, phrases).nonzero()[0].tolist() == excluded


def test_of_no_texts_none_is_excluded() -> None:
    assert excluded_texts(Lexicon([]), ["butter"]).tolist() == []
