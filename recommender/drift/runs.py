"""The drift runs and the shoppers found in them, as rows of the database; who writes them is `monitoring`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import DriftedUser, DriftRun

IDS_A_STATEMENT = 500


def find_run(run_id: str | None = None) -> DriftRun | None:
    """This run, or without an id the one whose interval ends last."""
    with session_scope() as session:
        return session.get(DriftRun, run_id) if run_id else newest_run(session)


def newest_run(session: Session) -> DriftRun | None:
    """The one whose interval ends last; of several the one that was made last."""
    newest = select(DriftRun).order_by(DriftRun.current_until.desc(), DriftRun.created_at.desc()).limit(1)
    return session.scalars(newest).first()


def list_runs(limit: int = 20, engine: Engine | None = None) -> Sequence[DriftRun]:
    """The runs, the latest interval first."""
    latest = select(DriftRun).order_by(DriftRun.current_until.desc(), DriftRun.created_at.desc()).limit(limit)
    with session_scope(engine) as session:
        return session.scalars(latest).all()


def refreshed_users(run_id: str) -> list[str]:
    """The shoppers of the run who have a new profile by it."""
    condition = (DriftedUser.drift_run_id == run_id) & DriftedUser.refreshed_at.is_not(None)
    with session_scope() as session:
        return list(session.scalars(select(DriftedUser.user_id).where(condition).order_by(DriftedUser.user_id)))


def drifted_users(
    run_id: str, waiting: bool = False, farther_than: float | None = None, at_most: int | None = None
) -> list[str]:
    """The shoppers who drifted in the run, the farthest first.

    With `waiting` those not refreshed since. Of all who drifted only those `farther_than` a distance, and the
    farthest `at_most`.
    """
    chosen = select(DriftedUser).where(DriftedUser.drift_run_id == run_id)
    if farther_than is not None:
        chosen = chosen.where(DriftedUser.distance > farther_than)
    chosen = chosen.order_by(DriftedUser.distance.desc(), DriftedUser.user_id).limit(at_most)
    with session_scope() as session:
        found = session.scalars(chosen).all()
    return [one.user_id for one in found if not (waiting and one.refreshed_at is not None)]


def mark_refreshed(run_id: str, user_ids: Sequence[str]) -> int:
    """Notes that these shoppers of the run have a new profile; returns how many of the run have one now."""
    return _mark(run_id, user_ids, datetime.now(UTC))


def mark_taken_back(run_id: str, user_ids: Sequence[str]) -> int:
    """Notes that these shoppers have the profile from before the run again; returns how many keep the new one."""
    return _mark(run_id, user_ids, None)


def _mark(run_id: str, user_ids: Sequence[str], moment: datetime | None) -> int:
    """One who was refreshed keeps the moment of it."""
    condition = DriftedUser.drift_run_id == run_id
    others = DriftedUser.refreshed_at.is_(None) if moment is not None else DriftedUser.refreshed_at.is_not(None)
    with session_scope() as session:
        for start in range(0, len(user_ids), IDS_A_STATEMENT):
            chosen = DriftedUser.user_id.in_(user_ids[start : start + IDS_A_STATEMENT])
            session.execute(update(DriftedUser).where(condition, chosen, others).values(refreshed_at=moment))
        done = select(func.count()).select_from(DriftedUser).where(condition, DriftedUser.refreshed_at.is_not(None))
        count = session.scalar(done) or 0
        session.execute(update(DriftRun).where(DriftRun.drift_run_id == run_id).values(users_refreshed=count))
    return count
