"""What a row says beside our fields, as one JSON object."""

import orjson
import polars as pl

from recommender.importing.checking.attributes import read_attributes, read_labels, to_json
from recommender.importing.column_names import Kind, map_columns


def test_other_columns_and_given_attributes_are_one_object_and_what_is_given_goes_first() -> None:
    raw = pl.DataFrame({"line": [1, 2], "item_id": ["a", "b"], "Colour ": ["rot", None], "材质": ["棉", ""]})
    given = pl.Series([None, '{"材质": "wool", "size": 4, "none": null}'])
    columns = map_columns(Kind.ITEMS, ["item_id", "Colour ", "材质"])
    first, second = read_attributes(given, raw, columns)
    assert orjson.loads(first) == {"colour": "rot", "材质": "棉"}
    assert orjson.loads(second) == {"材质": "wool", "size": 4}


def test_a_row_that_says_nothing_more_has_none() -> None:
    raw = pl.DataFrame({"line": [1], "item_id": ["a"]})
    columns = map_columns(Kind.ITEMS, ["item_id"])
    assert read_attributes(pl.Series([None], dtype=pl.String), raw, columns).to_list() == [None]


def test_labels_are_an_object_a_list_or_names() -> None:
    assert read_labels('{"a": 1, "b": "", "c": null}') == {"a": 1}
    assert read_labels('["x", "茶"]') == {"labels": ["x", "茶"]}
    assert read_labels("x | 茶 | NULL") == {"labels": ["x", "茶"]}
    assert read_labels('{"cut short') == {"labels": ['{"cut short']}
    assert read_labels("") == read_labels(None) == {}


def test_what_json_has_no_form_for_is_text() -> None:
    assert to_json({"a": {1, 2} & {1}, "茶": [1]}) == '{"a":"{1}","茶":[1]}'
