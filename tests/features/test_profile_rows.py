"""A profile as a row, and back."""

from datetime import timedelta

import pytest

from features.partitions import SCHEMAS, STAMP
from features.profile_rows import FEATURES, from_row, to_frame, to_row
from recommender.data.side_info import NOTHING
from tests.support.profiles import AS_OF, assert_same, some_profile


@pytest.mark.parametrize("events", [0, 1, 20])
def test_a_profile_comes_back_exactly(events: int) -> None:
    profile = some_profile("知音", events)
    assert_same(from_row("知音", to_row(profile)), profile)


def test_a_frame_has_the_columns_of_the_view_and_a_row_a_profile() -> None:
    frame = to_frame([some_profile("a"), some_profile("b", events=0)])
    assert frame.schema == SCHEMAS["user_profile"]
    assert frame["user_id"].to_list() == ["a", "b"]
    assert_same(from_row("b", frame.row(1, named=True)), some_profile("b", events=0))


def test_a_row_is_stamped_to_the_microsecond() -> None:
    profile = some_profile("u", as_of=AS_OF + timedelta(microseconds=1))
    assert to_row(profile)[STAMP] == profile.as_of
    assert from_row("u", to_row(profile)).as_of == profile.as_of


def test_lists_and_texts_that_are_missing_were_empty() -> None:
    empty = some_profile("u", events=0)
    missing = {name: None if value in ([], "") else value for name, value in to_row(empty).items()}
    read = from_row("u", missing)
    assert (read.summary, read.affinities, len(read.history), read.background) == ("", (), 0, NOTHING)


def test_the_features_are_the_columns_but_for_the_keys() -> None:
    assert {*FEATURES, "user_id", STAMP} == set(to_row(some_profile("u"))) == set(SCHEMAS["user_profile"])
