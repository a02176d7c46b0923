"""`/items` and `/users`: what a shop's server writes with methods that BentoML's endpoints don't have."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
import structlog
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.core.body import limit_of
from services.core.errors import REMEDIES, Problem, failed, invalid, unreadable
from services.schemas.catalog import AliasesRequest, ItemIdsRequest, ItemsRequest, UsersRequest

if TYPE_CHECKING:  # it brings the import's readers, which the process that starts workers doesn't need
    from services.catalog.service import CatalogueWriter

log = structlog.get_logger(__name__)
Body = TypeVar("Body", bound=BaseModel)


async def put_items(request: Request) -> Response:
    """Makes items, or replaces them as a whole; the answer counts them, and says which were rejected and why."""
    return await _answer(request, ItemsRequest, lambda to, body, now: to.put_items(body.items, now))


async def patch_items(request: Request) -> Response:
    """Changes the fields that are given of items; the answer counts them, and says which were rejected and why."""
    return await _answer(request, ItemsRequest, lambda to, body, now: to.patch_items(body.items, now))


async def delete_items(request: Request) -> Response:
    """Takes items out of what is recommended and found; the answer names the ids that no item has."""
    return await _answer(request, ItemIdsRequest, lambda to, body, now: to.delete_items(body.item_ids, now))


async def put_aliases(request: Request) -> Response:
    """Gives the item of the address its former ids; a `Problem` where there is no such item or another has one."""
    item_id = request.path_params["item_id"]
    return await _answer(request, AliasesRequest, lambda to, body, now: to.put_aliases(item_id, body.aliases, now))


async def put_users(request: Request) -> Response:
    """Makes shoppers, or replaces what the shop knows of them; the answer says which were rejected and why."""
    return await _answer(request, UsersRequest, lambda to, body, now: to.put_users(body.users, now))


async def _answer(
    request: Request, kind: type[Body], write: "Callable[[CatalogueWriter, Body, datetime], BaseModel]"
) -> Response:
    """What `write` answers to the body; a failure is told in our shape, and logged without the rows."""
    refusal = unreadable(request.headers, limit_of(request.url.path))
    if refusal is not None:
        raise refusal
    try:
        body = kind.model_validate(orjson.loads(await request.body()))  # as an import reads JSON
    except orjson.JSONDecodeError as error:
        raise Problem("body", str(error), REMEDIES["json_invalid"], 400) from None
    except ValidationError as error:
        raise invalid([dict(detail) for detail in error.errors(include_url=False, include_input=False)]) from None
    writer: Any = request.app.state.site.shop.catalogue
    try:
        answer = await run_in_threadpool(write, writer, body, datetime.now(UTC))
    except Problem:
        raise
    except Exception:
        log.exception("the rows could not be written")
        return failed().response()
    return Response(answer.model_dump_json(), media_type="application/json")


routes = [
    Route("/items", put_items, methods=["PUT"]),
    Route("/items", patch_items, methods=["PATCH"]),
    Route("/items", delete_items, methods=["DELETE"]),
    Route("/items/{item_id:path}/aliases", put_aliases, methods=["PUT"]),
    Route("/users", put_users, methods=["PUT"]),
]
