"""Which texts hold a mark: the same ones as a plain look through all of them."""

from math import log
from random import Random

import pytest

from recommender.search.lexical.inverted_index import Postings


def test_holders_are_those_of_a_plain_search() -> None:
    random = Random(5)
    texts = [random.sample([f"#{n}-糖" for n in range(12)], random.randint(0, 4)) for _ in range(60)]
    postings = Postings(texts)
    for mark in (*{mark for marks in texts for mark in marks}, "#unknown", ""):
        expected = [row for row, marks in enumerate(texts) if mark in marks]
        assert postings.holders(mark).tolist() == expected, mark


def test_rarity_is_the_inverse_document_frequency_and_falls_with_use() -> None:
    postings = Postings([["=1g"], ["=1g", "=2g"], ["=1g"], []])
    assert postings.rarity("=2g") == pytest.approx(log(1 + (4 - 1 + 0.5) / (1 + 0.5)))
    assert postings.rarity("=3g") > postings.rarity("=2g") > postings.rarity("=1g") > 0


def test_without_texts_and_without_marks_nothing_is_held() -> None:
    nothing: tuple[list[list[str]], ...] = ([], [[], []])
    for texts in nothing:
        assert Postings(texts).holders("=1g").tolist() == []
    assert Postings([]).size == 0
