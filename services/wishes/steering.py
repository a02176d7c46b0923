"""What a wish, and what a shopper prefers for good, does to one answer: which rows may be in it, and which come first.

It knows an index beside a model, constraints and a shopper's word; it reads no words and asks nobody.

Shape suffixes: N items of the model.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.privacy.preferences import Saying
from recommender.scenarios.steered import NOT_STEERED, Steered
from recommender.search.search_index import Shopfront
from recommender.steering.constraints import ATTRIBUTE, PRICE, Constraint, Understood
from recommender.steering.fitting import measure_fits
from recommender.steering.satisfying import Satisfying, find_satisfying, rows_of

NOTHING_WISHED = Understood()
Mask = NDArray[np.bool_]
Levels = NDArray[np.float32]


class Reading(Protocol):
    """A text as the encoder reads it, and the cosine from which anything is near it."""

    @property
    def vector(self) -> NDArray[np.float32]:
        """The encoder's vector of the text, of shape (E,) and length 1."""
        ...

    @property
    def least(self) -> float:
        """The cosine from which an item counts as near the text."""
        ...


@dataclass(frozen=True)
class Steering:
    """`only_N`: rows that the answer may hold; None: all."""

    understood: Understood = NOTHING_WISHED
    satisfying: Satisfying | None = None
    only_N: Mask | None = field(default=None, compare=False)
    steered: Steered = NOT_STEERED

    def among(self, other_N: Mask | None) -> Mask | None:
        """The rows that another filter leaves, too."""
        if self.only_N is None or other_N is None:
            return self.only_N if other_N is None else other_N
        return self.only_N & other_N


NO_STEERING = Steering()


def steer(
    front: Shopfront,
    understood: Understood,
    preferences: Sequence[Saying],
    level_N: Levels,
    allowed_N: Mask,
    count: int,
    reading: Reading | None,
    words: str,
) -> Steering:
    """Of the allowed rows; `count` is how many the answer and its next page need.

    `reading` is what the encoder makes of the wish, `words` what items that meet it are told to meet.
    """
    stated = [constraint_of(one) for one in preferences]
    claims = {(one.kind, one.name, value) for one in understood.wanted for value in one.values}
    hidden = [one for one in stated if not one.wanted and claims.isdisjoint(_claims(one))]
    shown_N = allowed_N
    for one in hidden:
        shown_N = shown_N & rows_of(front, one, level_N)
    satisfying = find_satisfying(front, understood.constraints, level_N, shown_N, count) if understood else None
    wanted = [one for one in stated if one.wanted]
    raised_N = np.logical_or.reduce([rows_of(front, one, level_N) for one in wanted]) if wanted else None
    first_N = satisfying.all_N if satisfying is not None and understood.constraints else None
    only_N = satisfying.enough_N if satisfying is not None else shown_N
    fits_N = measure_fits(front.bundle, reading.vector, reading.least, only_N) if reading is not None else None
    step_N = satisfying.step_N if satisfying is not None and satisfying.loosened else None
    steered = Steered(first_N, step_N, fits_N, raised_N, words)
    return Steering(understood, satisfying, only_N if understood or hidden else None, steered)


def constraint_of(saying: Saying) -> Constraint:
    """A preference as a constraint on items."""
    wanted = bool(saying.wanted)
    if saying.kind == PRICE:
        return Constraint(PRICE, wanted=wanted, relation=saying.key)
    if saying.kind == ATTRIBUTE:
        name, _, value = saying.key.partition("=")
        return Constraint(ATTRIBUTE, (value,), wanted, name)
    return Constraint(saying.kind, (saying.key,), wanted)


def _claims(constraint: Constraint) -> set[tuple[str, str, str]]:
    return {(constraint.kind, constraint.name, value) for value in constraint.values}


def quote_constraints(constraints: Sequence[Constraint], language: str) -> str:
    """The shopper's own words for what an item meets."""
    no = "不要" if language == "zh" else "no "
    phrases = (one.quote if one.wanted else f"{no}{one.quote}" for one in constraints if one.quote)
    return "; ".join(dict.fromkeys(phrases))
