"""What `/offers` takes, and what an audience's page says."""

from typing import Any

import pytest

from recommender.offers.audiences import Chosen
from services.schemas.offers import MAX_OFFERS, AudienceMember, OffersRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "user_id"),
        ({"user_id": "u", "n": 0}, "n"),
        ({"user_id": "u", "n": MAX_OFFERS + 1}, "n"),
        ({"user_id": "u", "n": "3"}, "n"),
        ({"user_id": "u", "language": "EN"}, "language"),
        ({"session_id": "s"}, "user_id"),
    ],
)
def test_what_no_offer_can_be_made_for_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    assert refused_field(OffersRequest, said) == field


def test_a_row_of_an_audience_is_a_member() -> None:
    row = Chosen("u1", 0.5, "k-1", 0.25, True)
    assert AudienceMember.model_validate(row, from_attributes=True).model_dump() == {
        "user_id": "u1",
        "probability": 0.5,
        "coupon_id": "k-1",
        "coupon_probability": 0.25,
        "addressed": True,
    }
