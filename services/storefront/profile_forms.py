"""The storefront's forms by which a shopper edits what the shop thinks of them; each asks what its endpoint asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import orjson
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from recommender.privacy.preferences import Saying
from services.core.errors import Problem
from services.schemas.privacy import ConsentRequest, MuteRequest, RemoveEventRequest, ShopperRequest
from services.schemas.wish import UndoRequest, WishRequest
from services.storefront.forms import Form, back, back_refused, posted

if TYPE_CHECKING:
    from services.storefront.pages import Site


PageParameters = dict[str, str]  # what the page says of it: `did`, and more where there is


def mute(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Leaves a category or brand out from here on; takes it in again where the form says `muted=no`."""
    muted = form.get("muted") != "no"
    site.shop.privacy.mute(MuteRequest.model_validate({**_named(form, "kind", "key"), "muted": muted}), now)
    return {"did": "muted" if muted else "unmuted"}


def wish(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Keeps for good what the shopper says in words."""
    kept = site.shop.wish_service.wish(WishRequest.model_validate(_named(form, "wish")), now)
    return {"did": "wished" if kept.kept else "wished_nothing", "view": "mine"}


def undo(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Takes back the change of the form's number, or the latest one where it gives none."""
    fields = {"user_id": form.get("user", ""), "change_id": form.get("change_id") or None}
    site.shop.wish_service.undo(UndoRequest.model_validate(fields), now)
    return {"did": "undone"}


def unsay(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Takes back one preference."""
    named = _named(form, "kind", "key")
    site.shop.privacy.record_preferences(
        UndoRequest(user_id=named["user_id"]).user_id, [Saying(named["kind"], named["key"], None)], now
    )
    return {"did": "unsaid"}


def remove_event(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Takes one event out of everything that is known of the shopper."""
    site.shop.privacy.remove_event(RemoveEventRequest.model_validate(_named(form, "event_id")), now)
    return {"did": "removed"}


def consent(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Gives consent to a purpose where the form says `given=yes`; withdraws it otherwise."""
    given = form.get("given") == "yes"
    site.shop.privacy.consent(ConsentRequest.model_validate({**_named(form, "purpose"), "given": given}), now)
    return {"did": "consented" if given else "withdrawn"}


def erase(site: "Site", form: Form, now: datetime) -> PageParameters:
    """Removes the shopper from every store; the page then names the receipt."""
    answer = site.shop.privacy.erase(ShopperRequest.model_validate(_named(form)), now)
    return {"did": "erased", "receipt": answer.receipt}


def _named(form: Form, *fields: str) -> dict[str, str]:
    return {"user_id": form.get("user", ""), **{field: form.get(field, "") for field in fields}}


ACTIONS: dict[str, Callable[["Site", Form, datetime], PageParameters]] = {
    "mute": mute,
    "wish": wish,
    "undo": undo,
    "unsay": unsay,
    "remove_event": remove_event,
    "consent": consent,
    "erase": erase,
}


async def edit(request: Request) -> Response:
    """One of the forms, and back to the page that shows what it changed."""
    return await run_in_threadpool(_edited, request.app.state.site, request.path_params["deed"], await posted(request))


def _edited(site: "Site", action: str, form: Form) -> Response:
    if action not in ACTIONS:
        return HTMLResponse("There is no such form.", 404)
    try:
        done = ACTIONS[action](site, form, datetime.now(UTC))
    except (ValidationError, Problem) as refusal:
        return back_refused(form, refusal)
    return back(form, {**done, "of": form.get("key", "")})


async def export(request: Request) -> Response:
    """Everything that is kept of the shopper, as a file."""
    return await run_in_threadpool(_exported, request.app.state.site, await posted(request))


def _exported(site: "Site", form: Form) -> Response:
    try:
        answer = site.shop.privacy.export(ShopperRequest.model_validate(_named(form)), datetime.now(UTC))
    except (ValidationError, Problem) as refusal:
        return back_refused(form, refusal)
    body = orjson.dumps(answer.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    return Response(body, headers={"Content-Disposition": 'attachment; filename="what-the-shop-keeps.json"'},
                    media_type="application/json")  # fmt: skip


routes = [Route("/mine/export", export, methods=["POST"]), Route("/mine/{deed}", edit, methods=["POST"])]
