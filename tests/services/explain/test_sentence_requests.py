"""Under which key sentences are kept, how much a request holds, and how many may be written a day."""

from datetime import UTC, datetime
from typing import Any

import pytest

from recommender.explain.templates import Action, SentenceContext
from recommender.profiles.profile import Profile
from services.explain.sentence_requests import DAY_SECONDS, Budget, Key, SentenceRequest, key_of
from services.schemas.recommend import RecommendRequest
from tests.support.profiles import some_profile

KNOWN = some_profile("u1", events=3, version=4)


@pytest.mark.parametrize(
    ("asked", "profile", "key"),
    [
        ({"user_id": "u1"}, KNOWN, Key("u1", 4, "en")),
        ({"user_id": "u1", "language": "zh"}, KNOWN, Key("u1", 4, "zh")),
        ({"user_id": "u1", "wish": "tea"}, KNOWN, None),
        ({"user_id": "u1"}, some_profile("u1", version=0), None),
        ({"session_id": "s"}, some_profile("", version=0), None),
        ({"user_id": "new"}, None, Key("", 0, "en")),
        ({}, None, Key("", 0, "en")),
        ({"context_item_ids": ["tea-1"]}, None, None),
    ],
)
def test_sentences_are_kept_where_they_serve_again(
    asked: dict[str, Any], profile: Profile | None, key: Key | None
) -> None:
    assert key_of(RecommendRequest.model_validate(asked), profile) == key


def test_a_request_is_as_large_as_what_it_keeps_of_what_the_shopper_did() -> None:
    done = [Action("view", datetime(2026, 1, 1, tzinfo=UTC))]
    sizes = [
        SentenceRequest(Key("u", 1, "en"), "m", [], SentenceContext(str, actions)).size
        for actions in ({}, {"tea-1": done}, {"tea-1": done * 2, "tea-2": done})
    ]
    assert sizes[0] == 0
    assert sizes[2] == 3 * sizes[1] > 0


def test_the_budget_is_a_day_s_and_is_not_carried_over() -> None:
    clock = [0.0]
    budget = Budget(2, now=lambda: clock[0])
    budget.spend()
    assert budget.left == 1
    clock[0] = DAY_SECONDS - 1.0
    assert budget.left == 1
    clock[0] = float(DAY_SECONDS)
    assert budget.left == 2
    for _ in range(2):
        budget.spend()
    assert budget.left == 0
