"""Which model answers whoever asks, and what becomes of an answer that the model on trial can't make.

A canary that fails is counted, and the promoted model answers in its place, which the answer says. It knows the models
in service, consent and counts, and nothing of what is asked.
"""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import structlog

from services.core.errors import Problem
from services.state.model import ModelInService, Released
from services.state.preferences import Controls
from services.state.release_counter import CANARY, CURRENT, ReleaseCounter

log = structlog.get_logger(__name__)
T = TypeVar("T")
Make = Callable[[Released, set[str]], T]  # an answer by a model; what it lacks goes into the set


class Asker(Protocol):
    """A question that may say whose it is."""

    @property
    def user_id(self) -> str | None:
        """The shopper who asks; None: nobody is named."""
        ...

    @property
    def session_id(self) -> str | None:
        """The visit that asks; None: none is named."""
        ...


def describe_failure(failure: BaseException) -> str:
    """What failed and where, in a line."""
    place = traceback.extract_tb(failure.__traceback__)[-1]
    return f"{type(failure).__name__}: {str(failure)[:200]} ({Path(place.filename).name}:{place.lineno})"


@dataclass(slots=True)
class Trial:
    """Asked once a request."""

    models: ModelInService
    controls: Controls
    counter: ReleaseCounter

    def model_of(self, asker: Asker) -> Released | None:
        """The model that answers a shopper or a visit; None while there is none."""
        return self.model_for(asker.user_id, asker.session_id)

    def model_for(self, user_id: str | None, session_id: str | None = None) -> Released | None:
        """The same for ids: the shopper's decides, the visit's where no shopper is named; None while there is none."""
        return self.models.of(user_id or session_id, self.controls.of(user_id).personalised)

    def answered(self, asker: Asker, make: Make[T]) -> T:
        """The answer by the asker's model; a `Problem` (503) while there is none."""
        return self.answered_for(asker.user_id, asker.session_id, make)

    def answered_for(self, user_id: str | None, session_id: str | None, make: Make[T]) -> T:
        """The same for ids; after a canary that failed the set that `make` is given begins with `canary`.

        A `Problem` that `make` raises is passed on, whichever model was asked.
        """
        current, model = self.models.needed(), self.model_for(user_id, session_id)
        if model is None or model.model_version == current.model_version:
            return self._counted(current, CURRENT, set(), make)
        try:
            return self._counted(model, CANARY, set(), make)
        except Problem:  # it is the question's fault, or a part's that the other model lacks as well
            raise
        except Exception as failure:  # one line each: a canary that fails does so for all its shoppers
            log.error("the canary can't answer", model_version=model.model_version, reason=describe_failure(failure))
        return self._counted(current, CURRENT, {"canary"}, make)

    def precompute(self, model: Released, make: Callable[[], T]) -> T:
        """What is made before anybody asks: it is counted where it fails."""
        began = time.monotonic()
        try:
            return make()
        except Problem:
            raise
        except Exception:
            self.counter.failed(model.model_version, self._role(model), time.monotonic() - began)
            raise

    def _role(self, model: Released) -> str:
        current = self.models.current
        return CURRENT if current is None or model.model_version == current.model_version else CANARY

    def _counted(self, model: Released, role: str, degraded: set[str], make: Make[T]) -> T:
        began, without = time.monotonic(), set(degraded)
        try:
            made = make(model, degraded)
        except Problem:
            raise
        except Exception:
            self.counter.failed(model.model_version, role, time.monotonic() - began)
            raise
        lacking = degraded.union(model.missing) - without
        self.counter.made(model.model_version, role, time.monotonic() - began, lacking)
        return made
