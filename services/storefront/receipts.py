"""`/erasures/RECEIPT`: how far an erasure is, for whoever holds its receipt; no key and no id are asked for."""

from dataclasses import asdict

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.privacy.receipts import find_receipt, is_receipt
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.http.rate_limit import Limiter, network_of
from services.storefront.pages import Site

RATE = 5.0  # looks a second from one address
_limiter = Limiter()


async def erasure(request: Request) -> Response:
    """How far the erasure is, and what it removed; a `Problem` for an unknown receipt (404) or too many looks (429)."""
    address = network_of(request.client.host if request.client else "")
    if wait := _limiter.wait(address, RATE):
        later = {"Retry-After": f"{int(wait) + 1}"}
        raise Problem("receipt", "too many requests", "Wait as Retry-After says.", 429, later)
    return await run_in_threadpool(_show, request.app.state.site, request.path_params["receipt"])


def _show(site: Site, receipt: str) -> Response:
    if not is_receipt(receipt):
        raise Problem("receipt", "no such receipt", "Write it as it was given.", 404)
    try:
        with site.shop.answers.shoppers.database.guard(), session_scope(site.shop.engine) as session:
            found = find_receipt(session, receipt)
    except (Away, SQLAlchemyError):
        raise Problem("receipt", "the database is away", "Ask again in a moment.", 503) from None
    if found is None:
        raise Problem("receipt", "no such receipt", "Write it as it was given.", 404)
    state = {"state": "done" if found.done_at else "sweeping", **asdict(found)}
    return Response(orjson.dumps(state), media_type="application/json")


routes = [Route("/erasures/{receipt}", erasure)]
