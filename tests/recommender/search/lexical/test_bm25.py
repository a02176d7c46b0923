"""Texts are found and ranked by BM25 over their words, quantities and denials."""

import numpy as np
import pytest

from recommender.search.lexical.bm25 import Lexicon
from recommender.search.text.tokenization import terms


def test_bm25_is_that_of_its_formula() -> None:
    texts = ["green tea", "black tea tea", "tomato seeds", "green tomato"]
    scores = Lexicon(texts).scores(terms("green tea"))
    assert scores.argmax() == 0
    assert (scores > 0).tolist() == [True, True, False, True]
    lengths, mean = [2, 3, 2, 2], 9 / 4
    idf = np.log(1 + (4 - 2 + 0.5) / (2 + 0.5))
    expected = sum(idf * 1 / (1 + 1.5 * (1 - 0.75 + 0.75 * lengths[0] / mean)) for _ in ("green", "tea"))
    assert scores[0] == pytest.approx(expected, rel=1e-4)


def test_a_text_is_found_by_half_of_what_is_asked_or_by_the_most_that_there_is() -> None:
    lexicon = Lexicon(["green tea", "black tea", "garden rake", "tea rake"])
    assert lexicon.found(lexicon.held(terms("green tea"))).tolist() == [True, False, False, False]
    assert lexicon.found(lexicon.held(terms("tea chair table lamp"))).tolist() == [True, True, False, True]
    assert not lexicon.found(lexicon.held(terms("chair"))).any()
    assert not Lexicon([]).scores(terms("tea")).any()
    assert not Lexicon([""]).found(Lexicon([""]).held([])).any()


def test_an_item_that_denies_a_word_does_not_hold_it() -> None:
    lexicon = Lexicon(["sugar-free candy", "sugar candy"])
    assert lexicon.holders("sugar").tolist() == [1]
    assert lexicon.marks.holders("-sugar").tolist() == [0]
    assert lexicon.holds("sugar")
    assert not lexicon.holds("salt")


def test_a_mark_adds_no_more_than_the_words_do_on_average() -> None:
    texts = ["milk 2l", "milk 1l", "milk powder", "oat milk", "rake"]
    lexicon = Lexicon(texts)
    plain, marked = lexicon.scores(["milk"]), lexicon.scores(["milk"], ["=2000ml"])
    assert (marked - plain)[1:].tolist() == [0, 0, 0, 0]
    rarity = np.log(1 + (5 - 4 + 0.5) / (4 + 0.5))  # of "milk", which is in four of five texts; "2l" is rarer
    assert marked[0] - plain[0] == pytest.approx(0.4 * rarity, rel=1e-5)
    assert lexicon.scores([], ["=2000ml", "=7g"]).argmax() == 0


def test_a_quantity_scores_the_same_however_a_text_writes_it() -> None:
    lexicon = Lexicon(["milk 2l", "milk 2000 ml", "milk 500 ml"])
    scores = lexicon.scores(["milk"], amounts={"=2000ml": ["2", "l"]})
    assert min(scores[0], scores[1]) > scores[2]
    held = lexicon.held(["milk"], {"=2000ml": ["2", "l"]})
    assert held[:2].tolist() == pytest.approx([1, 1])
    assert held[2] < 0.6


def test_how_much_of_a_query_a_text_holds_is_weighed_by_rarity() -> None:
    lexicon = Lexicon(["green tea", "tea", "tea rake"])
    green, tea = np.log(1 + 2.5 / 1.5), np.log(1 + 0.5 / 3.5)
    assert lexicon.held(terms("green tea")) == pytest.approx([1, tea / (green + tea), tea / (green + tea)], rel=1e-5)
    # a word of no text counts as the others do on average: half of the query is unknown
    assert lexicon.held(["tea", "zeppelin"]) == pytest.approx([0.5] * 3)
    assert not lexicon.held(["zeppelin"]).any()


def test_a_number_that_a_text_holds_by_chance_makes_it_not_informative() -> None:
    lexicon = Lexicon(["shampoo 7", "cable 7 9", "lamp"])
    assert lexicon.informative([["7", "3", "9"]]).tolist() == [False, True, False]  # two of three
    assert lexicon.informative([["lamp", "3"]]).tolist() == [False, False, True]
    held_M = lexicon.held(["7"])
    assert lexicon.found(held_M).tolist() == [True, True, False]
    assert not lexicon.found(held_M, np.zeros(3, dtype=bool)).any()


def test_texts_of_one_index_are_remembered_for_the_next() -> None:
    read = {}  # type: ignore[var-annotated]
    Lexicon(["green tea"], read)
    kept = read["green tea"]
    Lexicon(["green tea", "rake"], read)
    assert read["green tea"] is kept
    assert set(read) == {"green tea", "rake"}
