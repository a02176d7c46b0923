"""The experiments as rows: started, ended and read, each with who did it and why. The caller commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db import tables
from recommender.db.tables import ID_LENGTH
from recommender.experiments.arms import Arm, Experiment, ExperimentError
from recommender.utils.accountability import check_author


def start_experiment(
    session: Session, name: str, arms: Sequence[Arm], by: str, reason: str, now: datetime
) -> Experiment:
    """Answers differ from here on, in running services within a second or two.

    Raises:
        ExperimentError: arms or words that don't fit, a name that was used, or another experiment that runs.
    """
    check_author(by, reason, ExperimentError)
    experiment = Experiment(name, tuple(arms), now)
    row = tables.Experiment(
        experiment_id=name,
        running=True,
        arms=[{"name": arm.name, "share": arm.share, "changes": dict(arm.changes)} for arm in arms],
        reason=reason,
        started_by=by[:ID_LENGTH],
        started_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        raise ExperimentError(_why_not(session, name)) from None
    return experiment


def end_experiment(session: Session, name: str, by: str, reason: str, now: datetime) -> None:
    """Everybody is answered alike again; what was seen stays readable. ExperimentError where none of the name runs."""
    check_author(by, reason, ExperimentError)
    chosen = (tables.Experiment.experiment_id == name) & tables.Experiment.running.is_(True)
    values = {"running": None, "ended_by": by[:ID_LENGTH], "ended_at": now, "end_reason": reason}
    ended = session.execute(
        update(tables.Experiment).where(chosen).values(**values).returning(tables.Experiment.experiment_id)
    )
    if ended.first() is None:
        raise ExperimentError(f"experiment: none named {name!r} is running; `zhiyin experiments list` names them")


def list_experiments(session: Session) -> Sequence[tables.Experiment]:
    """All there were, the latest first."""
    return session.scalars(select(tables.Experiment).order_by(tables.Experiment.started_at.desc())).all()


def running_experiment(session: Session) -> Experiment | None:
    """The one that runs."""
    row = session.scalars(select(tables.Experiment).where(tables.Experiment.running.is_(True))).first()
    return experiment_of(row) if row is not None else None


def experiment_of(row: tables.Experiment) -> Experiment:
    """The experiment that a row holds; `ExperimentError` where its arms don't fit."""
    arms = tuple(Arm(one["name"], one["share"], one["changes"]) for one in row.arms)
    return Experiment(row.experiment_id, arms, row.started_at, row.ended_at)


def _why_not(session: Session, name: str) -> str:
    if session.get(tables.Experiment, name) is not None:
        return f"experiment: {name!r} was there before; give another name, since shoppers' arms follow from it"
    running = running_experiment(session)
    return f"experiment: {running.experiment_id if running else 'another one'} is running; end it first"
