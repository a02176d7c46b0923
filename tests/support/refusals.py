"""How a body that fails its model is refused, as the service words it."""

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services.core.errors import Problem, invalid


def refusal(model: type[BaseModel], said: Any) -> Problem:
    """What whoever sends this body is told; the test fails where the body is taken."""
    with pytest.raises(ValidationError) as refused:
        model.model_validate(said)
    return invalid([dict(detail) for detail in refused.value.errors(include_url=False, include_input=False)])


def refused_field(model: type[BaseModel], said: Any) -> str:
    """The field that the refusal names; it has a remedy, too."""
    problem = refusal(model, said)
    assert problem.message
    assert problem.remedy
    return problem.field
