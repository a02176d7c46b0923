"""Old models, and old Bentos, are removed; table `models` goes on telling what they reached.

Kept are the model in service, candidates that came after it, as many of those that were in service before it and of
the newest rejected ones as ZHIYIN_KEEP_MODELS says, each with its Bento; and every Bento that a service runs from, with
its model.
"""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Model
from recommender.encoders.base import ADAPTER, FINETUNED, base_id, encoder_id, is_finetuned
from recommender.encoders.image import image_encoder_id
from recommender.encoders.precision import encoder_folder
from recommender.release.canary import running_canary
from recommender.settings import Settings, get_settings
from recommender.store.queries import promoted_model
from recommender.utils.lock_files import is_held
from training.release.bento import PackagingError, bentos_dir, delete_from_store, stored_models_dir

log = structlog.get_logger(__name__)
LONGEST_TRAINING = 7 * 86_400.0  # seconds from an encoder that is tuned to the row of the model that reads with it


def remove_old_models() -> list[str]:
    """The versions of the models whose files were removed; none are before the first promotion.

    What can't be removed is logged as an error and tried again next time: a promotion doesn't fail for it.
    """
    with session_scope() as session:
        kept = _kept(session, get_settings().keep_models)
        if not kept:
            return []
        versions = {model.model_version for model in kept}
        bentos = _bentos_of(kept)
        old = session.scalars(select(Model).where(Model.model_version.not_in(versions))).all()
        folders = {model.model_version: get_settings().placed(model.path) for model in old}
        for model in old:
            model.bento_tag = None
    removed = [version for version, folder in folders.items() if folder.exists()]
    try:
        for version in removed:
            shutil.rmtree(folders[version])
        _remove_from_store(bentos, versions)
    except (OSError, PackagingError) as failure:
        log.error("old models or Bentos can't be removed", reason=str(failure))
    if removed:
        log.info("old models are removed", model_versions=removed, kept=sorted(versions))
    return removed


def old_model_folders() -> list[Path]:
    """What `remove_old_models` would remove: folders of models, and Bentos with their models in BentoML's store."""
    with session_scope() as session:
        kept = _kept(session, get_settings().keep_models)
        if not kept:
            return []
        versions, bentos = {model.model_version for model in kept}, _bentos_of(kept)
        old = session.scalars(select(Model).where(Model.model_version.not_in(versions)))
        folders = [folder for model in old if (folder := get_settings().placed(model.path)).exists()]
    return [*folders, *(one for some in _unused(bentos, versions) for one in some)]


def encoders_in_use() -> set[str]:
    """The encoders of the settings, of every model whose files are there, and those tuned for one in training."""
    settings = get_settings()
    found = {base_id(settings), encoder_id(settings), image_encoder_id(settings)}
    with session_scope() as session:
        for model in session.scalars(select(Model)):
            if settings.placed(model.path).exists():
                found |= {str(model.manifest.get(name) or "") for name in ("encoder_id", "image_encoder_id")}
        tuned = session.scalars(select(Embedding.encoder_id).distinct().where(Embedding.encoder_id.contains(FINETUNED)))
        found |= {name for name in tuned if _is_newly_tuned(settings, name)}
    return found - {""}


def _is_newly_tuned(settings: Settings, name: str) -> bool:
    """Whether a model may still be in training for which the encoder's weights were made."""
    if not is_finetuned(settings, name):
        return False
    return (encoder_folder(settings, name) / ADAPTER).stat().st_mtime > time.time() - LONGEST_TRAINING


def _bentos_of(models: Iterable[Model]) -> set[str]:
    return {model.bento_tag.partition(":")[2] for model in models if model.bento_tag}


def _kept(session: Session, count: int) -> list[Model]:
    current = promoted_model(session)
    if current is None:
        return []
    before = select(Model).where(Model.status == "retired").order_by(Model.promoted_at.desc()).limit(count)
    waiting = select(Model).where(Model.status == "candidate", Model.created_at >= current.created_at)
    rejected = select(Model).where(Model.status == "rejected").order_by(Model.created_at.desc()).limit(count)
    canary = running_canary(session)
    tried = select(Model).where(Model.model_version == canary.model_version) if canary is not None else None
    queries = (before, waiting, rejected, *([tried] if tried is not None else []))
    return [current, *(model for query in queries for model in session.scalars(query))]


def _remove_from_store(bentos: set[str], models: set[str]) -> None:
    """BentoML's store keeps these, and the Bentos that are in use with their models."""
    unused, unused_models = _unused(bentos, models)
    delete_from_store([one.name for one in unused], [one.name for one in unused_models])


def _unused(bentos: set[str], models: set[str]) -> tuple[list[Path], list[Path]]:
    """The store's Bentos and models that neither are among these nor belong to a running service."""
    used = {one.name for one in _folders(bentos_dir()) if one.name not in bentos and is_in_use(one)}
    models = models | {version.rpartition("-")[0] for version in used}
    unused = [one for one in _folders(bentos_dir()) if one.name not in bentos | used]
    return unused, [one for one in _folders(stored_models_dir()) if one.name not in models]


def _folders(place: Path) -> Iterable[Path]:
    return sorted(one for one in place.glob("*") if one.is_dir())


def is_in_use(bento: Path) -> bool:
    """Whether a service runs from the Bento: each of its workers holds bento.yaml."""
    return is_held(bento / "bento.yaml")
