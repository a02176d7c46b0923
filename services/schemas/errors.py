"""What refusals say, and the parts that an answer may be made without."""

from typing import Literal

from pydantic import BaseModel

Degradation = Literal[
    "online_store", "database", "profile", "encoder", "model", "canary", "text", "llm", "language", "search", "offers"
]


class ErrorDetail(BaseModel):
    """Which field, what is wrong with it, what to do."""

    field: str
    message: str
    remedy: str


class ErrorResponse(BaseModel):
    """Every refusal has this shape."""

    error: ErrorDetail
