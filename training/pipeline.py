"""One training run: reads the interval's events and the catalogue, fits, measures, and registers a candidate.

The same interval, data, parameters and code give the same version, so that a run which is repeated finds its model
instead of making a second one.
"""

import hashlib
import os
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import polars as pl
import structlog
import torch

from features.behaviour import StoredBehaviours
from features.store import ensure_feature_service
from recommender.data.catalog import Catalogue
from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.embeddings.images import load_seen
from recommender.embeddings.text import MissingEmbeddings, load_vectors
from recommender.encoders.base import encoder_id, is_finetuned
from recommender.encoders.image import image_encoder_id
from recommender.models.bundle import BundleError, ModelBundle
from recommender.retrieval.columns import read_model
from recommender.settings import PROJECT_ROOT, get_settings
from recommender.store.side_info import load_attributes, load_links
from recommender.tracing import traced_step
from training.config import TrainParams
from training.data.built_days import require_built
from training.data.interactions import Log, make_log
from training.data.query_words import learn_query_words
from training.data.screening import screened_events, with_counts
from training.data.side_info import SideInfo
from training.encoders.embed_catalog import embed_with_progress
from training.encoders.finetune import settle_encoder
from training.evaluation.segments import purchases_before
from training.fit.curves import record_curves
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import check_enough, fit_bundle
from training.fit.warm_start import NotToGoOnFrom
from training.release.provenance import code_version
from training.tracking.trainings import log_training

__all__ = ["TrainParams", "train"]
log = structlog.get_logger(__name__)
MAKES_MODELS = (
    "features/building",
    "recommender/data", "recommender/models", "recommender/profiles", "recommender/retrieval", "recommender/ranking",
    "recommender/utils/vectors.py",
    "training/data", "training/evaluation", "training/fit", "training/pipeline.py",
)  # fmt: skip


@traced_step("train")
def train(params: TrainParams) -> str:
    """Trains on [until - days, until) and returns the version of the model, a row in table `models`."""
    settings = get_settings()
    torch.set_num_threads(min(settings.threads, os.cpu_count() or 1))
    screened = screened_events(params.start, params.until)
    events = screened.events
    require_built(params, events)
    with session_scope() as session:
        catalogue = Catalogue.from_database(session)
    side_info = _read_side_info(catalogue)
    version = _version(params, events, catalogue, side_info)
    if _is_there(version):
        log.info("this model is there already", model_version=version)
        return version
    known = make_log(events, catalogue)
    check_enough(catalogue, known, params)
    service = ensure_feature_service(version)
    origin = Origin(version, datetime.now(UTC), service, code_version())
    activity = purchases_before(known.shoppers, params.test_from, service)
    texts = _texts(catalogue, known, params)
    side_info = replace(side_info, behaviour=StoredBehaviours(service))
    with record_curves() as curves:
        bundle = fit_bundle(catalogue, texts, known, params, origin, activity, _earlier(params), side_info)
    whole = _with_query_words(with_counts(bundle, screened), events)
    _register(whole)
    log_training(whole.manifest, curves)
    return version


def _with_query_words(bundle: ModelBundle, events: pl.DataFrame) -> ModelBundle:
    """The model, whose manifest says what shoppers call things that titles call otherwise."""
    titles = dict(zip(bundle.catalogue.ids.tolist(), bundle.catalogue.titles, strict=True))
    learned = learn_query_words(events, titles)
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"query_words": learned}))


def _read_side_info(catalogue: Catalogue) -> SideInfo:
    """The photos that were looked at, whom shoppers trust and what they are, if any of it is known."""
    with session_scope() as session:
        seen = load_seen(session, image_encoder_id(get_settings()), catalogue.ids.tolist())
        return SideInfo(seen, load_links(session), load_attributes(session))


def _earlier(params: TrainParams) -> ModelBundle | None:
    """The model to go on from."""
    if not params.warm_start:
        return None
    try:
        return read_model(get_settings().models_dir / params.warm_start)
    except BundleError as error:
        raise NotToGoOnFrom(f"warm_start: {error}") from error


def finetune(params: TrainParams) -> str:
    """The first step of such a training alone: the encoder it would read the catalogue with."""
    events = screened_events(params.start, params.until).events
    require_built(params, events)
    with session_scope() as session:
        catalogue = Catalogue.from_database(session)
    return settle_encoder(catalogue, make_log(events, catalogue), params)


def _texts(catalogue: Catalogue, events: Log, params: TrainParams) -> Texts:
    """The vectors of the catalogue's texts, by an encoder tuned for this run if asked for; missing ones are made."""
    encoder = settle_encoder(catalogue, events, params)
    try:
        with session_scope() as session:
            return Texts(encoder, *load_vectors(session, encoder, catalogue.content_hashes))
    except MissingEmbeddings:
        embed_with_progress()
        encoder = encoder if is_finetuned(get_settings(), encoder) else encoder_id(get_settings())
    with session_scope() as session:
        return Texts(encoder, *load_vectors(session, encoder, catalogue.content_hashes))


def _version(params: TrainParams, events: pl.DataFrame, catalogue: Catalogue, side_info: SideInfo) -> str:
    """The end of the interval and a digest of everything that makes the model what it is."""
    digest = hashlib.sha256(params.model_dump_json().encode())
    digest.update(f"{encoder_id(get_settings())} {_sources()} {side_info.digest()}".encode())
    for hashes in (events.hash_rows(seed=1), catalogue.frame.hash_rows(seed=1)):
        digest.update(np.sort(hashes.to_numpy()).tobytes())
    return f"{params.until:%Y%m%d}-{digest.hexdigest()[:10]}"


def _sources() -> str:
    """A digest of the code that makes a model, as it stands."""
    digest = hashlib.sha256()
    for room in MAKES_MODELS:
        place = PROJECT_ROOT / room
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _is_there(version: str) -> bool:
    with session_scope() as session:
        row = session.get(Model, version)
    if row is None:
        return False
    try:
        read_model(get_settings().models_dir / version)
    except BundleError as error:
        log.warning("a model is damaged and is made anew", model_version=version, error=str(error))
        return False
    return True


def _register(bundle: ModelBundle) -> None:
    """Keeps the model; one that is made anew after it was damaged stays what it was: in service, say."""
    path = get_settings().models_dir / bundle.model_version
    bundle.save(path)
    manifest = bundle.manifest
    with session_scope() as session:
        model = session.get(Model, bundle.model_version) or Model(
            model_version=bundle.model_version, status="candidate", created_at=manifest.created_at
        )
        model.path, model.manifest = get_settings().relative(path), manifest.model_dump(mode="json")
        session.add(model)
