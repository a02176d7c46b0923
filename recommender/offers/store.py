"""The offers' models in the database: one in service, those before it kept."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from recommender.db.tables import OfferModelVersion
from recommender.offers.model import OfferModel

IN_SERVICE = OfferModelVersion.status == "promoted"


def promote_offer_model(session: Session, model: OfferModel, better: bool, reason: str, now: datetime) -> None:
    """Keeps a model with the verdict; a better one goes in service. Again, it changes nothing."""
    kept = session.get(OfferModelVersion, model.model_version)
    others = IN_SERVICE & (OfferModelVersion.model_version != model.model_version)
    if better:
        session.execute(update(OfferModelVersion).where(others).values(status="retired"))
    if kept is None:
        kept = OfferModelVersion(model_version=model.model_version, created_at=model.created_at)
    if better and kept.status != "promoted":
        kept.promoted_at = now
    kept.status, kept.reason = "promoted" if better else "rejected", reason
    kept.manifest = model.model_dump(mode="json")
    session.add(kept)


def offer_model(session: Session) -> OfferModel | None:
    """The one in service."""
    manifest = session.scalar(select(OfferModelVersion.manifest).where(IN_SERVICE))
    return None if manifest is None else OfferModel.model_validate(manifest)


def offer_model_version(session: Session) -> str | None:
    """The version of the one in service; None where there is none."""
    return session.scalar(select(OfferModelVersion.model_version).where(IN_SERVICE))
