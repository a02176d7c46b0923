"""The storefront's page, rendered: who shops, the chosen view, what the last button did.

Server-rendered; htmx swaps what a form or link changes, and without it the same page is loaded whole. It asks the
shop's parts exactly what the endpoints ask them, and knows no request: what the address says comes as a mapping.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import HTMLResponse, Response

from recommender.db.engine import session_scope
from recommender.drift.runs import list_runs
from recommender.privacy.receipts import is_receipt
from recommender.utils.time_zones import zone_of
from services.core.errors import Problem
from services.schemas.offers import OffersRequest
from services.schemas.privacy import ConsentRequest
from services.schemas.profile import ProfileRequest, ProfileResponse
from services.schemas.recommend import RecommendRequest, RecommendResponse, SimilarRequest
from services.storefront.charts import draw_profile, draw_week
from services.storefront.forms import LONGEST, language_of, return_query
from services.storefront.i18n import MESSAGES
from services.storefront.recent_users import some_shoppers
from services.storefront.sections import browse, find, main_categories, rows
from services.storefront.wish_page import wished

if TYPE_CHECKING:
    from services.container import Shop

SHOWN, RUNS_LISTED, MOST_OF_CURRENCY = 12, 10, 16
EVENT_FORMS = ("view", "cart", "purchase")
VIEWS = ("shop", "item", "offers", "ask", "mine")
EDITS = (
    "muted",
    "unmuted",
    "removed",
    "consented",
    "withdrawn",
    "erased",
    "wished",
    "wished_nothing",
    "undone",
    "unsaid",
)
Address = Mapping[str, str]  # what the page's address asks for, by name
templates = Environment(
    loader=PackageLoader("services"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made from."""

    shop: "Shop"
    document: Callable[[], dict[str, Any]]


def page(site: Site, address: Address, **more: Any) -> Response:
    """The whole page; `more` is what a view shows that its address doesn't say."""
    language = language_of(address)
    context: dict[str, Any] = {
        "w": MESSAGES[language],
        "language": language,
        "user_id": address.get("user", "").strip(),
        "view": address.get("view") if address.get("view") in VIEWS else "shop",
        "currency": address.get("currency", "").strip()[:MOST_OF_CURRENCY] or None,
        "currencies": _currencies(site),
        "query": address.get("q", "").strip()[:LONGEST],
        "category": address.get("category", "")[:LONGEST],
        "wish": address.get("wish", "").strip()[:LONGEST],
        "wished": None,
        "change": None,
        "here": return_query(address),
        "shoppers": [],
        "runs": [],
        "profile": None,
        "answer": None,
        "problem": None,
        **dict.fromkeys(("found", "offers", "item", "similar", "goes_with", "control", "consents", "sure")),
        **dict.fromkeys(("profile_chart", "week_chart")),
        "rows": (),
        "talk": (),
        "carried": "[]",
        "question": "",
        "categories": [],
        "notice": _notice(site, address),
        "actions": EVENT_FORMS,
        "now": datetime.now(UTC),
        **more,
    }
    try:
        with session_scope(site.shop.engine) as session:
            context |= {"shoppers": some_shoppers(session), "runs": list_runs(RUNS_LISTED, site.shop.engine)}
    except SQLAlchemyError:
        context["problem"] = Problem("", MESSAGES[language]["database_away"], "")
    if not context["user_id"] and context["shoppers"] and "user" not in address:
        context["user_id"] = context["shoppers"][0].user_id
    other = {**address, "lang": "en" if language == "zh" else "zh"}
    context["translated"] = f"{return_query(other)}{'' if context['user_id'] else '&user='}"
    _fill(site, context, address)
    return HTMLResponse(templates.get_template("home.html").render(context))


def _fill(site: Site, context: dict[str, Any], address: Address) -> None:
    """What the chosen view shows, or why it can't."""
    try:
        if context["view"] in FILLS:
            FILLS[context["view"]](site, context, address)
    except Problem as problem:
        context["problem"] = problem
    except ValidationError:
        context["problem"] = Problem("user", context["w"]["bad_id"], "")


def _fill_shop(site: Site, context: dict[str, Any], address: Address) -> None:
    bundle, now = site.shop.models.needed().bundle, context["now"]
    context["categories"] = main_categories(bundle, now)
    number = address.get("page", "1")
    place = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1
    if context["query"]:
        context["found"] = find(site.shop, context["user_id"], context["query"], context["category"], place, now)
    elif context["category"]:
        control = site.shop.answers.shoppers.controls.of(context["user_id"])
        context["found"] = browse(site.shop, control, context["category"], place, now)
    if context["found"] is not None:
        items = [item.shown_in(context["language"], context["currency"]) for item in context["found"].items]
        context["found"] = replace(context["found"], items=items)
    context["profile"] = _profile(site, context["user_id"], context["language"])
    whose = (context["user_id"], context["language"], SHOWN, now, context["w"])
    context["wished"] = wished(site.shop, address, *whose) if context["found"] is None else None
    if context["wished"] is not None:
        context["answer"] = context["wished"].answer
    elif context["found"] is None:
        context["answer"] = _recommendations(site, context)
        whose_rows = (context["user_id"], context["language"], now, context["currency"])
        context["rows"] = rows(site.shop, context["profile"], *whose_rows)


def _fill_item(site: Site, context: dict[str, Any], address: Address) -> None:
    item = site.shop.answers.live_items.get(address.get("item", ""))
    if item is None or not item.shown(context["now"], site.shop.searcher.with_sold_out):
        raise Problem("item", context["w"]["no_item"], "")
    shown_in = (context["language"], context["currency"])
    question = {"item_id": item.item_id, "n": 8, "language": context["language"], "currency": context["currency"]}
    control = site.shop.answers.shoppers.controls.of(context["user_id"])
    context |= {"item": item.shown_in(*shown_in), "control": control}
    try:
        for kind in ("goes_with", "similar"):
            asked_for = SimilarRequest.model_validate({**question, "kind": kind})
            context[kind] = site.shop.answers.similar(asked_for, context["now"])
    except Problem as problem:  # an item that the model doesn't know yet
        if problem.status != 404:
            raise


def _fill_offers(site: Site, context: dict[str, Any], address: Address) -> None:
    if context["user_id"]:
        question = {"user_id": context["user_id"], "n": 5, "language": context["language"]}
        context["offers"] = site.shop.offers.offer(OffersRequest.model_validate(question), context["now"])


def _fill_own(site: Site, context: dict[str, Any], address: Address) -> None:
    if not context["user_id"]:
        return
    question = ConsentRequest.model_validate({"user_id": context["user_id"]})
    context["sure"] = address.get("erase") == "ask"
    context["consents"] = site.shop.privacy.consent(question, context["now"]).consents
    context["control"] = site.shop.answers.shoppers.controls.of(context["user_id"])
    context["change"] = site.shop.wish_service.latest(context["user_id"])
    context["profile"] = _profile(site, context["user_id"], context["language"])
    if context["profile"] is not None:
        _fill_charts(site, context)


def _fill_charts(site: Site, context: dict[str, Any]) -> None:
    """The profile over time and the shopper's week, of what the profile is made from."""
    bundle = site.shop.models.needed().bundle
    profile = site.shop.answers.shoppers.profile(bundle, context["user_id"], context["now"], set())
    if profile is not None:
        context["profile_chart"] = draw_profile(bundle, profile.history)
        context["week_chart"] = draw_week(profile.history, zone_of(site.shop.settings.time_zone))


# what a view reads of the shop; the conversation of `ask` is in what its form brings along
FILLS = {"shop": _fill_shop, "item": _fill_item, "offers": _fill_offers, "mine": _fill_own}


def _currencies(site: Site) -> tuple[str, ...]:
    """Those in which items have prices, where there is more than one to choose from."""
    found = site.shop.answers.live_items.currencies
    return found if len(found) > 1 else ()


def _recommendations(site: Site, context: Mapping[str, Any]) -> RecommendResponse:
    question = {"user_id": context["user_id"] or None, "n": SHOWN, "language": context["language"]}
    question["currency"] = context["currency"]
    return site.shop.answers.recommend(RecommendRequest.model_validate(question), datetime.now(UTC))


def _profile(site: Site, user_id: str, language: str) -> ProfileResponse | None:
    if not user_id:
        return None
    question = ProfileRequest.model_validate({"user_id": user_id, "language": language})
    try:
        return site.shop.answers.profile(question, datetime.now(UTC))
    except Problem as problem:
        if problem.status == 404:
            return None
        raise


def _notice(site: Site, query: Address) -> dict[str, str]:
    """What the last button did, from the address the page was sent back to."""
    item_id, action = query.get("of", ""), query.get("did", "")
    title = site.shop.answers.live_items.title(item_id) if item_id in site.shop.answers.live_items else ""
    known = (action in EVENT_FORMS and title) or action in EDITS
    receipt = query.get("receipt", "") if is_receipt(query.get("receipt", "")) else ""
    return {
        "did": action if known else "",
        "title": title,
        "receipt": receipt,
        "failed": query.get("failed", "")[:200],
    }
