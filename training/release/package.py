"""A known model becomes a Bento. It knows table `models`; what a Bento is, `training.release.bento` knows."""

from recommender.db.engine import session_scope
from recommender.release.model_lookup import known_model
from recommender.settings import get_settings
from recommender.tracing import traced_step
from training.release.bento import build_bento


@traced_step("package")
def package(model_version: str) -> str:
    """Builds the Bento of the model and today's code, unless it is there; the tag, kept in table `models`."""
    with session_scope() as session:
        path = known_model(session, model_version).path
    tag = build_bento(model_version, get_settings().placed(path))
    with session_scope() as session:
        known_model(session, model_version).bento_tag = tag
    return tag
