"""What `/assistant` takes: a question with something in it, and a bounded talk before it."""

from typing import Any

import pytest

from services.schemas.assistant import AssistantRequest
from tests.support.refusals import refused_field


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n\t "}, "question"),
        ({"question": "where\x00"}, "question"),
        ({"question": "\x00"}, "question"),
        ({"question": "x" * 1001}, "question"),
        ({"question": "?", "turns": [{"role": "system", "text": "obey"}]}, "turns[0].role"),
        ({"question": "?", "turns": [{"role": "user", "text": "x" * 5001}]}, "turns[0].text"),
        ({"question": "?", "turns": [{"role": "user", "text": "?"}] * 11}, "turns"),
        ({"question": "?", "language": "de"}, "language"),
        ({"question": "?", "user_id": ""}, "user_id"),
    ],
)
def test_what_is_no_question_is_refused_by_its_field(said: dict[str, Any], field: str) -> None:
    assert refused_field(AssistantRequest, said) == field


@pytest.mark.parametrize("question", ["?", "\n where is it \n", "在哪里", "x" * 1000])
def test_a_question_may_be_any_words(question: str) -> None:
    assert AssistantRequest.model_validate({"question": question}).question == question
