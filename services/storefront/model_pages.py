"""`/models` for people, `GET /models.json` for machines: which models there are, what they reach, why they passed.

It shows what manifests name, whichever measures, systems and groups of shoppers these are. Its buttons put a candidate
in service, and the former model back; the service that shows it follows within a second, as all others do.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.store.model_report import ModelReport, measures_of, model_reports, value_in_words
from recommender.store.queries import promoted_model
from services.core.errors import Problem
from services.http.api_keys import actor
from services.storefront.forms import Form, posted
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.storefront.pages import Site


PROMOTE, ROLLBACK = "promote", "rollback"


async def models_page(request: Request) -> Response:
    reports, former = await run_in_threadpool(_shown, request.app.state.site)
    page = templates.get_template("models.html")
    refusal = request.query_params.get("refused", "")[:500]
    shown = {"reports": reports, "former": former, "refusal": refusal}
    return HTMLResponse(page.render(measures_of=measures_of, value=value_in_words, **shown))


async def released(request: Request) -> Response:
    """The buttons' answer, and back to the page."""
    form = await posted(request)
    refusal = await run_in_threadpool(_release, request.app.state.site, form)
    return RedirectResponse("/models" + (f"?{urlencode({'refused': refusal})}" if refusal else ""), 303)


def _release(site: "Site", form: Form) -> str:
    """Does it; what refuses it is said."""
    from recommender.models.bundle import BundleError  # a worker has it; the process that starts workers does without
    from recommender.release.known_models import ReleaseError
    from recommender.release.promotion import promote

    try:
        if form.get("action") == PROMOTE:
            promote(form.get("model_version", ""), actor(), site.shop.engine)
        elif form.get("action") == ROLLBACK:
            _roll_back(site, form.get("model_version", ""))
        else:
            return f"action: give {PROMOTE} or {ROLLBACK}"
    except (ReleaseError, BundleError) as refusal:
        return str(refusal)
    except SQLAlchemyError:
        return "the database is away; try again in a moment"
    return ""


def _roll_back(site: "Site", taken_out: str) -> None:
    """Of the model that whoever pressed the button saw in service: a second press doesn't go back further."""
    from recommender.release.promotion import ReleaseError, rollback

    with session_scope(site.shop.engine) as session:
        current = promoted_model(session)
    if current is None or current.model_version != taken_out:
        raise ReleaseError(f"{taken_out or 'the model'} is not in service any more; look at the list again")
    rollback(actor(), site.shop.engine)


def _shown(site: "Site") -> tuple[list[ModelReport], str]:
    """The models, and which one was in service before; "" where there is no way back."""
    from recommender.release.promotion import former_model

    try:
        with session_scope(site.shop.engine) as session:
            former = former_model(session)
            there = former is not None and site.shop.settings.placed(former.path).exists()
            return model_reports(session), former.model_version if former is not None and there else ""
    except SQLAlchemyError:
        raise Problem("models", "the database is away", "Ask again in a moment.", 503) from None


async def models_json(request: Request) -> Response:
    reports = await run_in_threadpool(_reports, request.app.state.site)
    return Response(orjson.dumps([asdict(report) for report in reports]), media_type="application/json")


def _reports(site: "Site") -> list[ModelReport]:
    try:
        with session_scope(site.shop.engine) as session:
            return model_reports(session)
    except SQLAlchemyError:
        raise Problem("models", "the database is away", "Ask again in a moment.", 503) from None


routes = [
    Route("/models", models_page),
    Route("/models", released, methods=["POST"]),
    Route("/models.json", models_json),
]
