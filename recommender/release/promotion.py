"""A model put in service, and the way back, each with who did it. Running services follow within a second.

It knows table `models` and that a model can be read; whether one is good enough is the gate's affair.
"""

from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from recommender.db.engine import one_writer_at_a_time, session_scope
from recommender.db.tables import Model
from recommender.privacy.audit import note
from recommender.release.canary import PROMOTED as BY_PROMOTION
from recommender.release.canary import ROLLED_BACK, end_canary, running_canary
from recommender.release.guardrails import ROLL_BACK, Breach, note_breach
from recommender.release.model_lookup import ReleaseError, known_model
from recommender.retrieval.columns import read_model
from recommender.settings import get_settings
from recommender.store.outgoing import PROMOTED, queue_message

log = structlog.get_logger(__name__)
THE_LOOP = "the loop"


def promote(model_version: str, by: str = THE_LOOP, engine: Engine | None = None) -> dict[str, str | None]:
    """Puts the model in service in place of the present one, which is kept.

    Raises:
        ReleaseError: it is unknown, or was rejected.
        BundleError: its files can't be read.
    """
    with session_scope(engine) as session:
        one_writer_at_a_time(session.connection(), Model.__tablename__)
        former = _promoted(session)
        model = known_model(session, model_version)
        if former is not None and former.model_version == model_version:
            return {"model_version": model_version, "former": None}
        if model.status == "rejected":
            raise ReleaseError(f"{model_version} was rejected: {model.reason}")
        read_model(get_settings().placed(model.path))
        if former is not None:
            former.status = "retired"
        model.status, model.promoted_at = "promoted", datetime.now(UTC)
        details = {"model_version": model_version, "former": former.model_version if former else None}
        _tell(session, model, former, model.promoted_at)
        note(session, model.promoted_at, by, "promote", None, details)
        canary = running_canary(session)
        if canary is not None and canary.model_version == model_version:
            end_canary(session, by, "it is in service", model.promoted_at, BY_PROMOTION)
    log.info("promoted", by=by, **details)
    return details


def rollback(
    by: str = THE_LOOP, engine: Engine | None = None, of: str | None = None, breach: Breach | None = None
) -> dict[str, str | int]:
    """Takes the model in service out and puts the one before it back; the one taken out stays out.

    A canary that runs ends with it. `of` is the model that is to be taken out, where whoever says so saw which was in
    service; `breach` is why a guardrail does it. Says how many shoppers who are erased by now the one that is back had
    learned from. A `ReleaseError` says why there is no way back.
    """
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        one_writer_at_a_time(session.connection(), Model.__tablename__)
        current, former = _way_back(session, of)
        because = f": {breach.reason}" if breach is not None else ""
        current.status, current.reason = "rejected", f"rolled back by {by} on {now:%Y-%m-%d %H:%M}{because}"
        former.status = "promoted"
        if breach is not None:
            note_breach(session, current.model_version, ROLL_BACK, breach, now)
        _tell(session, former, current, now, rolled_back=True)
        details: dict[str, str | int] = {"model_version": former.model_version, "taken_out": current.model_version}
        note(
            session, now, by, "rollback", None, {**details, **({"reason": breach.reason} if breach is not None else {})}
        )
        if running_canary(session) is not None:
            end_canary(session, by, f"{current.model_version}, beside which it ran, was rolled back", now, ROLLED_BACK)
    if former.erased_shoppers:
        details["erased_shoppers"] = former.erased_shoppers
        log.warning("the model that is back had learned from shoppers who are erased: train again")
    log.info("rolled back", by=by, **details)
    return details


def _way_back(session: Session, of: str | None) -> tuple[Model, Model]:
    """The model in service and the one before it, which can be read."""
    current, former = _promoted(session), former_model(session)
    if of is not None and (current is None or current.model_version != of):
        raise ReleaseError(f"{of or 'the model'} is not in service any more; look at the list again")
    if current is None:
        raise ReleaseError("no model is in service, so there is none to roll back")
    if former is None:
        raise ReleaseError(f"{current.model_version} is the only model that was ever in service")
    if not get_settings().placed(former.path).exists():
        raise ReleaseError(
            f"{former.model_version} was in service before {current.model_version}, but its files are removed: "
            "ZHIYIN_KEEP_MODELS says how many are kept"
        )
    read_model(get_settings().placed(former.path))
    return current, former


def _tell(session: Session, model: Model, former: Model | None, now: datetime, rolled_back: bool = False) -> None:
    """The shop's own system is told of the model in service."""
    data = {
        "model_version": model.model_version,
        "former": former.model_version if former else None,
        "rolled_back": rolled_back,
        "reason": model.reason if not rolled_back or former is None else former.reason,
        "metrics": model.manifest.get("metrics", {}),
    }
    queue_message(session, PROMOTED, data, now)


def former_model(session: Session) -> Model | None:
    """The one that was in service before the present one."""
    query = select(Model).where(Model.status == "retired").order_by(Model.promoted_at.desc()).limit(1)
    return session.scalars(query).first()


def _promoted(session: Session) -> Model | None:
    """The row of the model in service, locked where the database can."""
    query = select(Model).where(Model.status == "promoted").order_by(Model.promoted_at.desc()).limit(1)
    return session.scalars(query.with_for_update()).first()
