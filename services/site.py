"""The pages: a shopper's profile and recommendations with buttons that post events, drift reports, API docs.

Server-rendered, without a script of its own. It asks `answers` and `intake` exactly what the endpoints ask them.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from recommender.database import session_scope
from services.headers import DOCS_POLICY, PAGE_POLICY, SecurityHeaders
from services.marketing_pages import audience
from services.problems import Problem, field_name
from services.reports import drift_runs, report
from services.schemas import EventQuestion, ProfileAnswer, ProfileQuestion, RecommendAnswer, RecommendQuestion
from services.shopping import some_shoppers
from services.words import WORDS

if TYPE_CHECKING:
    from services.shop import Shop

HERE = Path(__file__).parent
SHOWN = 12
DEEDS = ("view", "cart", "purchase")
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
        Route("/docs", docs),
        Route("/docs.json", document),
        Route("/reports/{path:path}", report),
        Route("/campaigns/{campaign_id}/audience", audience),
        Mount("/static", StaticFiles(directory=HERE / "static"), name="static"),
    ]
    return Starlette(routes=routes, middleware=[Middleware(SecurityHeaders, policy=PAGE_POLICY)])


def home(request: Request) -> Response:
    site: Site = request.app.state.site
    language = "zh" if request.query_params.get("lang") == "zh" else "en"
    context: dict[str, Any] = {
        "w": WORDS[language],
        "language": language,
        "user_id": request.query_params.get("user", "").strip(),
        "shoppers": [],
        "runs": [],
        "profile": None,
        "answer": None,
        "problem": None,
        "notice": notice(request),
        "deeds": DEEDS,
        "now": datetime.now(UTC),
    }
    try:
        with session_scope(site.shop.engine) as session:
            context |= {"shoppers": some_shoppers(session), "runs": drift_runs(session)}
    except SQLAlchemyError:
        context["problem"] = Problem("", WORDS[language]["database_away"], "")
    if not context["user_id"] and context["shoppers"] and "user" not in request.query_params:
        context["user_id"] = context["shoppers"][0].user_id
    _fill(site, context)
    return HTMLResponse(templates.get_template("home.html").render(context))


def _fill(site: Site, context: dict[str, Any]) -> None:
    """The profile and the recommendations of the chosen shopper, or why there are none."""
    try:
        context["answer"] = _recommendations(site, context["user_id"], context["language"])
        context["profile"] = _profile(site, context["user_id"], context["language"])
    except Problem as problem:
        context["problem"] = problem
    except ValidationError:
        context["problem"] = Problem("user", context["w"]["bad_id"], "")


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
    back = {"user": form.get("user", ""), "lang": form.get("lang", "en")}
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
        return _back(back | {"failed": field_name(error.errors()[0]["loc"])})
    except Problem as problem:
        return _back(back | {"failed": problem.message})
    return _back(back | {"did": event.event_type, "item": event.item_id or ""})


def _back(query: dict[str, str]) -> Response:
    return RedirectResponse(f"/?{urlencode(query)}#main", 303)


def notice(request: Request) -> dict[str, str]:
    """What the last button did, from the address the page was sent back to."""
    query, site = request.query_params, request.app.state.site
    item_id = query.get("item", "")
    deed = query.get("did", "")
    title = site.shop.answers.shelf.title(item_id) if item_id in site.shop.answers.shelf else ""
    return {"did": deed if deed in DEEDS and title else "", "title": title, "failed": query.get("failed", "")[:200]}


def same_site(request: Request) -> bool:
    """Whether the form was sent by our own page; another site's page must not post events in a shopper's name."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def docs(request: Request) -> Response:
    response = HTMLResponse(templates.get_template("docs.html").render())
    response.headers["Content-Security-Policy"] = DOCS_POLICY
    return response


def document(request: Request) -> Response:
    site: Site = request.app.state.site
    return JSONResponse(site.document())
