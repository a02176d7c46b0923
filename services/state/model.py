"""The model in service: loads the promoted one, notices when another is promoted, and swaps it whole.

While there is none, what can be counted stands in for it (`without_model`), and each answer says so.

Beside it a canary's model may be loaded, which answers its share of the shoppers. A request takes its model once and
keeps it to its end, so one answer is never made of two models.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Model
from recommender.models.bundle import BundleError, ModelBundle, fingerprint, read_manifest
from recommender.models.manifest import TEXT_INDEX
from recommender.release.canary import UNREADABLE, Canary, end_canary, running_canary
from recommender.retrieval.columns import read_model
from recommender.store.queries import promoted_model
from services.core.errors import Problem
from services.core.metrics import meters
from services.state.without_model import WithoutModel

log = structlog.get_logger(__name__)
NOTHING_TO_SHOW = "the catalogue is empty: import items; a model isn't needed to answer"
AGAIN_SECONDS = 60.0  # until a model that could not be loaded is tried again though its files are as they were
THE_SERVICE = "the service"
Seen = tuple[str, object]  # a version, and its files as they were


def read_for_service(path: Path) -> ModelBundle:
    """The model, read whole; one that is large enough for an index of its texts is mapped, so that workers share it."""
    return read_model(path, mapped=(path / TEXT_INDEX).is_file())


@dataclass(frozen=True, slots=True)
class Released:
    """A model that is loaded."""

    model_version: str
    bundle: ModelBundle
    generation: int = 0  # of the catalogue in the bundle
    missing: tuple[str, ...] = ()  # what answers made of it lack; a model that was learned and promoted lacks nothing
    counted: bool = False  # made of counts, while no model is there


@dataclass(frozen=True, slots=True)
class OnTrial:
    """A canary whose model is loaded."""

    canary: Canary
    released: Released


class ModelInService:
    """`check` and `check_canary` are called by the watcher; each request asks once for the model of whoever asks.

    What happens to the folder of a bundle that was read whole can't end the process. A promoted model that can't be
    read, or whose files are spoiled while it is in service, gives way to the one before it, and answers say so.
    `own` is the folder of the model that a Bento brings. Where that is the promoted one, it is as good as the home's
    copy; where no promoted or former model can be read, it answers, and answers say so.
    """

    def __init__(
        self,
        root: Path,
        load: Callable[[Path], ModelBundle] = read_for_service,
        without: WithoutModel | None = None,
        own: Path | None = None,
    ) -> None:
        self.root, self.load, self.without, self.own = root, load, without, own
        self.own_version = read_manifest(own).model_version if own is not None else None
        self.current: Released | None = None
        self.canary: OnTrial | None = None
        self.reason = "starting"
        self._seen: Seen | None = None  # what was looked at last
        self._again_at = float("inf")

    def check(self, session: Session) -> bool:
        """Loads the promoted model if it isn't the current one; answers whether what answers changed."""
        model = promoted_model(session)
        if model is None:
            changed = self._put_own() or self._stand_in(session)
            self.reason = NOTHING_TO_SHOW if self.current is None else self.reason
            return changed
        seen = (model.model_version, fingerprint(self._folder(model)))
        if seen == self._seen and time.monotonic() < self._again_at:
            return self._stand_in(session)
        try:
            self._put(model.model_version, self._read(model))
            self._again_at = float("inf")
        except (OSError, BundleError) as failure:
            reason = f"model {model.model_version} can't be loaded: {str(failure).partition(chr(10))[0]}"
            return self._fall_back(session, model, reason) or self._stand_in(session)
        finally:
            self._seen = seen
        return True

    def _folder(self, model: Model) -> Path:
        return self.root / model.path

    def _read(self, model: Model) -> ModelBundle:
        """From the home; where it can't be read there, the Bento's copy of the same model."""
        try:
            return self.load(self._folder(model))
        except (OSError, BundleError) as failure:
            if self.own is None or self.own_version != model.model_version:
                raise
            log.warning("the Bento's copy of the promoted model is read", reason=str(failure).partition("\n")[0])
            return self.load(self.own)

    def _put_own(self) -> bool:
        """The Bento's own model, while no other that was learned is there; answers whether it was put in service."""
        if self.own is None or self.own_version is None or (self.current is not None and not self.current.counted):
            return False
        try:
            self._put(self.own_version, self.load(self.own), ("model",))
        except (OSError, BundleError) as failure:
            log.error("the Bento's own model can't be loaded", reason=str(failure).partition("\n")[0])
            self.own = None  # it won't be read again
            return False
        return True

    def _put(self, model_version: str, bundle: ModelBundle, missing: tuple[str, ...] = ()) -> None:
        self.current = Released(model_version, bundle, missing=missing)
        if self.without is not None:
            self.without.again()
        meters().model_swaps.inc()
        log.info("model in service", model_version=model_version, missing=missing)

    def _fall_back(self, session: Session, promoted: Model, reason: str) -> bool:
        """The model that was promoted before goes on, or takes over; answers whether what answers changed."""
        self._again_at = time.monotonic() + AGAIN_SECONDS
        if reason != self.reason:  # said once, not at every look
            log.error("another model than the promoted one answers", reason=reason)
        self.reason, current = reason, self.current
        if current is not None and not current.counted and current.model_version != promoted.model_version:
            self.current = replace(current, missing=("model",))
            return current.missing != ("model",)
        for former in _former(session, promoted):
            try:
                self._put(former.model_version, self.load(self._folder(former)), ("model",))
            except (OSError, BundleError) as failure:
                log.error("a former model can't be loaded", reason=str(failure).partition("\n")[0])
            else:
                return True
        if current is not None and not current.counted:  # its files are gone; what was read of them is whole
            self.current = replace(current, missing=("model",))
        return self._put_own()

    def _stand_in(self, session: Session) -> bool:
        """What can be counted, while no model that was learned is there; answers whether that is another."""
        if self.without is None or (self.current is not None and not self.current.counted):
            return False
        bundle = self.without.look(session)
        if bundle is None:
            return False
        generation = self.current.generation + 1 if self.current is not None else 0
        self.current = Released(bundle.model_version, bundle, generation, self.without.missing, counted=True)
        return True

    def of(self, unit: str | None, personalised: bool = True) -> Released | None:
        """The model that answers a shopper or a visit; nobody known, and who doesn't consent, has no part in a canary.

        While nothing but counts can answer, the canary stands back with the model it was to stand beside.
        """
        canary, current = self.canary, self.current
        if canary is None or current is None or current.counted or unit is None or not personalised:
            return current
        return canary.released if not canary.canary.shadow and canary.canary.takes(unit) else current

    def check_canary(self, session: Session) -> None:
        """Loads the model on trial, or lets it go; one that can't be read is ended with its reason."""
        canary, there = running_canary(session), self.canary
        if canary is None or (there is not None and there.canary == canary):
            self.canary = there if canary is not None else None
            return
        self.canary = None
        model = session.get(Model, canary.model_version)
        try:
            if model is None:
                raise BundleError("its row is gone")
            released = Released(canary.model_version, self.load(self._folder(model)))
        except (OSError, BundleError) as failure:
            reason = f"it can't be loaded: {str(failure).partition(chr(10))[0]}"
            log.error("the canary is ended", model_version=canary.model_version, reason=reason)
            end_canary(session, THE_SERVICE, reason, datetime.now(UTC), UNREADABLE, canary.model_version)
            return
        self.canary = OnTrial(canary, released)
        log.info("canary", model_version=canary.model_version, share=canary.share, shadow=canary.shadow)

    def needed(self) -> Released:
        """The current model; a `Problem` (503) that says why when there is none."""
        if self.current is None:
            raise Problem("model", self.reason, "Wait until /readyz answers 200.", 503)
        return self.current


def _former(session: Session, promoted: Model) -> Iterator[Model]:
    """Models that were in service before this one, the latest first."""
    query = select(Model).where(Model.status == "retired", Model.promoted_at.is_not(None))
    yield from session.scalars(query.where(Model.model_version != promoted.model_version)
                               .order_by(Model.promoted_at.desc()))  # fmt: skip
