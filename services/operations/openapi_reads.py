"""What the OpenAPI document says of an item's own addresses, whose answers may be kept."""

from typing import Any

from pydantic import BaseModel

from services.schemas.errors import ErrorResponse
from services.schemas.recommend import CatalogueItem, SimilarResponse

READS: dict[str, tuple[type[BaseModel], str]] = {
    "/items/{item_id}": (CatalogueItem, "An item of the catalogue, as pages show it."),
    "/items/{item_id}/similar": (SimilarResponse, "The same as `POST /similar`, for caches."),
}
REFUSALS = ("400", "401", "403", "404", "429", "503", "504")
_ITEM_ID = {
    "name": "item_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9]+$"},
}
_SHOWN = (
    ("currency", {"type": "string", "minLength": 1, "maxLength": 16}),
    ("language", {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "maxLength": 16}),
)
_ASKED = (
    ("currency", _SHOWN[0][1]),
    ("item_language", _SHOWN[1][1]),
    ("kind", {"type": "string", "enum": ["similar", "goes_with"]}),
    ("n", {"type": "integer", "minimum": 1, "maximum": 100}),
    ("language", {"type": "string", "enum": ["en", "zh"]}),
)


def read_operation(path: str, refusals: dict[str, str]) -> dict[str, Any]:
    """The operation of a path of `READS`; `refusals` describes each status of `REFUSALS`."""
    answer, what = READS[path]
    asked = _ASKED if "similar" in path else _SHOWN
    options = [{"name": name, "in": "query", "schema": schema} for name, schema in asked]
    known = {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}
    responses = {status: {"description": refusals[status], "content": _json(ErrorResponse)} for status in REFUSALS}
    good = {
        "200": {"description": answer.__doc__, "content": _json(answer)},
        "304": {"description": "It says the same as under the ETag that was named."},
    }
    return {
        "tags": ["shop"],
        "description": what,
        "parameters": [_ITEM_ID, *options, known],
        "responses": good | responses,
    }


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}
