"""The pages: the storefront with its shopper's profile, recommendations and offers, drift reports, API docs.

Server-rendered; htmx swaps what a form or link changes, and without it the same page is loaded whole.
It asks the shop's parts exactly what the endpoints ask them.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from recommender.database import session_scope
from services import mine
from services.headers import DOCS_POLICY, PAGE_POLICY, SecurityHeaders
from services.here import LONGEST, back, here, same_site
from services.marketing_pages import audience
from services.metrics import exposition
from services.offer_schemas import OffersQuestion
from services.privacy_schemas import ConsentQuestion
from services.problems import Problem, field_name
from services.reports import drift_runs, report
from services.schemas import (
    EventQuestion,
    ProfileAnswer,
    ProfileQuestion,
    RecommendAnswer,
    RecommendQuestion,
    SimilarQuestion,
)
from services.shopping import some_shoppers
from services.storefront import browse, find, main_categories
from services.words import WORDS

if TYPE_CHECKING:
    from services.shop import Shop

HERE = Path(__file__).parent
SHOWN = 12
DEEDS = ("view", "cart", "purchase")
VIEWS = ("shop", "item", "offers", "mine")
EDITS = ("muted", "unmuted", "removed", "consented", "withdrawn", "erased")
templates = Environment(
    loader=PackageLoader("services"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made from."""

    shop: "Shop"
    document: Callable[[], dict[str, Any]]


def make_site() -> Starlette:
    """The app that the service mounts; the service puts a `Site` into its state when it starts."""
    routes = [
        Route("/", home),
        Route("/act", act, methods=["POST"]),
        *mine.routes,
        Route("/docs", docs),
        Route("/docs.json", document),
        Route("/metrics", metrics),
        Route("/reports/{path:path}", report),
        Route("/campaigns/{campaign_id}/audience", audience),
        Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
    ]
    return Starlette(routes=routes, middleware=[Middleware(SecurityHeaders, policy=PAGE_POLICY)])


def home(request: Request) -> Response:
    site: Site = request.app.state.site
    asked = request.query_params
    language = "zh" if asked.get("lang") == "zh" else "en"
    if asked.get("user") == "new":  # somebody new gets an id of their own
        return RedirectResponse(f"/?{urlencode({'user': f'guest-{uuid.uuid4().hex[:8]}', 'lang': language})}", 303)
    context: dict[str, Any] = {
        "w": WORDS[language],
        "language": language,
        "user_id": asked.get("user", "").strip(),
        "view": asked.get("view") if asked.get("view") in VIEWS else "shop",
        "query": asked.get("q", "").strip()[:LONGEST],
        "category": asked.get("category", "")[:LONGEST],
        "here": here(request),
        "shoppers": [],
        "runs": [],
        "profile": None,
        "answer": None,
        "problem": None,
        **dict.fromkeys(("found", "offers", "item", "similar", "control", "consents", "sure")),
        "categories": [],
        "notice": notice(request),
        "deeds": DEEDS,
        "now": datetime.now(UTC),
    }
    try:
        with session_scope(site.shop.engine) as session:
            context |= {"shoppers": some_shoppers(session), "runs": drift_runs(session)}
    except SQLAlchemyError:
        context["problem"] = Problem("", WORDS[language]["database_away"], "")
    if not context["user_id"] and context["shoppers"] and "user" not in asked:
        context["user_id"] = context["shoppers"][0].user_id
    _fill(site, context, asked)
    return HTMLResponse(templates.get_template("home.html").render(context))


def _fill(site: Site, context: dict[str, Any], asked: QueryParams) -> None:
    """What the chosen view shows, or why it can't."""
    try:
        FILLS[context["view"]](site, context, asked)
    except Problem as problem:
        context["problem"] = problem
    except ValidationError:
        context["problem"] = Problem("user", context["w"]["bad_id"], "")


def _fill_shop(site: Site, context: dict[str, Any], asked: QueryParams) -> None:
    bundle, now = site.shop.models.needed().bundle, context["now"]
    context["categories"] = main_categories(bundle, now)
    number = asked.get("page", "1")
    page = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1
    if context["query"]:
        context["found"] = find(site.shop, context["user_id"], context["query"], context["category"], page, now)
    elif context["category"]:
        control = site.shop.answers.shoppers.controls.of(context["user_id"])
        context["found"] = browse(site.shop, control, context["category"], page, now)
    else:
        context["answer"] = _recommendations(site, context["user_id"], context["language"])
    context["profile"] = _profile(site, context["user_id"], context["language"])


def _fill_item(site: Site, context: dict[str, Any], asked: QueryParams) -> None:
    item = site.shop.answers.shelf.get(asked.get("item", ""))
    if item is None or not item.shown(context["now"]):
        raise Problem("item", context["w"]["no_item"], "")
    question = {"item_id": item.item_id, "n": 8, "language": context["language"]}
    control = site.shop.answers.shoppers.controls.of(context["user_id"])
    context |= {"item": item, "control": control}
    try:
        context["similar"] = site.shop.answers.similar(SimilarQuestion.model_validate(question), context["now"])
    except Problem as problem:
        if problem.status != 404:
            raise


def _fill_offers(site: Site, context: dict[str, Any], asked: QueryParams) -> None:
    if context["user_id"]:
        question = {"user_id": context["user_id"], "n": 5, "language": context["language"]}
        context["offers"] = site.shop.offers.offer(OffersQuestion.model_validate(question), context["now"])


def _fill_mine(site: Site, context: dict[str, Any], asked: QueryParams) -> None:
    if not context["user_id"]:
        return
    question = ConsentQuestion.model_validate({"user_id": context["user_id"]})
    context["sure"] = asked.get("erase") == "ask"
    context["consents"] = site.shop.privacy.consent(question, context["now"]).consents
    context["control"] = site.shop.answers.shoppers.controls.of(context["user_id"])
    context["profile"] = _profile(site, context["user_id"], context["language"])


FILLS = {"shop": _fill_shop, "item": _fill_item, "offers": _fill_offers, "mine": _fill_mine}


def _recommendations(site: Site, user_id: str, language: str) -> RecommendAnswer:
    question = {"user_id": user_id or None, "n": SHOWN, "language": language}
    return site.shop.answers.recommend(RecommendQuestion.model_validate(question), datetime.now(UTC))


def _profile(site: Site, user_id: str, language: str) -> ProfileAnswer | None:
    if not user_id:
        return None
    question = ProfileQuestion.model_validate({"user_id": user_id, "language": language})
    try:
        return site.shop.answers.profile(question, datetime.now(UTC))
    except Problem as problem:
        if problem.status == 404:
            return None
        raise


async def act(request: Request) -> Response:
    """A button of the page: one event, and back to the page that shows what it changed."""
    if not same_site(request):
        return HTMLResponse("This form belongs to the shop's own page.", 403)
    form = await request.form()
    return await run_in_threadpool(_act, request.app.state.site, {key: str(value) for key, value in form.items()})


def _act(site: Site, form: dict[str, str]) -> Response:
    item = site.shop.answers.shelf.get(form.get("item", ""))
    fields = {
        "event_id": f"page-{uuid.uuid4().hex}",
        "user_id": form.get("user"),
        "item_id": form.get("item"),
        "event_type": form.get("deed"),
        "recommendation_id": form.get("recommendation") or None,
        "value": item.price if item and form.get("deed") == "purchase" else None,
    }
    try:
        event = EventQuestion.model_validate(fields)
        site.shop.intake.take([event], datetime.now(UTC))
    except ValidationError as error:
        return back(form, {"failed": field_name(error.errors()[0]["loc"])})
    except Problem as problem:
        return back(form, {"failed": problem.message})
    told = {"did": event.event_type, "of": event.item_id or ""}
    return back(form, told | ({"view": "item", "item": event.item_id or ""} if event.event_type == "view" else {}))


def notice(request: Request) -> dict[str, str]:
    """What the last button did, from the address the page was sent back to."""
    query, site = request.query_params, request.app.state.site
    item_id, deed = query.get("of", ""), query.get("did", "")
    title = site.shop.answers.shelf.title(item_id) if item_id in site.shop.answers.shelf else ""
    known = (deed in DEEDS and title) or deed in EDITS
    return {"did": deed if known else "", "title": title, "failed": query.get("failed", "")[:200]}


def docs(request: Request) -> Response:
    response = HTMLResponse(templates.get_template("docs.html").render())
    response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


def document(request: Request) -> Response:
    site: Site = request.app.state.site
    return JSONResponse(site.document())


def metrics(request: Request) -> Response:
    return Response(exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")
