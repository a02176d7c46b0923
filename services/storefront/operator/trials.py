"""What `/models` shows of models on trial: the one that runs and what was counted of it, and what became of others.

It reads rows, and decides nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Canary, GuardrailDecision, SalesReport
from recommender.experiments.sales import newest_report
from recommender.store.queries import promoted_model

if TYPE_CHECKING:
    from recommender.release.counts import Counts

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Trials:
    """`counts` are of the model on trial first; `sales_rows` the newest report's of both."""

    running: Canary | None
    incumbent: str  # the model in service
    before: Sequence[Canary]
    decisions: Sequence[GuardrailDecision]
    counts: "list[tuple[str, Counts]]" = field(default_factory=list)
    report: SalesReport | None = None
    sales_rows: list[dict[str, Any]] = field(default_factory=list)


def read_trials(session: Session) -> Trials:
    """All that the page shows of them."""
    found = session.scalars(select(Canary).order_by(Canary.canary_id.desc()).limit(MOST_SHOWN + 1)).all()
    running = next((one for one in found if one.running), None)
    before = [one for one in found if not one.running][:MOST_SHOWN]
    latest = select(GuardrailDecision).order_by(GuardrailDecision.id.desc()).limit(MOST_SHOWN)
    decisions, promoted = session.scalars(latest).all(), promoted_model(session)
    incumbent = promoted.model_version if promoted is not None else ""
    if running is None:
        return Trials(None, incumbent, before, decisions)
    report = newest_report(session)
    rows = report.content["tables"]["model"] if report is not None else []
    both = [row for row in rows if row["name"] in (running.model_version, incumbent)]
    return Trials(running, incumbent, before, decisions, _counts(session, running, incumbent), report, both)


def _counts(session: Session, running: Canary, former: str) -> "list[tuple[str, Counts]]":
    from recommender.release.counts import sum_counts

    since: datetime = running.started_at
    counts = sum_counts(session, running.model_version, since, "shadow" if running.shadow else None)
    return [(running.model_version, counts), (former, sum_counts(session, former, since))]
