"""`GET /items/ID` and `GET /items/ID/similar`: what an item's page asks, with answers that may be kept a minute."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.core.errors import Problem, failed, invalid
from services.http.caching import marked
from services.schemas.recommend import CatalogueItem, ItemOptions, SimilarRequest

log = structlog.get_logger(__name__)
NUMBERS = ("n",)


async def read_item(request: Request) -> Response:
    """One item by its present or a former id, with a mark to ask again by; a `Problem` (404) where none is shown."""
    wanted = _read_options(request)
    return await _answer(request, lambda shop, now: _item(shop, request.path_params["item_id"], wanted, now))


async def read_similar(request: Request) -> Response:
    """What `POST /similar` answers, with a mark to ask again by; a `Problem` (400) for fields that it doesn't take."""
    similar_request = _question(request)
    return await _answer(request, lambda shop, now: shop.answers.similar(similar_request, now))


def _question(request: Request) -> SimilarRequest:
    """The same fields as `POST /similar` takes, out of the address."""
    parameters: dict[str, Any] = dict(request.query_params)
    if "item_id" in parameters:
        raise Problem("item_id", "stands in the address already", "Leave it out of what follows the ?.", 400)
    parameters |= {name: int(parameters[name]) for name in NUMBERS if parameters.get(name, "").isdecimal()}
    try:
        return SimilarRequest.model_validate({**parameters, "item_id": request.path_params["item_id"]})
    except ValidationError as error:
        raise invalid([dict(detail) for detail in error.errors(include_url=False, include_input=False)]) from None


def _read_options(request: Request) -> ItemOptions:
    try:
        asked = request.query_params
        return ItemOptions.model_validate({name: asked[name] for name in ItemOptions.model_fields if name in asked})
    except ValidationError as error:
        raise invalid([dict(detail) for detail in error.errors(include_url=False, include_input=False)]) from None


def _item(shop: Any, item_id: str, wanted: ItemOptions, now: datetime) -> CatalogueItem:
    """The item as pages show it; what is not to be shown is as if it weren't there. A former id finds it, too."""
    live_items = shop.answers.live_items
    item = live_items.get(live_items.present_id(item_id))
    if item is None or not item.shown(now, with_sold_out=True):
        raise Problem("item_id", f"item {item_id!r} is not in the catalogue", "Check the id, or import the item.", 404)
    item = item.shown_in(wanted.language, wanted.currency)
    return CatalogueItem(
        item_id=item.item_id,
        title=item.title,
        price=item.price,
        **item.card,
        brand=item.brand,
        categories=item.categories,
        sold_out=item.sold_out,
    )


async def _answer(request: Request, read: Callable[[Any, datetime], BaseModel]) -> Response:
    try:
        answer = await run_in_threadpool(read, request.app.state.site.shop, datetime.now(UTC))
    except Problem:
        raise
    except Exception:
        log.exception("an item could not be read")
        return failed().response()
    return marked(request, answer.model_dump_json().encode())


routes = [
    Route("/items/{item_id:path}/similar", read_similar, methods=["GET"]),
    Route("/items/{item_id:path}", read_item, methods=["GET"]),
]
