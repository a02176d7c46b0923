"""Questions of the past whose answers are known, asked of models that know nothing of the answers.

Two ways to ask. Where shoppers do much in a window of time, all that they came for within it is the answer, and counts
end where it begins. Where they come seldom, each shopper's last events are the answers, in folds: the counts that a
question is asked of know the shopper's events before the answer and nothing of that shopper from it on. Either way
no example sees its own answer.

Shape suffixes: U shoppers, L events.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.history import MAX_HISTORY, History
from recommender.models.bundle import ModelBundle
from recommender.models.manifest import SEQUENCES, WINDOWS
from recommender.profiles.user_state import Shopper, prepare
from training.config import TrainParams
from training.data.budget import Budget
from training.data.cold_start_examples import with_first_visits
from training.data.interactions import Actions, Log, Window, counting, window
from training.data.side_info import SideInfo

OFTEN = 3.0  # items that a shopper comes for in a window, on average, from which windows teach more
COMMON = 0.1  # of all shoppers come within a window, where windows teach more
ENOUGH = 1_000  # shoppers who come within all windows: they teach more, however seldom these come
FOLDS = 8
TARGETS = 2  # of a shopper's last events
LATER_WEIGHT = 0.5  # an answer one event further away counts this much less

LabelledWindow = tuple[ModelBundle, list[Shopper], Window]  # what was known, who is asked, what they then did
Known = Callable[[Log, datetime], ModelBundle]  # the model as it would have stood at a moment


def choose_examples(events: Log, params: TrainParams) -> str:
    """What such a shop's ranker learns from, unless the parameters say.

    Windows ask as the service is asked, of what follows the end of all that is known; where they hold too few
    questions to learn from, each shopper's last events do instead.
    """
    if params.examples != "auto":
        return params.examples
    start, end = int(params.learns_from.timestamp()), int(params.test_from.timestamp())
    chosen_window = window(events, start, end, most=len(events.shoppers), seed=0)
    if not len(chosen_window.users_U):
        return SEQUENCES
    often = float(np.mean([len(wanted) for wanted in chosen_window.wanted]))
    common = len(chosen_window.users_U) / max(len(np.unique(events.events.users)), 1)
    return WINDOWS if (often >= OFTEN and common >= COMMON) or len(chosen_window.users_U) >= ENOUGH else SEQUENCES


@dataclass(frozen=True)
class ExampleSource:
    """All that questions are made from; `model_at` gives what was known of a log at a moment."""

    catalogue: Catalogue
    events: Log
    params: TrainParams
    side_info: SideInfo
    model_at: Known

    def most_questions(self, fits: int) -> int:
        """How many questions there is time for in the run's minutes, beside so many fits of the counts."""
        return Budget.of(self.events, len(self.catalogue), self.params).questions(fits)

    def of_windows(self) -> Iterator[LabelledWindow]:
        """What followed each of the moments that the ranker learns from, and the model as it stood there."""
        params, events = self.params, self.events
        moments = params.label_moments
        each = max(self.most_questions(len(moments)) // len(moments), 1)
        for number, start in enumerate(moments):
            moment, end = int(start.timestamp()), int((start + timedelta(days=params.test_days)).timestamp())
            seed = params.seed + number
            examples = window(events, moment, end, each, seed)
            if len(examples.users_U):
                past = self.model_at(events.before(moment), start)
                shoppers = self.side_info.shoppers_at(events, examples.users_U, self.catalogue, moment)
                yield (
                    past,
                    *with_first_visits(shoppers, examples, events, self.catalogue, end, self.side_info, seed),
                )

    def of_sequences(self) -> Iterator[LabelledWindow]:
        """Each shopper's last events as answers, a fold at a time."""
        rng = np.random.default_rng(self.params.seed)
        known = self.events.before(int(self.params.test_from.timestamp()))
        answers = last_answers(known, TARGETS)
        share = self.most_questions(FOLDS) / max(len(answers.places), 1)
        kept = rng.random(len(answers.places)) < share
        fold = (rng.integers(0, FOLDS, len(known.shoppers))[answers.users] + FOLDS // TARGETS * answers.later) % FOLDS
        for number in range(FOLDS):
            chosen = np.flatnonzero(kept & (fold == number))
            if len(chosen):
                sequences = answers.take(chosen)
                past = self.model_at(without_answers(known, sequences), self.params.test_from)
                yield (past, *self._questions(known, sequences))

    def _questions(self, known: Log, answers: "Answers") -> tuple[list[Shopper], Window]:
        shoppers, wanted, weights, actions = [], [], [], []
        counting_L = np.flatnonzero(counting(known.events))
        for user, place, later in zip(*answers.lists(), strict=True):
            history = self._history(known, user, place)
            shoppers.append(prepare(history, self.catalogue, int(history.times[-1])))
            first = int(np.searchsorted(counting_L, place))
            span = counting_L[first : first + later + 1]
            rows = known.events.items[span].astype(np.int64)
            rows, step = np.unique(rows, return_index=True)
            wanted.append(rows)
            weights.append(np.power(LATER_WEIGHT, step, dtype=np.float64))
            actions.append(Actions.of(known.events, span))
        shoppers = self.side_info.with_backgrounds(known, answers.users, self.catalogue, shoppers)
        moment = int(self.params.test_from.timestamp())
        return shoppers, Window(moment, answers.users, wanted, actions, weights)

    def _history(self, known: Log, user: int, place: int) -> History:
        start = max(int(known.bounds_U[user]), place - MAX_HISTORY)
        return known.history(slice(start, place), self.catalogue)


@dataclass(frozen=True)
class Answers:
    """Events that are asked for: whose, where they stand in the log, and how many answers of the shopper come later."""

    users: NDArray[np.int64]
    places: NDArray[np.int64]
    later: NDArray[np.int64]

    def take(self, which: NDArray[np.int64]) -> "Answers":
        """The answers at these places."""
        return Answers(self.users[which], self.places[which], self.later[which])

    def lists(self) -> tuple[list[int], list[int], list[int]]:
        """Users, places and numbers of later answers as lists of one length, to go through them one by one."""
        return self.users.tolist(), self.places.tolist(), self.later.tolist()


def last_answers(known: Log, targets: int) -> Answers:
    """The last events of each shopper that count, those with something before them."""
    users_L, bounds_U = known.events.users.astype(np.int64), known.bounds_U
    counts_L = counting(known.events)
    from_L = np.append(np.cumsum(counts_L[::-1])[::-1], 0)  # events that count from each place on
    later_L = from_L[1:] - from_L[bounds_U[1:]][users_L]
    chosen = np.flatnonzero(counts_L & (later_L < targets) & (np.arange(len(users_L)) > bounds_U[users_L]))
    return Answers(users_L[chosen], chosen, later_L[chosen].astype(np.int64))


def without_answers(known: Log, hidden: Answers) -> Log:
    """The log without anything of these shoppers from the answer on."""
    first_U = known.bounds_U[1:].copy()
    np.minimum.at(first_U, hidden.users, hidden.places)
    kept_L = np.arange(len(known.events)) < first_U[known.events.users]
    return Log(known.shoppers, known.events.take(kept_L), known.event_ids[kept_L])
