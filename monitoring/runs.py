"""A drift run and the shoppers found in it, written as rows of the database."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from monitoring.check_params import DriftParams
from recommender.db.engine import session_scope
from recommender.db.tables import ID_LENGTH, DriftedUser, DriftRun
from recommender.store.outgoing import DRIFT, queue_message


@dataclass(frozen=True, slots=True)
class DriftedShopper:
    """How far a shopper moved, in how many events, and what the profile said and would say now, in a sentence each."""

    distance: float
    events: int = 0
    was: str = ""
    now: str = ""


def replace_run(
    run_id: str,
    params: DriftParams,
    verdict: Mapping[str, Any],
    report_path: str,
    shoppers: Mapping[str, DriftedShopper],
) -> None:
    """Writes the run and its shoppers in place of an earlier run of the same id, in one transaction.

    It keeps when a shopper of it was refreshed.
    """
    with session_scope() as session:  # of its own: SQLite takes no write after a read that another process outdated
        refreshed = _refreshed(session, run_id)
    with session_scope() as session:
        session.execute(delete(DriftedUser).where(DriftedUser.drift_run_id == run_id))
        session.execute(delete(DriftRun).where(DriftRun.drift_run_id == run_id))
        session.add(
            DriftRun(
                drift_run_id=run_id,
                current_from=params.current_from,
                current_until=params.current_until,
                reference_from=params.reference_from,
                reference_until=params.reference_until,
                drifted=verdict["drifted"],
                share=verdict["behaviour"]["share"],
                details=dict(verdict),
                report_path=report_path,
                users_drifted=len(shoppers),
                users_refreshed=len(refreshed.keys() & shoppers.keys()),
                created_at=datetime.now(UTC),
            )
        )
        session.flush()
        session.add_all(
            DriftedUser(drift_run_id=run_id, user_id=user_id, refreshed_at=refreshed.get(user_id), **asdict(shopper))
            for user_id, shopper in shoppers.items()
        )
        if verdict["drifted"] or shoppers:
            _tell(session, run_id, params, verdict, len(shoppers))


def _tell(session: Session, run_id: str, params: DriftParams, verdict: Mapping[str, Any], shoppers: int) -> None:
    """The shop's own system is told of a run once, however often it is made anew."""
    data = {
        "drift_run_id": run_id,
        "drifted": verdict["drifted"],
        "share": verdict["behaviour"]["share"],
        "users_drifted": shoppers,
        "sentence": verdict.get("sentence"),
        "current_from": params.current_from.isoformat(),
        "current_until": params.current_until.isoformat(),
    }
    queue_message(session, DRIFT, data, datetime.now(UTC), message_id=f"drift-{run_id}"[:ID_LENGTH])


def _refreshed(session: Session, run_id: str) -> dict[str, datetime]:
    query = select(DriftedUser.user_id, DriftedUser.refreshed_at).where(
        DriftedUser.drift_run_id == run_id, DriftedUser.refreshed_at.is_not(None)
    )
    return {user_id: moment for user_id, moment in session.execute(query) if moment is not None}
