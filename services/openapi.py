"""The OpenAPI document as it really is: BentoML's, with our refusals in place of its own and the pages added."""

from typing import Any

from services.schemas import ErrorAnswer

ENDPOINTS = ("/recommend", "/similar", "/events", "/profile")
REFUSALS = {
    "400": "A field is missing, unknown or out of its limits; or the body is no JSON.",
    "404": "Nothing is known of what was asked for.",
    "413": "The body is too long.",
    "415": "The body is not application/json.",
    "422": "A field's value makes no sense here.",
    "503": "A part that is needed is away, or no model is promoted yet. Ask again.",
    "504": "The answer took too long.",
}
OF_ENDPOINT = {"/recommend": {"404"}, "/events": {"404"}}  # refusals that an endpoint never gives
ABOUT = (
    "Recommendations from one profile a shopper, which each event updates before it is answered. Times are RFC 3339 "
    "with a zone. Every refusal is `{\"error\": {\"field\", \"message\", \"remedy\"}}`."
)
PAGES = {
    "/": "The page: pick a shopper, see the profile and the recommendations, post an event.",
    "/docs": "This document for people.",
    "/docs.json": "This document.",
}
UNUSED = ("TaskStatusResponse", "InvalidArgument", "NotFound", "InternalServerError")


def accurate(document: dict[str, Any], version: str) -> dict[str, Any]:
    """Corrects the document that BentoML made of the service."""
    schemas = document["components"]["schemas"]
    error = ErrorAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= error.pop("$defs") | {"ErrorAnswer": error}
    for name in UNUSED:
        schemas.pop(name, None)
    document["openapi"] = "3.1.0"  # pydantic writes JSON Schema of 2020-12
    document["info"] |= {"title": "Zhiyin", "version": version, "description": ABOUT, "contact": {}}
    for path, operations in document["paths"].items():
        if path in ENDPOINTS:
            _endpoint(path, operations["post"])
        else:
            _plain(operations)
            if path == "/readyz":
                operations["get"]["responses"]["503"] = _text("No model is promoted yet; the text says more.")
    for path, what in PAGES.items():
        kind = "application/json" if path.endswith(".json") else "text/html"
        answer = {"description": what, "content": {kind: {}}}
        document["paths"][path] = {"get": {"tags": ["Pages"], "description": what, "responses": {"200": answer}}}
    _without(document, "root_input")
    return document


def _endpoint(path: str, operation: dict[str, Any]) -> None:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorAnswer"}}}
    given = {status: text for status, text in REFUSALS.items() if status not in OF_ENDPOINT.get(path, ())}
    refusals = {status: {"description": text, "content": content} for status, text in given.items()}
    success = {key: value for key, value in operation["responses"].items() if str(key) == "200"}
    operation["responses"] = {str(key): value for key, value in success.items()} | refusals
    body = operation["requestBody"]["content"]
    operation["requestBody"] = {"required": True, "content": {"application/json": body["application/json"]}}


def _plain(operations: dict[str, Any]) -> None:
    operations["get"]["responses"] = {"200": _text(operations["get"].get("description", ""))}


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"text/plain": {}}}


def _without(node: Any, key: str) -> None:
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    if isinstance(node, dict):
        node.pop(key, None)
    for child in list(children):
        _without(child, key)
