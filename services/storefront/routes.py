"""The pages' addresses: the storefront and its forms, drift reports, API docs, metrics.

What the storefront shows is made in `pages`; each form is answered by the part that knows what it is about.
"""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote, urlencode

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from recommender.db.engine import first_line, session_scope
from recommender.privacy.receipts import unlearned
from services.catalog import reads
from services.catalog import routes as catalog
from services.core.circuit_breaker import Away
from services.core.errors import Problem
from services.core.metrics import exposition, meters
from services.http.caching import KeptFiles
from services.http.security_headers import DOCS_POLICY, PAGE_POLICY, SecurityHeaders
from services.schemas.events import NewEvent
from services.storefront import assistant_form, profile_forms, receipts
from services.storefront.audience_page import audience
from services.storefront.forms import Form, accepted_language, back, back_refused, posted
from services.storefront.operator import audit_page, dags_page, model_pages, operations_page, rules_page, sales_page
from services.storefront.operator.drift_reports import report
from services.storefront.pages import Site, page, templates
from services.webhooks import routes as webhooks

log = structlog.get_logger(__name__)
STATIC = Path(__file__).parent.parent / "static"
SNIPPET = "zhiyin.js"
CURRENCY_COOKIE, LONGEST_CURRENCY, YEAR = "zhiyin_currency", 16, 31_536_000
FOR_ALL_PAGES = {  # of any site, also by its digest, and a while without asking again
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def make_site() -> Starlette:
    """The app that the service mounts; the service puts a `Site` into its state when it starts."""
    routes = [
        Route("/", home),
        Route("/act", act, methods=["POST"]),
        *assistant_form.routes,
        *profile_forms.routes,
        *model_pages.routes,
        *sales_page.routes,
        *rules_page.routes,
        *audit_page.routes,
        *dags_page.routes,
        *operations_page.routes,
        *receipts.routes,
        Route("/docs", docs),
        Route("/docs.json", document),
        Route("/metrics", metrics),
        Route("/reports/{path:path}", report),
        Route("/campaigns/{campaign_id}/audience", audience),
        *catalog.routes,
        *reads.routes,
        *webhooks.routes,
        Route(f"/static/{SNIPPET}", snippet),
        Mount("/static", KeptFiles(directory=STATIC), name="static"),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders, policy=PAGE_POLICY)],
        exception_handlers={Problem: _refused},
    )


def _refused(request: Request, refusal: Exception) -> Response:
    if not isinstance(refusal, Problem):
        raise refusal
    return refusal.response()


def home(request: Request) -> Response:
    """The storefront as its address asks for it; `user=new` is sent on to a new id, `guest-...`.

    A language that the address doesn't name is the browser's, a currency the one that was chosen last.
    """
    address = request.query_params
    if address.get("user") == "new":  # somebody new gets an id of their own
        somebody = {**address, "user": f"guest-{uuid.uuid4().hex[:8]}"}
        return RedirectResponse(f"/?{urlencode(somebody)}", 303)
    chosen = address.get("currency", "").strip()[:LONGEST_CURRENCY]
    known = {
        "lang": accepted_language(request.headers.get("accept-language", "")),
        "currency": unquote(request.cookies.get(CURRENCY_COOKIE, "")),
    }
    response = page(request.app.state.site, {**known, **address})
    response.headers["Vary"] = "Accept-Language, Cookie"
    if chosen in request.app.state.site.shop.answers.live_items.currencies:
        response.set_cookie(CURRENCY_COOKIE, quote(chosen), max_age=YEAR, httponly=True, samesite="lax")
    return response


async def act(request: Request) -> Response:
    """A button of the page: one event, and back to the page that shows what it changed."""
    return await run_in_threadpool(_act, request.app.state.site, await posted(request))


def _act(site: Site, form: Form) -> Response:
    item = site.shop.answers.live_items.get(form.get("item", ""))
    fields = {
        "event_id": f"page-{uuid.uuid4().hex}",
        "user_id": form.get("user"),
        "item_id": form.get("item"),
        "event_type": form.get("deed"),
        "recommendation_id": form.get("recommendation") or None,
        "value": item.price if item and form.get("deed") == "purchase" else None,
    }
    try:
        event = NewEvent.model_validate(fields)
        site.shop.intake.take([event], datetime.now(UTC))
    except (ValidationError, Problem) as refusal:
        return back_refused(form, refusal)
    parameters = {"did": event.event_type, "of": event.item_id or ""}
    return back(
        form, parameters | ({"view": "item", "item": event.item_id or ""} if event.event_type == "view" else {})
    )


def docs(request: Request) -> Response:
    """The page that shows the API's document, under a policy that allows it inline styles."""
    response = templates.get_template("docs.html").render()
    return Response(response, media_type="text/html", headers={"Content-Security-Policy": DOCS_POLICY})


async def snippet(request: Request) -> Response:
    """The script for a shop's own pages, which any site may load."""
    response = await KeptFiles(directory=STATIC).get_response(SNIPPET, request.scope)
    response.headers.update(FOR_ALL_PAGES)
    return response


def document(request: Request) -> Response:
    """The OpenAPI document in JSON."""
    site: Site = request.app.state.site
    return JSONResponse(site.document())


def _count_erased(site: Site) -> None:
    """While the database is away the number stays as it was."""
    try:
        with site.shop.answers.shoppers.database.guard(), session_scope(site.shop.engine) as session:
            meters().erased_learned.set(sum(unlearned(session).values()))
    except (Away, SQLAlchemyError) as failure:
        log.warning("how many erased shoppers the model had learned from isn't known", reason=first_line(failure))


def metrics(request: Request) -> Response:
    """All metrics as Prometheus reads them; how many erased shoppers the model had learned from is counted first."""
    _count_erased(request.app.state.site)
    return Response(
        exposition(request.app.state.site.shop.settings.shop_id), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
