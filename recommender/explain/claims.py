"""What a reader takes from a marked sentence: claims, mentions, and what it can't read."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Claim:
    """Something the sentence says is so. `about` is what an action was done with: I the item, O the other."""

    kind: str
    value: str = ""
    about: str = ""


@dataclass(slots=True)
class Reading:
    """What was read of a sentence, up to `unknown`: the first thing that could not be read, "" where all could."""

    claims: list[Claim] = field(default_factory=list)
    mentions: set[str] = field(default_factory=set)  # I, O, C, D, N, this
    unknown: str = ""
