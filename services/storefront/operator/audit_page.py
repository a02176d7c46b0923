"""`/operations/audit`: who did what, when and why, over all that is decided, the latest first; as JSON and CSV, too.

It shows rows that were kept with the changes themselves; of whom was erased only the digest is left.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.store.audit_trail import KINDS, Entry, Place, known_actions, read_trail
from services.core.errors import Problem
from services.storefront.forms import language_of
from services.storefront.operator.operations_messages import OPERATIONS_MESSAGES
from services.storefront.operator.rules_messages import RULES_MESSAGES
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.container import Shop

PATH = "/operations/audit"
ROWS = 100  # on a page
ROWS_OF_CSV = 10_000
COLUMNS = ("time", "kind", "action", "by", "what", "reason", "details")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of one


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; what makes no sense in it is as if not given."""

    kind: str
    action: str
    before: Place | None

    @classmethod
    def of(cls, address: Mapping[str, str]) -> "Asked":
        """The filters and the place that an address names."""
        kind = address.get("kind", "")
        return cls(
            kind if kind in KINDS else "", address.get("action", "")[:32], Place.read(address.get("before", "")[:300])
        )

    def query(self, **more: str) -> str:
        """The same filters, written for an address."""
        return urlencode({**({"kind": self.kind} if self.kind else {}), "action": self.action, **more})


@dataclass(frozen=True, slots=True)
class Found:
    """A page of entries, where the next one begins (None at the end), and the actions there are."""

    entries: list[Entry]
    older: Place | None
    actions: list[str]


async def audit_page(request: Request) -> Response:
    """A page of entries, of one `kind` or `action` or of all; a `before` that is no place is as if not given."""
    asked = Asked.of(request.query_params)
    found = await run_in_threadpool(_read, request.app.state.site.shop, asked, ROWS)
    language = language_of(request.query_params)
    shown = {
        "rows": [(row, orjson.dumps(row.details).decode() if row.details else "") for row in found.entries],
        "older": asked.query(before=found.older.written()) if found.older else None,
        "same": asked.query(),
        "actions": found.actions,
        "kinds": KINDS,
        "asked": asked,
    }
    messages = OPERATIONS_MESSAGES[language] | RULES_MESSAGES[language]
    return HTMLResponse(
        templates.get_template("operator/audit.html").render(w=messages, language=language, path=PATH, **shown)
    )


async def audit_json(request: Request) -> Response:
    """The same page as `entries`, and `next`: the `before` of the page after it, null at the end."""
    found = await run_in_threadpool(_read, request.app.state.site.shop, Asked.of(request.query_params), ROWS)
    entries = [{name: asdict(entry)[name] for name in COLUMNS} for entry in found.entries]
    told = {"entries": entries, "next": found.older.written() if found.older else None}
    return Response(orjson.dumps(told), media_type="application/json")


async def audit_csv(request: Request) -> Response:
    """The latest 10,000 entries as a CSV file; where there are more, the header `Link` says where the next one is."""
    asked = Asked.of(request.query_params)
    found = await run_in_threadpool(_read, request.app.state.site.shop, asked, ROWS_OF_CSV)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(entry, name) for name in COLUMNS] for entry in found.entries)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
    if found.older is not None:
        headers["Link"] = f'<{PATH}.csv?{asked.query(before=found.older.written())}>; rel="next"'
    return Response(text.getvalue(), media_type="text/csv", headers=headers)


def _cell(entry: Entry, column: str) -> str:
    """As text that no spreadsheet computes."""
    if column == "time":
        return entry.time.isoformat()
    text = orjson.dumps(entry.details).decode() if column == "details" else str(getattr(entry, column))
    return f"'{text}" if text.startswith(FORMULA) else text


def _read(shop: "Shop", asked: Asked, most: int) -> Found:
    try:
        with session_scope(shop.engine) as session:
            found = read_trail(session, asked.kind, asked.action, asked.before, most + 1)
            return Found(found[:most], found[most - 1].place if len(found) > most else None, known_actions(session))
    except SQLAlchemyError:
        raise Problem("audit", "the database is away", "Ask again in a moment.", 503) from None


routes = [Route(PATH, audit_page), Route(f"{PATH}.json", audit_json), Route(f"{PATH}.csv", audit_csv)]
