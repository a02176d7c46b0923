"""`/operations/audit`: who did what to models and to shoppers' data, the latest first.

It shows rows that were kept with the changes themselves; of whom was erased only the digest is left.
"""

from typing import TYPE_CHECKING

import orjson
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.db.tables import Audit
from services.core.errors import Problem
from services.storefront.forms import language_of
from services.storefront.operator.operations_messages import OPERATIONS_MESSAGES
from services.storefront.operator.rules_messages import RULES_MESSAGES
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.container import Shop

PATH = "/operations/audit"
ROWS = 100  # on a page
LONGEST_ID = 18  # digits


async def audit_page(request: Request) -> Response:
    """A page of rows older than `before`, of one `action` or all; a `before` that is no id is as if not given."""
    address = request.query_params
    before = address.get("before", "")
    oldest = int(before) if before.isascii() and before.isdecimal() and len(before) <= LONGEST_ID else None
    found = await run_in_threadpool(_read, request.app.state.site.shop, address.get("action", "")[:32], oldest)
    rows, actions = found
    language = language_of(address)
    shown = {
        "rows": [(row, orjson.dumps(row.details).decode()) for row in rows[:ROWS]],
        "older": rows[ROWS - 1].id if len(rows) > ROWS else None,
        "actions": actions,
        "action": address.get("action", "")[:32],
    }
    messages = OPERATIONS_MESSAGES[language] | RULES_MESSAGES[language]
    return HTMLResponse(
        templates.get_template("operator/audit.html").render(w=messages, language=language, path=PATH, **shown)
    )


def _read(shop: "Shop", action: str, before: int | None) -> tuple[list[Audit], list[str]]:
    """A page of rows and one more, of one action or of all; and the actions there are."""
    query = select(Audit).order_by(Audit.id.desc()).limit(ROWS + 1)
    query = query.where(Audit.action == action) if action else query
    query = query.where(Audit.id < before) if before is not None else query
    try:
        with session_scope(shop.engine) as session:
            actions = session.scalars(select(Audit.action).distinct().order_by(Audit.action))
            return list(session.scalars(query)), list(actions)
    except SQLAlchemyError:
        raise Problem("audit", "the database is away", "Ask again in a moment.", 503) from None


routes = [Route(PATH, audit_page)]
