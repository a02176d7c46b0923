"""Words that are the whole name of a narrowest category or of an attribute's value, and which items they name."""

import numpy as np
import polars as pl

from recommender.data.catalog import SCHEMA, Catalogue
from recommender.search.facet_names import FacetNames
from recommender.search.search_index import attribute_values
from recommender.search.text.normalization import fold
from recommender.search.text.tokenization import terms

GOODS: tuple[tuple[list[str], list[str]], ...] = (  # path, colours
    (["Clothes", "Shirts"], ["navy blue"]),
    (["Clothes", "T-Shirts"], ["blue"]),
    (["Clothes", "Cups & Glasses of Tea"], ["红色", "blue"]),
    ([], []),
)


def names() -> FacetNames:
    rows = [
        dict.fromkeys(SCHEMA) | {"item_id": f"i{place}", "categories": path} for place, (path, _) in enumerate(GOODS)
    ]
    attributes = [attribute_values({"colour": colours}) for _, colours in GOODS]
    known = {"colour": frozenset(fold(one) for _, colours in GOODS for one in colours)}
    catalogue = Catalogue(pl.DataFrame(rows, schema=SCHEMA))
    return FacetNames(catalogue, attributes, np.arange(len(GOODS), dtype=np.int32), known)


def found(query: str) -> dict[tuple[str, ...], list[int]]:
    return {key: np.flatnonzero(named_O).tolist() for key, named_O in names().find(terms(query))}


def test_the_longest_name_is_taken_and_shorter_ones_in_it_are_not() -> None:
    assert found("navy blue shirts") == {("navi", "blue"): [0], ("shirt",): [0]}
    assert found("blue shirts") == {("blue",): [1, 2], ("shirt",): [0]}


def test_a_name_in_any_of_its_forms_names_the_same_items() -> None:
    assert found("shirt") == found("SHIRTS") == {("shirt",): [0]}
    assert found("紅色") == {("红色",): [2]}  # in traditional characters
    assert list(found("cup glass tea").values()) == [[2]]  # little words don't count


def test_nothing_is_named_by_no_words_and_by_others() -> None:
    assert found("") == {}
    assert found("clothes") == {}  # no narrowest category
    assert found("green socks") == {}
    assert found("green shirt socks") == {("shirt",): [0]}
