"""What an experiment is: arms with shares of the shoppers, each a way to answer, and who belongs to which.

Whoever asks belongs to an arm by a digest of the experiment's name and their own id, so that they stay in it, and no
row a shopper is needed. It knows no table.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import accumulate
from typing import Any

from recommender.db.tables import ID_LENGTH

MOST_ARMS = 8
VALUE_TYPES: Mapping[str, type[bool] | type[float]] = {"personalised": bool, "diversity": float, "include_bought": bool}
CHANGES: Mapping[str, str] = {
    "personalised": "true or false; false: what everybody is shown, as if nothing were known of the shopper",
    "diversity": "0 to 1, as of /recommend",
    "include_bought": "true or false, as of /recommend",
}
SWITCH = {"true": True, "false": False}


class ExperimentError(ValueError):
    """An experiment that can't be; the message names the field and the remedy."""


@dataclass(frozen=True, slots=True)
class Arm:
    """`share` of the shoppers, from 0 to 1, and what is answered otherwise for them."""

    name: str
    share: float
    changes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > ID_LENGTH or not self.name.isprintable():
            raise ExperimentError(f"arm: give it a name of 1 to {ID_LENGTH} printable characters")
        if not 0 < self.share <= 1:
            raise ExperimentError(f"arm {self.name}: its share is {self.share:g}; give more than 0 and at most 1")
        if unknown := sorted(self.changes.keys() - CHANGES.keys()):
            raise ExperimentError(f"arm {self.name}: {unknown[0]!r} is none of {', '.join(CHANGES)}")
        for name, value in self.changes.items():
            if not isinstance(value, VALUE_TYPES[name]) or not 0 <= value <= 1:
                raise ExperimentError(f"arm {self.name}: {name} is {value!r}; give {CHANGES[name]}")


@dataclass(frozen=True, slots=True)
class Experiment:
    """Arms that run from `started_at` to `ended_at`; the first is what the others are compared with."""

    experiment_id: str
    arms: tuple[Arm, ...]
    started_at: datetime
    ended_at: datetime | None = None

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if (
            not self.experiment_id.strip()
            or len(self.experiment_id) > ID_LENGTH
            or not self.experiment_id.isprintable()
        ):
            raise ExperimentError(f"experiment: give it a name of 1 to {ID_LENGTH} printable characters")
        if not 2 <= len(names) <= MOST_ARMS:
            raise ExperimentError(f"arms: {len(names)} given; compare 2 to {MOST_ARMS}")
        if len(set(names)) < len(names):
            raise ExperimentError("arms: two have one name; rename one")
        if sum(arm.share for arm in self.arms) > 1 + 1e-9:
            raise ExperimentError("arms: their shares are more than 1 together; lower some")

    def arm_of(self, unit: str) -> Arm | None:
        """The arm of a shopper or a visit; None for one of the share that takes no part."""
        mark = digest_share(self.experiment_id, unit)
        ends = accumulate(arm.share for arm in self.arms)
        return next((arm for arm, end in zip(self.arms, ends, strict=True) if mark < end), None)


def digest_share(experiment_id: str, unit: str) -> float:
    """A number from 0 to 1, evenly spread over the units, another one in each experiment."""
    digest = blake2b(f"{experiment_id}\0{unit}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def read_arms(texts: Iterable[str]) -> tuple[Arm, ...]:
    """Arms as they are written in a command: `NAME=SHARE`, then changes as `name=value`, with commas between."""
    return tuple(_read_arm(text) for text in texts)


def _read_arm(text: str) -> Arm:
    parts = [part.partition("=") for part in text.split(",")]
    if not all(middle for _, middle, _ in parts):
        raise ExperimentError(f"arm: {text!r}; write NAME=SHARE, then changes: diverse=0.5,diversity=0.3")
    (name, _, share), *changes = parts
    return Arm(
        name.strip(), _number(name, share), {one.strip(): _value(one.strip(), value) for one, _, value in changes}
    )


def _value(name: str, value: str) -> Any:
    if VALUE_TYPES.get(name) is float:
        return _number(name, value)
    return SWITCH.get(value.strip().lower(), value)


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ExperimentError(f"arm: {name}={value} is no number; write 0.5 for half") from None
