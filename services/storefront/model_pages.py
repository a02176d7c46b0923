"""`GET /models` for people, `GET /models.json` for machines: which models there are, what they reach, why they passed.

It shows what manifests name, whichever measures, systems and groups of shoppers these are.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.store.model_report import ModelReport, measures_of, model_reports, value_in_words
from services.core.errors import Problem
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.storefront.pages import Site


async def models_page(request: Request) -> Response:
    reports = await run_in_threadpool(_reports, request.app.state.site)
    page = templates.get_template("models.html")
    return HTMLResponse(page.render(reports=reports, measures_of=measures_of, value=value_in_words))


async def models_json(request: Request) -> Response:
    reports = await run_in_threadpool(_reports, request.app.state.site)
    return Response(orjson.dumps([asdict(report) for report in reports]), media_type="application/json")


def _reports(site: "Site") -> list[ModelReport]:
    try:
        with session_scope(site.shop.engine) as session:
            return model_reports(session)
    except SQLAlchemyError:
        raise Problem("models", "the database is away", "Ask again in a moment.", 503) from None


routes = [Route("/models", models_page), Route("/models.json", models_json)]
