"""The model in service: loads the promoted one, notices when another is promoted, and swaps it whole.

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

log = structlog.get_logger(__name__)
NONE_YET = "no model is promoted yet: run the retrain DAG, or `python -m training`"


@dataclass(frozen=True, slots=True)
class Released:
    """A model that is loaded."""

    model_version: str
    bundle: ModelBundle
    generation: int = 0  # of the catalogue in the bundle


class ModelInService:
    """`check` is called by the watcher; `current` is read by every request."""

    def __init__(self, root: Path, load: Callable[[Path], ModelBundle] = ModelBundle.load) -> None:
        self.root, self.load = root, load
        self.current: Released | None = None
        self.reason = "starting"

    def check(self, session: Session) -> bool:
        """Loads the promoted model if it isn't the current one; answers whether it changed."""
        model = promoted_model(session)
        if model is None:
            self.reason = NONE_YET
            return False
        if self.current is not None and self.current.model_version == model.model_version:
            return False
        try:
            bundle = self.load(self.root / model.path)
        except (OSError, BundleError) as failure:
            self._give_up(f"model {model.model_version} can't be loaded: {str(failure).splitlines()[0]}")
            return False
        self.current = Released(model.model_version, bundle)
        meters().model_swaps.inc()
        log.info("model in service", model_version=model.model_version)
        return True

    def _give_up(self, reason: str) -> None:
        if reason != self.reason:  # said once, not at every look
            log.error("the model in service stays as it is", reason=reason)
        self.reason = reason

    def needed(self) -> Released:
        """The current model; a `Problem` (503) that says why when there is none."""
        if self.current is None:
            raise Problem("model", self.reason, "Wait until /readyz answers 200.", 503)
        return self.current
