"""What the OpenAPI document says of the endpoints by which a shop's server writes, and of their methods."""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from services.schemas.catalog import (
    AliasesRequest,
    AliasesResponse,
    DeletedResponse,
    ItemIdsRequest,
    ItemsRequest,
    ItemsResponse,
    UsersRequest,
    UsersResponse,
)
from services.schemas.errors import ErrorResponse

REFUSALS = ("400", "401", "403", "404", "413", "415", "422", "429", "503", "504")


@dataclass(frozen=True, slots=True)
class Write:
    """One method of an address: what it takes, gives and does."""

    question: type[BaseModel]
    answer: type[BaseModel]
    what: str


WRITES: dict[str, dict[str, Write]] = {
    "/items": {
        "put": Write(
            ItemsRequest, ItemsResponse, "Makes items, or replaces them as a whole; each row is judged alone."
        ),
        "patch": Write(ItemsRequest, ItemsResponse, "Changes fields of items: price, stock, ...; null empties one."),
        "delete": Write(ItemIdsRequest, DeletedResponse, "Takes items out of what is recommended and found."),
    },
    "/items/{item_id}/aliases": {
        "put": Write(AliasesRequest, AliasesResponse, "Says which ids an item had before; their past becomes its own."),
    },
    "/users": {
        "put": Write(UsersRequest, UsersResponse, "Makes shoppers, or replaces what the shop knows of them."),
    },
}


def models() -> tuple[list[type[BaseModel]], list[type[BaseModel]]]:
    """All that is asked, and all that is answered."""
    writes = [write for methods in WRITES.values() for write in methods.values()]
    return [write.question for write in writes], [write.answer for write in writes]


def operations(path: str, refusals: dict[str, str]) -> dict[str, Any]:
    """The methods of an address; `refusals` says of each status what it means."""
    named: dict[str, Any] = {"parameters": [_ITEM_ID]} if "{item_id}" in path else {}
    return named | {method: _operation(write, refusals) for method, write in WRITES[path].items()}


_ITEM_ID = {
    "name": "item_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9]+$"},
}


def _operation(write: Write, refusals: dict[str, str]) -> dict[str, Any]:
    answers = {"200": {"description": write.answer.__doc__, "content": _json(write.answer)}}
    responses = {status: {"description": refusals[status], "content": _json(ErrorResponse)} for status in REFUSALS}
    return {
        "tags": ["shop"],
        "description": write.what,
        "requestBody": {"required": True, "content": _json(write.question)},
        "responses": answers | responses,
    }


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
