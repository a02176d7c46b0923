"""`/operations/rules`: the shop's rules, who made which and why, a form for a new one, and a button that ends one.

A running service takes a change in within a second or two; what a rule does to an answer is `recommender.reranking`'s.
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.db.tables import RULE_ACTIONS, RULE_TARGETS
from recommender.reranking.rules import Rule
from recommender.store.rules import UnclearRule, add_rule, read_changes, read_rules, remove_rule
from services.core.errors import Problem
from services.http.api_keys import actor
from services.storefront.forms import Form, language_of, posted
from services.storefront.operator.operations_messages import OPERATIONS_MESSAGES
from services.storefront.operator.rules_messages import RULES_MESSAGES
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.container import Shop

PATH = "/operations/rules"
CHANGES = 100  # the latest, on the page


async def rules_page(request: Request) -> Response:
    """The page of the rules and their latest changes; after a form that was refused it says why."""
    language = language_of(request.query_params)
    refusal = request.query_params.get("refused", "")[:300]
    return await run_in_threadpool(_page, request.app.state.site.shop, language, refusal)


async def changed(request: Request) -> Response:
    """The forms' answer, and back to the page."""
    form = await posted(request)
    refusal = await run_in_threadpool(_change, request.app.state.site.shop, form)
    parameters = {"lang": language_of(form)} | ({"refused": refusal} if refusal else {})
    return RedirectResponse(f"{PATH}?{urlencode(parameters)}", 303)


def _page(shop: "Shop", language: str, refusal: str) -> Response:
    try:
        with session_scope(shop.engine) as session:
            rules, changes = read_rules(session), read_changes(session)[:CHANGES]
    except SQLAlchemyError:
        raise Problem("rules", "the database is away", "Ask again in a moment.", 503) from None
    now = datetime.now(UTC)
    shown = {
        "rules": [(rule, rule.holds(now)) for rule in rules],
        "changes": changes,
        "actions": RULE_ACTIONS,
        "targets": RULE_TARGETS,
        "refusal": refusal,
    }
    messages = OPERATIONS_MESSAGES[language] | RULES_MESSAGES[language]
    return HTMLResponse(
        templates.get_template("operator/rules.html").render(w=messages, language=language, path=PATH, **shown)
    )


def _change(shop: "Shop", form: Form) -> str:
    """Does it; what refuses it is said."""
    now, reason = datetime.now(UTC), form.get("reason", "")
    try:
        with session_scope(shop.engine) as session:
            if form.get("end"):
                remove_rule(session, form["end"], actor(), reason, now)
            else:
                add_rule(session, _rule(form), actor(), reason, now)
    except UnclearRule as refusal:
        return str(refusal)
    except SQLAlchemyError:
        return "the database is away; try again in a moment"
    return ""


def _rule(form: Form) -> Rule:
    position = form.get("position", "").strip()
    if position and not (position.isascii() and position.isdecimal()):
        raise UnclearRule(f"position: {position!r} is no place; count from 1")
    return Rule(
        rule_id="",
        action=form.get("action", ""),
        target=form.get("target", ""),
        name=form.get("name", "").strip(),
        strength=_number(form.get("strength", "")),
        position=int(position) if position else None,
        starts_at=_moment("starts_at", form.get("starts_at", "")),
        ends_at=_moment("ends_at", form.get("ends_at", "")),
    )


def _number(text: str) -> float:
    """0 where nothing is said: the action's usual strength."""
    try:
        return float(text) if text.strip() else 0.0
    except ValueError:
        raise UnclearRule(f"strength: {text!r} is no number") from None


def _moment(field: str, text: str) -> datetime | None:
    """As a browser's field of a date and time sends it, in UTC."""
    if not text.strip():
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise UnclearRule(f"{field}: {text!r} is no moment; write 2026-12-24T18:00") from None


routes = [Route(PATH, rules_page), Route(PATH, changed, methods=["POST"])]
