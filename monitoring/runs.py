"""The drift runs and the shoppers found in them, as rows of the database."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from monitoring.check_params import DriftParams
from recommender.db.engine import session_scope
from recommender.db.tables import DriftedUser, DriftRun

IDS_A_STATEMENT = 500


def find_run(run_id: str | None = None) -> DriftRun | None:
    """This run, or without an id the one whose interval ends last."""
    newest = select(DriftRun).order_by(DriftRun.current_until.desc(), DriftRun.created_at.desc()).limit(1)
    with session_scope() as session:
        return session.get(DriftRun, run_id) if run_id else session.scalars(newest).first()


def list_runs(limit: int = 20) -> Sequence[DriftRun]:
    """The runs, the latest interval first."""
    with session_scope() as session:
        return session.scalars(select(DriftRun).order_by(DriftRun.current_until.desc()).limit(limit)).all()


def replace_run(
    run_id: str,
    params: DriftParams,
    verdict: Mapping[str, Any],
    report_path: str,
    shoppers: Mapping[str, float],
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
            DriftedUser(drift_run_id=run_id, user_id=user_id, distance=distance, refreshed_at=refreshed.get(user_id))
            for user_id, distance in shoppers.items()
        )


def _refreshed(session: Session, run_id: str) -> dict[str, datetime]:
    query = select(DriftedUser.user_id, DriftedUser.refreshed_at).where(
        DriftedUser.drift_run_id == run_id, DriftedUser.refreshed_at.is_not(None)
    )
    return {user_id: moment for user_id, moment in session.execute(query) if moment is not None}


def drifted_users(run_id: str, waiting: bool = False) -> list[str]:
    """The shoppers who drifted in the run, the farthest first; with `waiting` those not refreshed since."""
    query = select(DriftedUser.user_id).where(DriftedUser.drift_run_id == run_id)
    if waiting:
        query = query.where(DriftedUser.refreshed_at.is_(None))
    with session_scope() as session:
        return list(session.scalars(query.order_by(DriftedUser.distance.desc(), DriftedUser.user_id)))


def mark_refreshed(run_id: str, user_ids: Sequence[str]) -> int:
    """Notes that these shoppers of the run have a new profile; returns how many of the run have one now."""
    mine = DriftedUser.drift_run_id == run_id
    with session_scope() as session:
        for start in range(0, len(user_ids), IDS_A_STATEMENT):
            chosen = DriftedUser.user_id.in_(user_ids[start : start + IDS_A_STATEMENT])
            still_waiting = DriftedUser.refreshed_at.is_(None)
            session.execute(
                update(DriftedUser).where(mine, chosen, still_waiting).values(refreshed_at=datetime.now(UTC))
            )
        done = select(func.count()).select_from(DriftedUser).where(mine, DriftedUser.refreshed_at.is_not(None))
        count = session.scalar(done) or 0
        session.execute(update(DriftRun).where(DriftRun.drift_run_id == run_id).values(users_refreshed=count))
    return count
