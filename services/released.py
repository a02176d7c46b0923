"""The model in service: loads the promoted one, notices when another is promoted, and swaps it whole.

While there is none, what can be counted stands in for it (`without_model`), and each answer says so.

A request takes `current` once and keeps it to its end, so one answer is never made of two models.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from recommender.artifacts import BundleError, ModelBundle
from recommender.queries import promoted_model
from services.metrics import meters
from services.problems import Problem
from services.without_model import WithoutModel

log = structlog.get_logger(__name__)
NOTHING_TO_SHOW = "the catalogue is empty: import items; a model isn't needed to answer"


@dataclass(frozen=True, slots=True)
class Released:
    """A model that is loaded."""

    model_version: str
    bundle: ModelBundle
    generation: int = 0  # of the catalogue in the bundle
    missing: tuple[str, ...] = ()  # what answers made of it lack; a model that was learned lacks nothing


class ModelInService:
    """`check` is called by the watcher; `current` is read by every request."""

    def __init__(
        self,
        root: Path,
        load: Callable[[Path], ModelBundle] = ModelBundle.load,
        without: WithoutModel | None = None,
    ) -> None:
        self.root, self.load, self.without = root, load, without
        self.current: Released | None = None
        self.reason = "starting"

    def check(self, session: Session) -> bool:
        """Loads the promoted model if it isn't the current one; answers whether what answers changed."""
        model = promoted_model(session)
        if model is None:
            changed = self._stand_in(session)
            self.reason = NOTHING_TO_SHOW if self.current is None else self.reason
            return changed
        if self.current is not None and self.current.model_version == model.model_version:
            return False
        try:
            bundle = self.load(self.root / model.path)
        except (OSError, BundleError) as failure:
            self._give_up(f"model {model.model_version} can't be loaded: {str(failure).splitlines()[0]}")
            return self._stand_in(session)
        self.current = Released(model.model_version, bundle)
        if self.without is not None:
            self.without.again()
        meters().model_swaps.inc()
        log.info("model in service", model_version=model.model_version)
        return True

    def _stand_in(self, session: Session) -> bool:
        """What can be counted, while no model that was learned is there; answers whether that is another."""
        if self.without is None or (self.current is not None and not self.current.missing):
            return False
        bundle = self.without.look(session)
        if bundle is None:
            return False
        generation = self.current.generation + 1 if self.current is not None else 0
        self.current = Released(bundle.model_version, bundle, generation, self.without.missing)
        return True

    def _give_up(self, reason: str) -> None:
        if reason != self.reason:  # said once, not at every look
            log.error("what is in service stays as it is", reason=reason)
        self.reason = reason

    def needed(self) -> Released:
        """The current model; a `Problem` (503) that says why when there is none."""
        if self.current is None:
            raise Problem("model", self.reason, "Wait until /readyz answers 200.", 503)
        return self.current
