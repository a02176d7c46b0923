"""A model put in service, and the way back, each with who did it. Running services follow within a second.

It knows table `models` and that a model can be read; whether one is good enough is the gate's affair.
"""

from datetime import UTC, datetime

import structlog
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.privacy.audit import note
from recommender.retrieval.columns import read_model
from recommender.settings import get_settings
from recommender.store.outgoing import PROMOTED, tell

log = structlog.get_logger(__name__)
THE_LOOP = "the loop"


class ReleaseError(ValueError):
    """A model can't go where it was sent; the message says why."""


def known_model(session: Session, model_version: str) -> Model:
    """The model's row; a `ReleaseError` names a version that is unknown."""
    model = session.get(Model, model_version)
    if model is None:
        raise ReleaseError(f"model_version: {model_version!r} is unknown; `zhiyin models` lists them")
    return model


def promote(model_version: str, by: str = THE_LOOP, engine: Engine | None = None) -> dict[str, str | None]:
    """Puts the model in service in place of the present one, which is kept.

    Raises:
        ReleaseError: it is unknown, or was rejected.
        BundleError: its files can't be read.
    """
    with session_scope(engine) as session:
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
        told = {"model_version": model_version, "former": former.model_version if former else None}
        note(session, model.promoted_at, by, "promote", None, told)
        _tell(session, model, former, model.promoted_at, rolled_back=False)
    log.info("promoted", by=by, **told)
    return told


def rollback(by: str = THE_LOOP, engine: Engine | None = None) -> dict[str, str | int]:
    """Takes the model in service out and puts the one before it back; the one taken out stays out.

    Says how many shoppers who are erased by now the one that is back had learned from. A `ReleaseError` says why there
    is no way back.
    """
    now = datetime.now(UTC)
    with session_scope(engine) as session:
        current, former = _promoted(session), former_model(session)
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
        current.status, current.reason = "rejected", f"rolled back by {by} on {now:%Y-%m-%d %H:%M}"
        former.status = "promoted"
        told: dict[str, str | int] = {"model_version": former.model_version, "taken_out": current.model_version}
        note(session, now, by, "rollback", None, told)
        _tell(session, former, current, now, rolled_back=True)
    if former.erased_shoppers:
        told["erased_shoppers"] = former.erased_shoppers
        log.warning("the model that is back had learned from shoppers who are erased: train again")
    log.info("rolled back", by=by, **told)
    return told


def _tell(session: Session, model: Model, former: Model | None, now: datetime, rolled_back: bool) -> None:
    """The shop's own system is told of the model in service."""
    data = {
        "model_version": model.model_version,
        "former": former.model_version if former else None,
        "rolled_back": rolled_back,
        "reason": former.reason if rolled_back and former else model.reason,
        "metrics": model.manifest.get("metrics", {}),
    }
    tell(session, PROMOTED, data, now)


def former_model(session: Session) -> Model | None:
    """The one that was in service before the present one."""
    query = select(Model).where(Model.status == "retired").order_by(Model.promoted_at.desc()).limit(1)
    return session.scalars(query).first()


def _promoted(session: Session) -> Model | None:
    """The row of the model in service, locked where the database can."""
    query = select(Model).where(Model.status == "promoted").order_by(Model.promoted_at.desc()).limit(1)
    return session.scalars(query.with_for_update()).first()
