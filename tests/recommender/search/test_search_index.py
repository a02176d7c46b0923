"""What is searched: the texts of the catalogue, their attributes, and each item's place in a model."""

import numpy as np
import polars as pl
import pytest

from recommender.search.search_index import (
    MOST_PHRASES,
    MOST_WORDS,
    SearchIndex,
    Shopfront,
    attribute_values,
    searched_text,
    wanted_attributes,
)
from recommender.search.text.statements import CLAUSE
from tests.support.shops.trained import shop_bundle
from tests.support.shops.wishes import wish_index


def test_a_text_says_each_part_in_a_clause_of_its_own_and_the_title_twice() -> None:
    attributes = {"size": 42, "colour": "navy blue", "sizes": ["S", "M"], "made": {"in": "法国"}}
    parts = searched_text("Shirt", "Of cotton.", "Lark", ["Clothes", "衬衫"], attributes).split(CLAUSE)
    assert parts == [
        *("Shirt", "Shirt", "Lark", "Clothes", "衬衫"),
        *("size 42", "navy blue", "sizes S", "sizes M", "法国", "Of cotton."),
    ]


def test_a_long_description_is_searched_by_its_beginning() -> None:
    text = searched_text("", "x" * (MOST_WORDS + 100), "", [], {})
    assert text.count("x") == MOST_WORDS


def test_attributes_are_compared_folded_and_empty_values_are_none() -> None:
    assert attribute_values({"Farbe": ["Grün", None, ""], "尺寸": "42", "x": {"a": "ＦＯＯ"}}) == {
        "farbe": {"grun"},
        "尺寸": {"42"},
        "x": {"foo"},
    }
    assert wanted_attributes({"FARBE": ["GRÜN"]}) == {"farbe": frozenset({"grun"})}


def test_an_index_says_which_items_have_the_attributes_asked_for() -> None:
    index = wish_index()
    titles = np.array(index.catalogue.titles)
    red_women = wanted_attributes({"colour": ["Red"], "gender": ["women", "men"]})
    assert titles[index.having(red_women)].tolist() == ["Red shoes"]
    assert index.having({}).all()
    assert not index.having(wanted_attributes({"unknown": ["x"]})).any()


def test_a_phrase_is_held_by_texts_that_have_all_of_it_and_do_not_deny_it() -> None:
    index = wish_index()
    titles = {index.catalogue.titles[row] for row in np.flatnonzero(index.texts_with("candy")[index.text_row_O])}
    assert titles == {"Chocolate candy", "Sugar-free candy"}
    assert not index.texts_with("sugar").any()
    assert not index.texts_with("zeppelin").any()
    assert index.texts_have("chocolate candies")
    assert not index.texts_have("chocolate carrots")
    assert not index.texts_have("")
    assert wish_index("chinese").texts_have("绿茶")


def test_only_the_last_phrases_are_remembered() -> None:
    index = SearchIndex(wish_index().catalogue.frame.with_columns(searched="title", attributes=pl.lit("{}")))
    for place in range(MOST_PHRASES + 20):
        index.texts_with(f"word{place}")
    assert len(index._with) == MOST_PHRASES
    assert f"word{MOST_PHRASES + 19}" in index._with
    assert "word0" not in index._with


def test_a_text_says_a_phrase_as_it_is_beside_another_word() -> None:
    index = wish_index()
    assert index.texts_saying("sugar-free", "candy") is False  # a text that denies sugar doesn't hold it
    assert index.texts_saying("hot dogs")
    assert not index.texts_saying("dogs hot")  # both words, in another order
    assert index.texts_saying("clear", "polish")
    assert not index.texts_saying("clear", "carrots")
    assert not index.texts_saying("")


def test_an_empty_catalogue_is_an_index_too() -> None:
    empty = wish_index().catalogue.frame.clear().with_columns(searched=pl.lit("{}"), attributes=pl.lit("{}"))
    index = SearchIndex(empty)
    assert len(index) == 0
    assert index.having({}).tolist() == []
    assert index.searched() == []
    assert (index.brand_words, index.attribute_values) == (frozenset(), {})
    assert not index.texts_with("tea").any()


@pytest.fixture(scope="module")
def front() -> Shopfront:
    """The shop's model beside an index of groceries, of which it knows two."""
    frame = wish_index().catalogue.frame
    ids = frame["item_id"].to_list()
    ids[3], ids[7] = "pets-2", "tea-0"
    known = frame.with_columns(pl.Series("item_id", ids), searched="title", attributes=pl.lit("{}"))
    return Shopfront(SearchIndex(known), shop_bundle())


def test_each_item_of_the_index_has_its_row_of_the_model_and_back(front: Shopfront) -> None:
    known = {"pets-2": 3, "tea-0": 7}
    for item_id, doc in known.items():
        row = front.bundle.catalogue.index[item_id]
        assert front.row_O[doc] == row
        assert front.doc_N[row] == doc
    assert (front.row_O >= 0).sum() == (front.doc_N >= 0).sum() == 2


def test_what_the_model_does_not_know_is_neither_popular_nor_like_anything(front: Shopfront) -> None:
    popularity, bundle = front.popularity_O, front.bundle
    sold = np.log1p(bundle.popularity_N)
    assert popularity[7] == pytest.approx(sold[bundle.catalogue.index["tea-0"]] / sold.max(), rel=1e-5)
    assert np.flatnonzero(popularity).tolist() in ([3, 7], [7], [3])
    wanted = np.ones(len(front.index), dtype=bool)
    kept = bundle.text_MT[bundle.text_row_N[bundle.catalogue.index["tea-0"]]]
    vector = bundle.projection_ET @ kept
    likeness = front.likeness(vector.astype(np.float32), wanted, 10)
    assert likeness.argmax() == 7
    assert np.delete(likeness, [3, 7]).tolist() == [0.0] * (len(front.index) - 2)


def test_a_choice_of_items_becomes_a_choice_of_the_model_s_rows(front: Shopfront) -> None:
    chosen = np.zeros(len(front.index), dtype=bool)
    chosen[[0, 3]] = True
    assert np.flatnonzero(front.rows_of(chosen)).tolist() == [front.bundle.catalogue.index["pets-2"]]
    assert not front.rows_of(np.zeros(len(front.index), dtype=bool)).any()
