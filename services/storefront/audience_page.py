"""`GET /campaigns/{campaign_id}/audience`: an address with the campaign in it, which BentoML's endpoints can't have."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from services.core.errors import Problem
from services.schemas.offers import MAX_AUDIENCE

if TYPE_CHECKING:
    from services.storefront.pages import Site

MOST_PAGES = 10_000_000


async def audience(request: Request) -> Response:
    """A page of a campaign's shoppers in JSON; a `Problem` for numbers out of range (400) or no audience (404)."""
    from services.offers.audience import read_page  # a worker has it; the process that starts workers does without

    site: Site = request.app.state.site
    limit = _number(request, "limit", 50, 1, MAX_AUDIENCE)
    offset = _number(request, "offset", 0, 0, MOST_PAGES)
    answer = await run_in_threadpool(
        read_page, site.shop.offers, request.path_params["campaign_id"], limit, offset, datetime.now(UTC)
    )
    return Response(answer.model_dump_json(), media_type="application/json")


def _number(request: Request, name: str, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and least <= int(given) <= most):
        raise Problem(name, f"{given[:40]!r} is no whole number from {least} to {most}", status=400)
    return int(given)
