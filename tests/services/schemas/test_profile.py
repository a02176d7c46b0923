"""What `/profile` takes and gives: one shopper, in a language that there is."""

from typing import Any

import pytest

from services.schemas.profile import ProfileRequest, ProfileResponse
from tests.support.profiles import AS_OF
from tests.support.refusals import refused_field

PROFILE = {
    "user_id": "u1",
    "profile_version": 3,
    "model_version": "m",
    "as_of": AS_OF,
    "summary": "Mostly tea.",
    "affinities": [],
    "recent": [],
    "degraded": ["online_store"],
}


@pytest.mark.parametrize(
    ("said", "field"),
    [({}, "user_id"), ({"user_id": "u1", "language": "zh-CN"}, "language"), ({"user_id": "u1", "n": 3}, "n")],
)
def test_what_is_no_shopper_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    assert refused_field(ProfileRequest, said) == field


def test_nothing_that_a_shopper_said_is_an_empty_list_and_times_keep_their_zone() -> None:
    told = ProfileResponse.model_validate(PROFILE)
    assert (told.muted_categories, told.muted_brands, told.preferences) == ([], [], [])
    assert ProfileResponse.model_validate_json(told.model_dump_json()).as_of == AS_OF
    assert refused_field(ProfileResponse, PROFILE | {"degraded": ["weather"]}) == "degraded[0]"
