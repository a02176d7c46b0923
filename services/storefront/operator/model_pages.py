"""`/models` for people, `GET /models.json` for machines: which models there are, what they reach, why they passed.

It shows what manifests name, whichever measures, systems and groups of shoppers these are. Its buttons put a candidate
in service, and the former model back; the service that shows it follows within a second, as all others do.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope, writing
from recommender.store.model_report import ModelReport, format_value, measures_of, model_reports
from services.core.errors import Problem
from services.http.api_keys import actor
from services.storefront.forms import Form, language_of, posted
from services.storefront.operator.model_messages import MODEL_MESSAGES
from services.storefront.operator.trials import Trials, read_trials
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.storefront.pages import Site


PROMOTE, ROLLBACK, CANARY, END = "promote", "rollback", "canary", "end"


async def models_page(request: Request) -> Response:
    """The page of all models and what is tried; after a button that was refused it says why."""
    language = language_of(request.query_params)
    reports, former, trials = await run_in_threadpool(_shown, request.app.state.site)
    page = templates.get_template("operator/models.html")
    refusal = request.query_params.get("refused", "")[:500]
    shown = {"reports": reports, "former": former, "refusal": refusal, "trials": trials}
    shown |= {"w": MODEL_MESSAGES[language], "language": language}
    return HTMLResponse(page.render(measures_of=measures_of, value=format_value, **shown))


async def released(request: Request) -> Response:
    """The buttons' answer, and back to the page."""
    form = await posted(request)
    refusal = await run_in_threadpool(_release, request.app.state.site, form)
    parameters = {**({"lang": "zh"} if form.get("lang") == "zh" else {}), **({"refused": refusal} if refusal else {})}
    return RedirectResponse("/models" + (f"?{urlencode(parameters)}" if parameters else ""), 303)


def _release(site: "Site", form: Form) -> str:
    """Does it; what refuses it is said."""
    from recommender.models.bundle import BundleError  # a worker has it; the process that starts workers does without
    from recommender.release.model_lookup import ReleaseError
    from recommender.release.promotion import promote

    try:
        if form.get("action") == PROMOTE:
            promote(form.get("model_version", ""), actor(), site.shop.engine)
        elif form.get("action") == ROLLBACK:
            _roll_back(site, form.get("model_version", ""))
        elif form.get("action") in (CANARY, END):
            _try(site, form)
        else:
            return f"action: give {PROMOTE}, {ROLLBACK}, {CANARY} or {END}"
    except (ReleaseError, BundleError) as refusal:
        return str(refusal)
    except SQLAlchemyError:
        return "the database is away; try again in a moment"
    return ""


def _try(site: "Site", form: Form) -> None:
    """Starts a canary, or ends the one that whoever pressed the button saw."""
    from recommender.release.canary import end_canary, start_canary

    version, reason, now = form.get("model_version", ""), form.get("reason", "")[:300], datetime.now(UTC)
    with writing(site.shop.engine) as session:
        if form.get("action") == END:
            end_canary(session, actor(), reason, now, model_version=version)
        else:
            share, shadow = _share(form.get("share", "")), form.get("shadow") == "yes"
            start_canary(session, version, share, actor(), reason, now, shadow)


def _share(text: str) -> float:
    from recommender.release.model_lookup import ReleaseError

    try:
        return float(text)
    except ValueError:
        raise ReleaseError(f"share: {text[:20]!r} is no number; give 0.05 for one shopper in twenty") from None


def _roll_back(site: "Site", taken_out: str) -> None:
    """Of the model that whoever pressed the button saw in service: a second press doesn't go back further."""
    from recommender.release.promotion import rollback

    rollback(actor(), site.shop.engine, of=taken_out)


def _shown(site: "Site") -> tuple[list[ModelReport], str, Trials]:
    """The models, which one was in service before ("" where there is no way back), and what is tried."""
    from recommender.release.promotion import former_model

    try:
        with session_scope(site.shop.engine) as session:
            former = former_model(session)
            there = former is not None and site.shop.settings.placed(former.path).exists()
            before = former.model_version if former is not None and there else ""
            return model_reports(session), before, read_trials(session)
    except SQLAlchemyError:
        raise Problem("models", "the database is away", "Ask again in a moment.", 503) from None


async def models_json(request: Request) -> Response:
    """The same reports of all models, as a list in JSON; a `Problem` (503) while the database is away."""
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
