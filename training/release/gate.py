"""From a trained model to the one in service: the gate, and the promotion.

A candidate must beat the best of the plain methods (popularity, personal frequency, transitions with texts, their
fusion) and may not be worse than the model in service, by more than a small tolerance, on the same held-out days. It
knows table `models` and bundles.
"""

from dataclasses import asdict, dataclass, replace

import structlog

from features.behaviour import StoredBehaviours
from recommender.data.catalog import Catalogue
from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.embeddings.images import load_seen
from recommender.embeddings.text import MissingEmbeddings, load_vectors
from recommender.models.bundle import BundleError, ModelBundle
from recommender.models.new_items import with_items
from recommender.release.model_lookup import known_model
from recommender.release.promotion import THE_LOOP
from recommender.release.promotion import promote as put_in_service
from recommender.retrieval.columns import read_model
from recommender.retrieval.sources.behaviour import reads_behaviour
from recommender.settings import get_settings
from recommender.store.queries import promoted_model
from recommender.store.side_info import load_attributes, load_links
from recommender.tracing import traced_step
from training.data.side_info import SideInfo
from training.release.compare import measured_on
from training.release.retention import remove_old_models
from training.tracking.trainings import log_verdict

log = structlog.get_logger(__name__)
METRIC = "NDCG@20"
TOLERANCE = 0.02  # of what the model in service reaches


@dataclass(frozen=True, slots=True)
class Verdict:
    """`in_service` is what the model in service reached on the candidate's held-out days; None where there is none."""

    model_version: str
    passed: bool
    reason: str
    metric: float
    popularity: float
    in_service: float | None = None


@traced_step("gate")
def gate(model_version: str) -> dict[str, object]:
    """Judges a candidate and keeps the verdict in words; a rejected one can't be promoted."""
    with session_scope() as session:
        status = known_model(session, model_version).status
        current = promoted_model(session)
    bundle = read_model(get_settings().models_dir / model_version)
    if current is not None and current.model_version != model_version:
        verdict = _against(bundle, current.model_version)
    else:
        verdict = decide(bundle, None)
    verdict = replace(verdict, reason=verdict.reason + _note_on_erased(current, model_version))
    if status in ("candidate", "rejected"):
        _keep(verdict)
    if not verdict.passed:
        remove_old_models()  # rejected ones would pile up where none is promoted for long
    figures = {"metric": verdict.metric, "popularity": verdict.popularity, "in_service": verdict.in_service}
    log_verdict(model_version, verdict.passed, verdict.reason, figures)
    log.info("gate", **asdict(verdict))
    return asdict(verdict)


def _note_on_erased(current: Model | None, candidate: str) -> str:
    """Why a new model is wanted even if it is no better: whom the one in service had learned from."""
    if current is None or not current.erased_shoppers or current.model_version == candidate:
        return ""
    return f"; the one in service had learned from {current.erased_shoppers:,} shoppers who are erased since"


def decide(bundle: ModelBundle, in_service: float | None, note: str = "", tolerance: float = TOLERANCE) -> Verdict:
    """The verdict from the figures alone."""
    reached = bundle.manifest.metrics[METRIC]
    popularity = bundle.manifest.baselines["popularity"][METRIC]
    best, plain = max(((name, found[METRIC]) for name, found in bundle.manifest.baselines.items()), key=lambda x: x[1])
    best_plain = f"{best}'s {plain:.4f}, the best of the plain methods"
    days = bundle.manifest.test_interval
    if reached <= popularity or reached < plain:
        passed, words = False, f"not better than {best_plain}: {1 - reached / max(plain, 1e-9):.1%} less"
    elif in_service is None:
        passed, words = True, f"no worse than {best_plain}; there is no other model to compare with"
    elif reached < in_service * (1 - tolerance):
        passed, words = False, f"worse than the {in_service:.4f} of the model in service by more than {tolerance:.0%}"
    else:
        passed, words = True, f"no worse than {best_plain}; the model in service reaches {in_service:.4f}"
    reason = f"{METRIC} {reached:.4f} on {days}: {words}{note}"
    return Verdict(bundle.model_version, passed, reason, reached, popularity, in_service)


def _against(bundle: ModelBundle, current_version: str) -> Verdict:
    """The model in service is measured on the candidate's held-out days, its counts as they stood before them."""
    from training.data.screening import screened_events  # costs seconds, and the other steps do without

    manifest = bundle.manifest
    try:
        current = read_model(get_settings().models_dir / current_version)
    except BundleError as error:
        return decide(bundle, None, f" (the one in service can't be read: {error})")
    events = screened_events(manifest.data_from, manifest.until).events
    with session_scope() as session:
        side_info = SideInfo(links=load_links(session), attributes=load_attributes(session))
    if reads_behaviour(current):
        side_info = replace(side_info, behaviour=StoredBehaviours(current.manifest.feature_service))
    reached = measured_on(_with_items_of(current, bundle.catalogue), bundle, events, side_info)[METRIC]
    seen = current.manifest.learned_until > manifest.learned_until
    note = f"; that one had learned until {current.manifest.learned_until:%Y-%m-%d}, part of these days" if seen else ""
    return decide(bundle, reached, note)


def _with_items_of(current: ModelBundle, catalogue: Catalogue) -> ModelBundle:
    """The model in service with the items that came after it, as the service adds them, where it can read them."""
    unknown = Catalogue(catalogue.frame.filter(current.catalogue.rows_of(catalogue.ids) < 0))
    if not len(unknown):
        return current
    try:
        with session_scope() as session:
            vectors_ME, row_N = load_vectors(session, current.manifest.encoder_id, unknown.content_hashes)
            seen = load_seen(session, current.manifest.image_encoder_id, unknown.ids.tolist())
    except MissingEmbeddings:
        return current
    return with_items(current, unknown, vectors_ME[row_N], seen)


@traced_step("promote")
def promote(model_version: str, by: str = THE_LOOP) -> dict[str, str | None]:
    """Puts the model in service in place of the present one, which is kept; files of old ones are removed."""
    promoted = put_in_service(model_version, by)
    remove_old_models()
    return promoted


def _keep(verdict: Verdict) -> None:
    with session_scope() as session:
        model = known_model(session, verdict.model_version)
        model.status, model.reason = ("candidate" if verdict.passed else "rejected"), verdict.reason
