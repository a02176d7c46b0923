"""`/operations/sales`: what answers led to and how experiments do, from the newest report; as JSON and CSV, too.

It shows what `zhiyin report` or the DAG `report_sales` counted, and counts nothing itself.
"""

import csv
import io
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.db.tables import SalesReport
from recommender.experiments.sales import COLUMNS, flat_rows, newest_report
from services.core.errors import Problem
from services.storefront.forms import language_of
from services.storefront.operator.operations_messages import OPERATIONS_MESSAGES
from services.storefront.operator.sales_messages import SALES_MESSAGES
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.container import Shop

TABLES = ("scenario", "source", "position", "model", "week")  # in the order in which a shop asks


async def sales_page(request: Request) -> Response:
    """The page of the newest report, which says so where there is none yet."""
    language = language_of(request.query_params)
    found = await run_in_threadpool(_newest, request.app.state.site.shop)
    page = templates.get_template("operator/sales.html")
    messages = OPERATIONS_MESSAGES[language] | SALES_MESSAGES[language]
    return HTMLResponse(
        page.render(w=messages, language=language, path="/operations/sales", report=found, tables=TABLES)
    )


async def sales_json(request: Request) -> Response:
    """The newest report with its interval, in JSON; a `Problem` (404) where there is none yet."""
    found = await run_in_threadpool(_needed, request.app.state.site.shop)
    report: dict[str, Any] = {"made_at": found.made_at, "since": found.since, "until": found.until, **found.content}
    return Response(orjson.dumps(report), media_type="application/json")


async def sales_csv(request: Request) -> Response:
    """The newest report as a CSV file, a row a line of its tables; a `Problem` (404) where there is none yet."""
    found = await run_in_threadpool(_needed, request.app.state.site.shop)
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(flat_rows(found.content))
    name = f"sales-{found.until:%Y-%m-%d}.csv"
    return Response(
        text.getvalue(), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _newest(shop: "Shop") -> SalesReport | None:
    try:
        with session_scope(shop.engine) as session:
            return newest_report(session)
    except SQLAlchemyError:
        raise Problem("operations", "the database is away", "Ask again in a moment.", 503) from None


def _needed(shop: "Shop") -> SalesReport:
    found = _newest(shop)
    if found is None:
        raise Problem("report", "nothing has been counted yet", "zhiyin report, or the DAG report_sales.", 404)
    return found


routes = [
    Route("/operations/sales", sales_page),
    Route("/operations/sales.json", sales_json),
    Route("/operations/sales.csv", sales_csv),
]
