"""`/operations/dags`: how the loop's DAGs are, by Airflow's REST API; as JSON, too.

Where no Airflow is set, or it is away, the page says so: it needs neither Airflow nor the database to stand.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from services.airflow.client import AirflowAway, AirflowRefused
from services.airflow.health import LoopHealth, read_health
from services.core.metrics import meters
from services.storefront.forms import language_of
from services.storefront.operator.airflow_messages import AIRFLOW_MESSAGES
from services.storefront.operator.operations_messages import OPERATIONS_MESSAGES
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.airflow.client import AirflowApi

PATH = "/operations/dags"


@dataclass(frozen=True, slots=True)
class Found:
    """`state` is up, off (no address is set), away or refused; of all but the first two `reason` says why."""

    state: str
    reason: str = ""
    health: LoopHealth | None = None


async def dags_page(request: Request) -> Response:
    """The page, also where Airflow tells nothing."""
    found, language = await _look(request.app.state.site.shop.airflow), language_of(request.query_params)
    messages = OPERATIONS_MESSAGES[language] | AIRFLOW_MESSAGES[language]
    page = templates.get_template("operator/dags.html")
    return HTMLResponse(page.render(w=messages, language=language, path=PATH, found=found, now=datetime.now(UTC)))


async def dags_json(request: Request) -> Response:
    """The same for machines: `airflow` is up, off, away or refused, `degraded` names what isn't known."""
    found = await _look(request.app.state.site.shop.airflow)
    told: dict[str, Any] = {"airflow": found.state, "reason": found.reason, "degraded": ["airflow"]}
    if found.state == "off":
        told["degraded"] = []
    if found.health is not None:
        told |= found.health.model_dump(mode="json")
    return Response(orjson.dumps(told), media_type="application/json")


async def _look(api: "AirflowApi") -> Found:
    """What is missing is counted, as in any answer."""
    if not api.is_set:
        return Found("off")
    try:
        async with api.visit() as visit:
            health = await read_health(visit)
    except AirflowAway as away:
        found = Found("away", str(away))
    except AirflowRefused as refusal:
        found = Found("refused", str(refusal))
    else:
        found = Found("up", health=health)
    if found.health is None or found.health.degraded:
        meters().degraded.labels(PATH.removeprefix("/"), "airflow").inc()
    return found


routes = [Route(PATH, dags_page), Route(f"{PATH}.json", dags_json)]
