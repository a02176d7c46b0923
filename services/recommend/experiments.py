"""How a request is answered while an experiment runs: as its shopper's arm wants it, for what it doesn't say itself.

It knows the running experiment, kept up by the watcher; what experiments are is `recommender.experiments`' affair.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.orm import Session

from features.online import ProfileMark
from recommender.experiments.arms import Experiment
from recommender.experiments.store import running_experiment
from services.schemas.recommend import RecommendRequest


class Assignment(NamedTuple):
    """The arm that an answer belongs to."""

    experiment_id: str
    arm: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """A request as its arm has it answered. Not `personalised`: as if nothing were known of who asks."""

    request: RecommendRequest
    mark: ProfileMark | None
    assignment: Assignment | None = None
    personalised: bool = True


@dataclass(slots=True)
class Experiments:
    """The experiment that runs, if any does."""

    running: Experiment | None = None

    def refresh(self, session: Session) -> None:
        """Reads which experiment runs."""
        self.running = running_experiment(session)

    def assign(self, request: RecommendRequest, mark: ProfileMark | None, personalised: bool) -> Assigned:
        """The request as the shopper's arm changes it, and which arm that is.

        Who doesn't consent to personalisation, and who is nobody known, takes no part.
        """
        unit = request.user_id or request.session_id
        if self.running is None or unit is None or not personalised:
            return Assigned(request, mark, None, personalised)
        arm = self.running.arm_of(unit)
        if arm is None:
            return Assigned(request, mark)
        changes = {name: value for name, value in arm.changes.items() if name != "personalised"}
        unsaid = {name: value for name, value in changes.items() if name not in request.model_fields_set}
        completed = request.model_copy(update=unsaid) if unsaid else request
        known = bool(arm.changes.get("personalised", True))
        return Assigned(completed, mark if known else None, Assignment(self.running.experiment_id, arm.name), known)
