"""A model on trial with a share of the shoppers: started, ended and read, each with who did it and why.

Who has part in it follows from a digest of the model's version and their own id, so that they stay in it whichever
worker answers and whatever is restarted. It knows tables; the caller commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from recommender.db import tables
from recommender.db.engine import one_writer_at_a_time
from recommender.db.tables import ID_LENGTH, Model
from recommender.experiments.arms import digest_share
from recommender.privacy.audit import note
from recommender.release.model_lookup import ReleaseError, known_model
from recommender.retrieval.columns import read_model
from recommender.settings import get_settings
from recommender.store.queries import promoted_model
from recommender.utils.accountability import check_author

ENDED, PROMOTED, ROLLED_BACK, BREACH, UNREADABLE = tables.CANARY_OUTCOMES
MAY_TRY = ("candidate", "retired")


@dataclass(frozen=True, slots=True)
class Canary:
    """The model that is on trial. `shadow`: it scores for its share, and nobody is shown what it would answer."""

    canary_id: int
    model_version: str
    incumbent: str
    share: float
    shadow: bool
    started_at: datetime

    def takes(self, unit: str) -> bool:
        """Whether a shopper, or a visit, has part in it."""
        return digest_share(f"canary {self.model_version}", unit) < self.share


def start_canary(
    session: Session, model_version: str, share: float, by: str, reason: str, now: datetime, shadow: bool = False
) -> None:
    """The model answers its share from here on, in running services within a second or two.

    Raises:
        ReleaseError: what was asked for can't be, or another canary runs.
        BundleError: the model's files can't be read.
    """
    if not 0 < share < 1:
        raise ReleaseError(f"share: {share:g}; give more than 0 and less than 1, 0.05 for one shopper in twenty")
    check_author(by, reason, ReleaseError)
    one_writer_at_a_time(session.connection(), tables.Canary.__tablename__)
    former = _check_models(session, model_version)
    row = tables.Canary(
        running=True,
        model_version=model_version,
        incumbent=former.model_version,
        share=share,
        shadow=shadow,
        reason=reason,
        started_by=by[:ID_LENGTH],
        started_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        running = running_canary(session)
        name = running.model_version if running is not None else "another one"
        raise ReleaseError(f"canary: {name} is running; end it first, by `zhiyin canary --end`") from None
    details = {
        "model_version": model_version,
        "beside": row.incumbent,
        "share": share,
        "shadow": shadow,
        "reason": reason,
    }
    note(session, now, by, "canary_start", None, details)


def end_canary(
    session: Session, by: str, reason: str, now: datetime, outcome: str = ENDED, model_version: str | None = None
) -> str:
    """Everybody is answered by the promoted model again; the version of the one that was on trial.

    Raises:
        ReleaseError: none runs, or, where `model_version` is given, not one of that model.
    """
    check_author(by, reason, ReleaseError)
    one_writer_at_a_time(session.connection(), tables.Canary.__tablename__)
    chosen: list[ColumnElement[bool]] = [tables.Canary.running.is_(True)]
    if model_version is not None:
        chosen.append(tables.Canary.model_version == model_version)
    values = {"running": None, "ended_by": by[:ID_LENGTH], "ended_at": now, "end_reason": reason, "outcome": outcome}
    statement = update(tables.Canary).where(*chosen).values(**values).returning(tables.Canary.model_version)
    version = session.execute(statement).scalar()
    if version is None:
        raise ReleaseError(f"canary: {model_version or 'none'} is not running; `zhiyin canary` says what is")
    note(session, now, by, "canary_end", None, {"model_version": version, "outcome": outcome, "reason": reason})
    return str(version)


def running_canary(session: Session) -> Canary | None:
    """The one that runs."""
    row = session.scalars(select(tables.Canary).where(tables.Canary.running.is_(True))).first()
    if row is None:
        return None
    return Canary(row.canary_id, row.model_version, row.incumbent, row.share, row.shadow, row.started_at)


def list_canaries(session: Session, most: int = 20) -> Sequence[tables.Canary]:
    """The latest first."""
    return session.scalars(select(tables.Canary).order_by(tables.Canary.canary_id.desc()).limit(most)).all()


def _check_models(session: Session, model_version: str) -> Model:
    """The model in service, beside which this one may be tried."""
    model, former = known_model(session, model_version), promoted_model(session)
    if former is None:
        raise ReleaseError("no model is in service to be compared with; `zhiyin promote` puts one there")
    if model.status not in MAY_TRY:
        raise ReleaseError(f"model_version: {model_version} is {model.status}; a canary is a candidate, or one before")
    bundle = read_model(get_settings().placed(model.path))
    read_by = former.manifest.get("encoder_id")
    if read_by and bundle.manifest.encoder_id != read_by:
        raise ReleaseError(
            f"model_version: {model_version} was learned with {bundle.manifest.encoder_id}, the one in service with "
            f"{read_by}, and a service reads by one encoder; `zhiyin promote` changes both"
        )
    return former
