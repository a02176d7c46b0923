"""What `/explain` takes: a request as of `/recommend`, or the answer that somebody got."""

from typing import Any

import pytest

from services.schemas.explain import ExplainRequest
from services.schemas.recommend import RecommendRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"item_id": ""}, "item_id"),
        ({"recommendation_id": "a\nb"}, "recommendation_id"),
        ({"stream": "later"}, "stream"),
        ({"n": 0}, "n"),
        ({"event_id": "e"}, "event_id"),
    ],
)
def test_what_can_t_be_explained_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    assert refused_field(ExplainRequest, said) == field


def test_it_takes_all_that_recommend_takes() -> None:
    said = {"user_id": "u1", "scenario": "cart", "context_item_ids": ["tea-1"], "wish": "no mint", "n": 3}
    asked = ExplainRequest.model_validate(said | {"item_id": "tea-2"})
    plain = RecommendRequest.model_validate(said)
    assert {name: getattr(asked, name) for name in RecommendRequest.model_fields} == plain.model_dump()
