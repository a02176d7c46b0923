"""What `/recommend` and `/similar` take, and how evidence is told."""

from typing import Any

import pytest

from recommender.ranking.evidence import Evidence
from services.schemas.recommend import ItemEvidence, RecommendRequest, SimilarRequest
from services.schemas.wish import UnderstoodWish
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"n": 0}, "n"),
        ({"n": 101}, "n"),
        ({"n": "10"}, "n"),
        ({"n": True}, "n"),
        ({"n": 2.5}, "n"),
        ({"offset": 501}, "offset"),
        ({"offset": -1}, "offset"),
        ({"diversity": 1.1}, "diversity"),
        ({"scenario": "checkout"}, "scenario"),
        ({"context_item_ids": ["tea-1"] * 21}, "context_item_ids"),
        ({"context_item_ids": ["tea-1", ""]}, "context_item_ids[1]"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["a\nb"]}, "kinds[0]"),
        ({"kinds": ["x" * 33]}, "kinds[0]"),
        ({"attributes": {"colour": []}}, "attributes.colour"),
        ({"attributes": {"colour": "red"}}, "attributes.colour"),
        ({"attributes": {str(n): ["x"] for n in range(21)}}, "attributes"),
        ({"exclude": ["x"] * 1001}, "exclude"),
        ({"price_min": -1}, "price_min"),
        ({"price_max": "9"}, "price_max"),
        ({"price_max": float("inf")}, "price_max"),
        ({"language": "fr"}, "language"),
        ({"wish": ""}, "wish"),
        ({"wish": "tea\x00"}, "wish"),
        ({"wish_scope": "ever"}, "wish_scope"),
        ({"items": 3}, "items"),
    ],
)
def test_what_can_t_be_answered_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    assert refused_field(RecommendRequest, said) == field


def test_nothing_needs_to_be_said() -> None:
    request = RecommendRequest.model_validate({})
    assert (request.user_id, request.session_id, request.n, request.include_bought) == (None, None, 10, None)
    assert not request.is_wish


@pytest.mark.parametrize("said", [{"wish": "tea"}, {"understood": {}}, {"understood": UnderstoodWish(about="a gift")}])
def test_words_and_what_was_understood_are_wishes(said: dict[str, Any]) -> None:
    assert RecommendRequest.model_validate(said).is_wish


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "item_id"),
        ({"item_id": "tea-1", "kind": "near"}, "kind"),
        ({"item_id": "tea-1", "n": 0}, "n"),
        ({"item_id": "tea-1", "user_id": "u1"}, "user_id"),
    ],
)
def test_an_item_is_what_similar_is_asked_of(said: dict[str, Any], field: str) -> None:
    assert refused_field(SimilarRequest, said) == field


def test_evidence_is_told_as_it_was_found() -> None:
    found = Evidence("together", ("tea-1", "tea-2"), ("e1",), {"rank": "2"})
    assert ItemEvidence.of(found).model_dump() == {
        "source": "together",
        "item_ids": ["tea-1", "tea-2"],
        "event_ids": ["e1"],
        "attributes": {"rank": "2"},
    }
