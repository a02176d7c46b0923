"""Refusals have the shape that the OpenAPI document tells, and answers name only parts that the document knows."""

import re
from typing import get_args

import pytest
from pydantic import BaseModel, ValidationError

from recommender.settings import PROJECT_ROOT
from services.core.errors import Problem
from services.schemas.errors import Degradation, ErrorResponse


def test_a_refusal_is_what_the_document_says() -> None:
    sent = Problem("events[0].item_id", "no item 'x'", "Import it.").response()
    told = ErrorResponse.model_validate_json(bytes(sent.body)).error
    assert (told.field, told.message, told.remedy) == ("events[0].item_id", "no item 'x'", "Import it.")


def test_every_part_that_the_code_names_as_away_is_one_that_answers_may_name() -> None:
    code = "\n".join(path.read_text() for path in (PROJECT_ROOT / "services").rglob("*.py"))
    named = set(re.findall(r'degraded\.add\("(\w+)"\)', code)) | set(re.findall(r'Breaker\("(\w+)"', code))
    assert {"database", "online_store", "encoder"} <= named
    assert named - set(get_args(Degradation)) == set()


def test_another_part_is_no_answer() -> None:
    class Answer(BaseModel):
        degraded: list[Degradation]

    assert Answer(degraded=["model", "llm"]).degraded == ["model", "llm"]
    with pytest.raises(ValidationError):
        Answer.model_validate({"degraded": ["weather"]})
