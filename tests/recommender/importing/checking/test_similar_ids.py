"""Ids that differ in their writing only."""

import polars as pl
import pytest

from recommender.importing.checking.similar_ids import canonical_ids, find_twins


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ann", "ann"), ("007", "7"), ("7.0", "7"), (" a", "a"), ("ＡＢ", "ab"), ("a\u200b", "a"), ("00a", "a")],
)
def test_two_writings_of_one_id_are_twins(one: str, other: str) -> None:
    assert canonical_ids(pl.Series([one, other])).n_unique() == 1
    assert find_twins([one, "else", other]) == [" = ".join(sorted([one, other]))]


@pytest.mark.parametrize(("one", "other"), [("7.05", "7"), ("a.0", "a"), ("茶", "荼"), ("70", "7"), ("0", "")])
def test_other_ids_are_no_twins(one: str, other: str) -> None:
    assert find_twins([one, other]) == []


def test_the_same_id_twice_is_one() -> None:
    assert find_twins(["a", "a"]) == []
    assert find_twins([]) == []


def test_between_two_lists_only_what_is_among_both_counts() -> None:
    assert find_twins(["A", "b", "B"], ["a", "c"]) == ["A = a"]
    assert find_twins(["A"], ["A"]) == []
    assert find_twins([], []) == []
