"""The OpenAPI document as it really is: BentoML's, with our refusals in place of its own and the pages added."""

import re
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from services.operations.openapi_bulk import WRITES, models, operations
from services.operations.openapi_reads import READS, read_operation
from services.schemas.assistant import AssistantRequest, AssistantResponse
from services.schemas.errors import ErrorResponse
from services.schemas.events import BulkEventsRequest, EventsRequest, EventsResponse
from services.schemas.explain import ExplainRequest, ExplainResponse
from services.schemas.offers import MAX_AUDIENCE, AudienceResponse, OffersRequest, OffersResponse
from services.schemas.privacy import (
    ConsentRequest,
    ConsentResponse,
    EraseResponse,
    ExportResponse,
    MuteRequest,
    MuteResponse,
    RemoveEventRequest,
    RemoveEventResponse,
    ShopperRequest,
)
from services.schemas.profile import ProfileRequest, ProfileResponse
from services.schemas.recommend import (
    CatalogueItem,
    RecommendRequest,
    RecommendResponse,
    SimilarRequest,
    SimilarResponse,
)
from services.schemas.search import SearchRequest, SearchResponse
from services.schemas.webhooks import WebhookResponse
from services.schemas.wish import UndoRequest, UndoResponse, WishRequest, WishResponse
from services.storefront.audience_page import MOST_PAGES

ENDPOINTS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "/recommend": (RecommendRequest, RecommendResponse),
    "/similar": (SimilarRequest, SimilarResponse),
    "/search": (SearchRequest, SearchResponse),
    "/events": (EventsRequest, EventsResponse),
    "/assistant": (AssistantRequest, AssistantResponse),
    "/explain": (ExplainRequest, ExplainResponse),
    "/profile": (ProfileRequest, ProfileResponse),
    "/offers": (OffersRequest, OffersResponse),
    "/profile/mute": (MuteRequest, MuteResponse),
    "/profile/wish": (WishRequest, WishResponse),
    "/profile/undo": (UndoRequest, UndoResponse),
    "/profile/remove_event": (RemoveEventRequest, RemoveEventResponse),
    "/profile/consent": (ConsentRequest, ConsentResponse),
    "/profile/export": (ShopperRequest, ExportResponse),
    "/profile/erase": (ShopperRequest, EraseResponse),
}
ALSO_TAKES: dict[str, tuple[type[BaseModel], ...]] = {"/events": (BulkEventsRequest,)}
REFUSALS = {
    "400": "A field is missing, unknown or out of its limits; or the body is no JSON.",
    "401": "The key or token is missing, or no good.",
    "403": "The key or token may not ask this, or not about this shopper.",
    "404": "Nothing is known of what was asked for.",
    "409": "The id of an event is another event's.",
    "410": "The shopper was erased.",
    "413": "The body is too long.",
    "415": "The body is not application/json.",
    "422": "A field's value makes no sense here.",
    "429": "Asked too often: Retry-After says how long to wait.",
    "503": "A part that is needed is away, or the catalogue is empty. Ask again.",
    "504": "The answer took too long.",
}
NEVER = {  # refusals that an endpoint never gives
    "/recommend": {"404", "409"},
    "/similar": {"409", "410"},
    "/search": {"404", "410"},
    "/events": {"404"},
    "/assistant": {"404", "409", "410"},
    "/explain": {"409", "410"},
    "/profile": {"409", "410"},
    "/offers": {"404", "409", "410"},
    "/profile/mute": {"404", "409"},
    "/profile/wish": {"404", "409"},
    "/profile/undo": {"409"},
    "/profile/consent": {"404", "409"},
    "/profile/export": {"404", "409", "410"},
    "/profile/erase": {"409", "410"},
}
ABOUT = (
    "Recommendations from one profile a shopper, which each event updates before it is answered. Times are RFC 3339 "
    'with a zone. Every refusal is `{"error": {"field", "message", "remedy"}}`.'
)
PAGES = {
    "/": "The page: pick a shopper, see the profile and the recommendations, post an event.",
    "/operations": "Drift checks: what each found, whom, and what was decided; a form decides.",
    "/models": "The models, what they reach beside what they were compared with, and what the gate said.",
    "/models.json": "The same for machines.",
    "/docs": "This document for people.",
    "/docs.json": "This document.",
}


WEBHOOKS = {"shopify": "X-Shopify-Hmac-Sha256", "woocommerce": "X-WC-Webhook-Signature"}
METHODS = {"get", "put", "post", "patch", "delete"}
TAGS = [
    {"name": "shop", "description": "What a shop's own server calls."},
    {"name": "Pages", "description": "For people."},
    {"name": "Infrastructure", "description": "For whoever runs it."},
]


def accurate(document: dict[str, Any], version: str) -> dict[str, Any]:
    """Corrects the document that BentoML made of the service: it knows neither null nor our refusals."""
    document["openapi"] = "3.1.0"  # pydantic writes JSON Schema of 2020-12
    document["info"] |= {"title": "Zhiyin", "version": version, "description": ABOUT, "contact": {}}
    document["servers"], document["tags"] = [{"url": "/"}], TAGS
    document["components"] = {"schemas": _schemas()}
    for path, methods in document["paths"].items():
        if path in ENDPOINTS:
            _endpoint(path, methods["post"])
        else:
            _plain(methods)
            if path == "/readyz":
                methods["get"]["responses"]["503"] = _text("No model is promoted yet; the text says more.")
    document["paths"]["/campaigns/{campaign_id}/audience"] = _audience()
    document["paths"]["/erasures/{receipt}"] = _receipt()
    for name, what in WEBHOOKS.items():
        document["paths"][f"/webhooks/{name}"] = _webhook(name, what)
    for path in WRITES:
        document["paths"][path] = operations(path, REFUSALS)
    for path in READS:
        document["paths"][path] = {"get": read_operation(path, REFUSALS)}
    for path, what in PAGES.items():
        kind = "application/json" if path.endswith(".json") else "text/html"
        answer = {"description": what, "content": {kind: {}}}
        document["paths"][path] = {"get": {"tags": ["Pages"], "description": what, "responses": {"200": answer}}}
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            methods[method]["operationId"] = _operation_id(path, method)
    return document


def _operation_id(path: str, method: str) -> str:
    """What a client's function is called: `recommend`, `profile_mute`, `put_items`."""
    words = "_".join(re.findall(r"\w+", re.sub(r"\{\w+\}|\.", " ", path))) or "home"
    return words if method == "post" else f"{method}_{words}"


def _schemas() -> dict[str, Any]:
    taken: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (question, "validation") for question, _ in ENDPOINTS.values()
    ]
    given: list[tuple[type[BaseModel], JsonSchemaMode]] = [
        (answer, "serialization") for _, answer in ENDPOINTS.values()
    ]
    taken += [(question, "validation") for more in ALSO_TAKES.values() for question in more]
    writes, responses = models()
    taken += [(question, "validation") for question in writes]
    given += [(answer, "serialization") for answer in responses]
    given += [(answer, "serialization") for answer in (AudienceResponse, CatalogueItem, ErrorResponse, WebhookResponse)]
    schemas: dict[str, Any] = models_json_schema([*taken, *given], ref_template="#/components/schemas/{model}")[1][
        "$defs"
    ]
    return schemas


def _json(model: type[BaseModel]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}}


def _endpoint(path: str, operation: dict[str, Any]) -> None:
    question, answer = ENDPOINTS[path]
    operation["tags"] = ["shop"]
    refusals = {
        status: {"description": text, "content": _json(ErrorResponse)}
        for status, text in REFUSALS.items()
        if status not in NEVER.get(path, ())
    }
    content = _json(answer)
    if "stream" in question.model_fields:
        content["text/event-stream"] = {
            "schema": {"description": "Events `part` as it is made, `done` with the whole."}
        }
    operation["responses"] = {"200": {"description": answer.__doc__, "content": content}} | refusals
    taken = [_json(one)["application/json"]["schema"] for one in (question, *ALSO_TAKES.get(path, ()))]
    schema = taken[0] if len(taken) == 1 else {"anyOf": taken}
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}


def _audience() -> dict[str, Any]:
    """The one endpoint whose address names what it is about."""
    numbers = (("limit", 1, MAX_AUDIENCE), ("offset", 0, MOST_PAGES))
    parameters: list[dict[str, Any]] = [
        {
            "name": "campaign_id",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9]+$"},
        }
    ]
    parameters += [
        {"name": name, "in": "query", "schema": {"type": "integer", "minimum": least, "maximum": most}}
        for name, least, most in numbers
    ]
    refusals = {
        status: {"description": REFUSALS[status], "content": _json(ErrorResponse)} for status in ("400", "404", "503")
    }
    answer = {"200": {"description": AudienceResponse.__doc__, "content": _json(AudienceResponse)}}
    operation = {"tags": ["shop"], "description": "Whom a campaign should go to.", "parameters": parameters}
    return {"get": operation | {"responses": answer | refusals}}


def _receipt() -> dict[str, Any]:
    """What needs no key, since the address is the secret."""
    schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
    parameters = [{"name": "receipt", "in": "path", "required": True, "schema": schema}]
    refusals = {
        status: {"description": text, "content": _json(ErrorResponse)}
        for status, text in {**REFUSALS, "429": "Too many looks from one address."}.items()
        if status in ("404", "429", "503")
    }
    answer = {"200": {"description": "How far it is, and what was removed.", "content": _json(EraseResponse)}}
    operation = {"tags": ["shop"], "description": "An erasure, by its receipt.", "parameters": parameters}
    return {"get": operation | {"responses": answer | refusals}}


def _webhook(name: str, signature: str) -> dict[str, Any]:
    """What needs no key, since the body is signed."""
    refusals = {
        status: {"description": text, "content": _json(ErrorResponse)}
        for status, text in {**REFUSALS, "401": f"{signature} is missing, or not of this body and secret."}.items()
        if status in ("400", "401", "413", "422", "503", "504")
    }
    answer = {"200": {"description": WebhookResponse.__doc__, "content": _json(WebhookResponse)}}
    what = f"What {name} tells by a webhook: its payload, signed by {signature}."
    taken = {"application/json": {"schema": {"type": "object"}}}
    operation = {"tags": ["shop"], "description": what, "requestBody": {"required": True, "content": taken}}
    return {"post": operation | {"responses": answer | refusals}}


def _plain(methods: dict[str, Any]) -> None:
    methods["get"]["responses"] = {"200": _text(methods["get"].get("description", ""))}


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "content": {"text/plain": {}}}
