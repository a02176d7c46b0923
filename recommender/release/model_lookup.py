"""Models as they are named by people, and what is said where one can't go where it was sent."""

from sqlalchemy.orm import Session

from recommender.db.tables import Model


class ReleaseError(ValueError):
    """A model can't go where it was sent; the message says why."""


def known_model(session: Session, model_version: str) -> Model:
    """The model's row; a `ReleaseError` names a version that is unknown."""
    model = session.get(Model, model_version)
    if model is None:
        raise ReleaseError(f"model_version: {model_version!r} is unknown; `zhiyin models` lists them")
    return model
