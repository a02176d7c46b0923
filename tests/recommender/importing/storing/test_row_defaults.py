"""Rows of items and shoppers made complete."""

import polars as pl

from recommender.data.item_text import content_hash, item_text
from recommender.importing.storing.row_defaults import complete_items, complete_users


def test_an_item_without_a_title_is_called_by_what_else_is_said() -> None:
    rows = pl.DataFrame(
        {
            "item_id": ["a", "b", "c", "d", "e"],
            "title": ["茶", None, "", None, None],
            "description": ["x", "y" * 500, "", None, ""],
            "categories": ['["A"]', '["A"]', '["A","茶具"]', "[]", None],
        }
    )
    assert complete_items(rows)["title"].to_list() == ["茶", "y" * 120, "茶具", "d", "e"]


def test_what_is_not_said_of_an_item_is_the_rule() -> None:
    [row] = complete_items(pl.DataFrame({"item_id": ["a"]})).to_dicts()
    assert (row["kind"], row["language"], row["hidden"], row["retired"], row["stub"]) == (
        "product",
        "en",
        False,
        False,
        False,
    )
    assert (row["categories"], row["attributes"], row["title"]) == ("[]", "{}", "a")
    assert row["content_hash"] == content_hash(item_text("a", "", "", [], {}))
    [said] = complete_items(pl.DataFrame({"item_id": ["a"], "language": ["zh"], "hidden": [True]})).to_dicts()
    assert (said["language"], said["hidden"]) == ("zh", True)


def test_the_hash_is_of_what_the_encoder_reads_and_of_nothing_else() -> None:
    base = {"item_id": ["a"], "title": ["Tea"], "price": [1.0]}
    hashes = [
        complete_items(pl.DataFrame(base | change))["content_hash"][0]
        for change in ({}, {"price": [2.0]}, {"item_id": ["b"]}, {"brand": ["Lark"]}, {"attributes": ['{"材":"棉"}']})
    ]
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(set(hashes[2:])) == 3


def test_a_shopper_of_whom_nothing_is_said_has_not_refused() -> None:
    rows = complete_users(pl.DataFrame({"user_id": ["a", "b"], "consent": [None, False]}))
    assert rows.select("attributes", "consent").rows() == [("{}", True), ("{}", False)]
    assert complete_users(pl.DataFrame({"user_id": ["a"]}))["consent"].to_list() == [True]
