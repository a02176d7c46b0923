"""Sentences that are wanted of the text LLM: whose, of which items, from which evidence; and how many a day.

It knows no engine and no thread; `worker` has them written.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from recommender.explain.templates import SentenceContext
from recommender.explain.writer import ExplainedBy, Sentence
from recommender.profiles.profile import Profile
from recommender.ranking.evidence import Evidence
from services.schemas.recommend import RecommendRequest

DAY_SECONDS = 86_400
SENTENCES_A_DAY = 5_000
BYTES_AN_EVENT = 150


class Key(NamedTuple):
    """Whose sentences: of one profile, in one language. Nobody known is "" at version 0."""

    user_id: str
    profile_version: int
    language: str


def key_of(request: RecommendRequest, profile: Profile | None) -> Key | None:
    """Under which key an answer's sentences are kept; None for those that serve once (a visit that isn't signed in)."""
    if request.is_wish:
        return None
    if request.user_id is not None and profile is not None and profile.version:
        return Key(request.user_id, profile.version, request.language)
    return Key("", 0, request.language) if profile is None and not request.context_item_ids else None


@dataclass(frozen=True, slots=True)
class SentenceRequest:
    """Sentences that are wanted: the items of an answer with their evidence, and what may be said of the shopper."""

    key: Key
    model_version: str
    items: Sequence[tuple[str, Sequence[Evidence]]]
    known: SentenceContext

    @property
    def size(self) -> int:
        """Bytes, about: what it keeps of what the shopper did."""
        return BYTES_AN_EVENT * sum(len(done) for done in self.known.actions.values())


class Reasons(NamedTuple):
    """A sentence for each item, with who wrote it; and those that the text LLM has not written yet, to be asked for."""

    sentences: list[tuple[str, ExplainedBy]]
    missing: SentenceRequest | None


@dataclass(slots=True)
class Budget:
    """How many sentences may be written a day (UTC) for answers that nobody waits for."""

    sentences_a_day: int
    now: Callable[[], float] = time.time
    _day: int = -1
    _left: int = 0

    @property
    def left(self) -> int:
        """How many sentences may still be written today; the day's first look has the whole budget."""
        day = int(self.now() // DAY_SECONDS)
        if day != self._day:
            self._day, self._left = day, self.sentences_a_day
        return self._left

    def spend(self) -> None:
        """Counts one sentence as written."""
        self._left = max(self.left - 1, 0)


@dataclass(frozen=True, slots=True)
class UrgentRequest:
    """The sentence of one item, for somebody who waits."""

    request: SentenceRequest
    answer: Future[Sentence] = field(default_factory=Future)
