"""`/operations`: the drift runs beside each other, one run with who drifted and why, and the form that decides on it.

Server-rendered and without JavaScript. It shows rows that a check left; it measures nothing and decides nothing itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from recommender.db.engine import session_scope
from recommender.db.tables import DriftDecision, DriftedUser, DriftRun
from recommender.drift.decisions import Choice, DecisionError, decide, decision_on, decisions_on, take_back
from recommender.drift.runs import list_runs, newest_run
from services.airflow.decisions import look_for_question, tell_decision
from services.core.errors import Problem
from services.http.api_keys import actor
from services.storefront.forms import Form, language_of, posted
from services.storefront.operator.airflow_messages import AIRFLOW_MESSAGES
from services.storefront.operator.drift_charts import draw_histogram, draw_trend
from services.storefront.operator.operations_messages import OPERATIONS_MESSAGES
from services.storefront.pages import templates

if TYPE_CHECKING:
    from services.container import Shop

RUNS, SHOPPERS = 52, 25  # a year of weeks; shoppers on a page
LONGEST_PAGE = 4  # digits
UNDO, TELL = "undo", "tell"
QUALITY = "ndcg"  # the one figure of answers that is no share


async def runs_page(request: Request) -> Response:
    """All runs, the latest first, and their course over the weeks."""
    return await run_in_threadpool(_runs_page, request.app.state.site.shop, language_of(request.query_params))


async def run_page(request: Request) -> Response:
    """One run: its verdict, its shoppers, and what was decided or can be."""
    address, run_id = request.query_params, request.path_params["run_id"]
    number = address.get("page", "1")
    place = max(int(number), 1) if number.isascii() and number.isdecimal() and len(number) <= LONGEST_PAGE else 1
    asked = await look_for_question(request.app.state.site.shop.airflow, run_id)
    more = {"place": place, "refusal": address.get("refused", "")[:300], "asked": asked}
    return await run_in_threadpool(
        _run_page, request.app.state.site.shop, run_id, language_of(request.query_params), more
    )


async def decided(request: Request) -> Response:
    """The form's answer, and back to the run; Airflow's task that waits for a decision is told the one that is made."""
    form, shop, run_id = await posted(request), request.app.state.site.shop, request.path_params["run_id"]
    refusal, made = await run_in_threadpool(_decided, shop, run_id, form)
    if made is not None:
        await tell_decision(shop.airflow, made)
    refused = {"lang": language_of(form)} | ({"refused": refusal} if refusal else {})
    return RedirectResponse(_address(run_id, refused), 303)


def _runs_page(shop: "Shop", language: str) -> Response:
    try:
        runs = list_runs(RUNS, shop.engine)
        made = decisions_on([run.drift_run_id for run in runs], shop.engine)
    except SQLAlchemyError:
        raise Problem("operations", "the database is away", "Ask again in a moment.", 503) from None
    trend = draw_trend([(run.current_until, _share(run), run.drifted) for run in reversed(runs)])
    return _page("operator/operations.html", language, "/operations", runs=runs, decisions=made, trend=trend)


def _share(run: DriftRun) -> float:
    """Of the shoppers who were looked at those who moved too far."""
    return run.users_drifted / max(int(run.details["shoppers"]["checked"]), 1)


def _run_page(shop: "Shop", run_id: str, language: str, more: dict[str, Any]) -> Response:
    try:
        with session_scope(shop.engine) as session:
            run = session.get(DriftRun, run_id)
            if run is None:
                raise Problem("run", f"there is no drift run {run_id}", "Choose one of /operations.", 404)
            condition = DriftedUser.drift_run_id == run_id
            farthest = select(DriftedUser).where(condition).order_by(DriftedUser.distance.desc(), DriftedUser.user_id)
            shoppers = session.scalars(farthest.limit(SHOPPERS).offset((more["place"] - 1) * SHOPPERS)).all()
            latest = newest_run(session)
            pages = -(
                -(session.scalar(select(func.count()).select_from(DriftedUser).where(condition)) or 0) // SHOPPERS
            )
        made = decision_on(run_id, shop.engine)
    except SQLAlchemyError:
        raise Problem("operations", "the database is away", "Ask again in a moment.", 503) from None
    drifted = run.details["shoppers"]
    histogram = draw_histogram(drifted["histogram"], drifted["threshold"]) if "histogram" in drifted else None
    replaced = latest is not None and latest.current_until > run.current_until
    shown = {
        "replaced": replaced,
        "run": run,
        "decision": made,
        "shoppers": shoppers,
        "pages": pages,
        "histogram": histogram,
    }
    path = f"/operations/{run_id}"
    return _page("operator/drift_run.html", language, path, columns=_moved(run), **_answered(run), **shown, **more)


def _answered(run: DriftRun) -> dict[str, Any]:
    """The figures of what was answered, and the quality by model; a run of an earlier release has none."""
    answers = run.details.get("answers") or {"figures": {}, "ndcg_by_model": {}}
    figures = [
        {"name": name, "unit": one["unit"], "units": one["units"], "drifted": one["drifted"]}
        | {"is_judged": one["p"] is not None, "value": _figure(name, one["value"])}
        | {"ordinary": " – ".join(dict.fromkeys(_figure(name, end) for end in _ends(one["ordinary"])))}
        for name, one in answers["figures"].items()
    ]
    return {"figures": figures, "models": sorted(answers["ndcg_by_model"].items())}


def _ends(values: Sequence[float]) -> tuple[float, ...]:
    return (min(values), max(values)) if values else ()


def _figure(name: str, value: float) -> str:
    return f"{value:.3f}" if name == QUALITY else f"{value:.1%}"


def _moved(run: DriftRun) -> list[tuple[str, str, dict[str, Any]]]:
    """The columns that drifted: their part, name, and figures."""
    return [
        (part, name, column)
        for part in ("behaviour", "profiles", "scores")
        for name, column in run.details.get(part, {"columns": {}})["columns"].items()
        if column["drifted"]
    ]


def _page(template: str, language: str, path: str, **context: Any) -> Response:
    page = templates.get_template(template)
    messages = OPERATIONS_MESSAGES[language] | AIRFLOW_MESSAGES[language]
    return HTMLResponse(page.render(w=messages, language=language, path=path, **context))


def _decided(shop: "Shop", run_id: str, form: Form) -> tuple[str, DriftDecision | None]:
    """Why not, and the decision that Airflow is to hear of: a new one, or with `TELL` the one that was made before."""
    try:
        if form.get("action") == UNDO:
            take_back(run_id, actor(), shop.engine)
            return "", None
        if form.get("action") == TELL:
            return "", decision_on(run_id, shop.engine)
        return "", decide(run_id, _choice(form, actor()), engine=shop.engine)
    except DecisionError as refusal:
        return str(refusal), None
    except SQLAlchemyError:
        return OPERATIONS_MESSAGES[language_of(form)]["away"], None


def _address(run_id: str, query: dict[str, str]) -> str:
    return f"/operations/{quote(run_id, safe='')}?{urlencode(query)}#decision"


def _choice(form: Form, who: str) -> Choice:
    """DecisionError where a number is none."""
    numbers: dict[str, float | None] = {}
    for field in ("farther_than", "at_most"):
        text = form.get(field, "").strip()
        try:
            numbers[field] = float(text) if text else None
        except ValueError:
            raise DecisionError(f"{field}: {text[:40]!r} is no number") from None
    most = numbers["at_most"]
    if most is not None and not most.is_integer():  # nor is one without end, or no number
        raise DecisionError("at_most: give a whole number")
    action: Any = form.get("action", "")
    most_shoppers = None if most is None else int(most)
    return Choice(action, who, "page", form.get("note", ""), numbers["farther_than"], most_shoppers)


routes = [
    Route("/operations", runs_page),
    Route("/operations/{run_id}", run_page),
    Route("/operations/{run_id}", decided, methods=["POST"]),
]
