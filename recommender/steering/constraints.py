"""What a wish comes to: constraints that name facts of a catalogue, a text for the encoder, and what is left over.

It knows names and numbers, and neither a catalogue nor how a wish is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass

CATEGORY, BRAND, ATTRIBUTE, WORD, PRICE = "category", "brand", "attribute", "word", "price"
BY_WORDS, BY_MEANING, BY_LLM, BY_CALLER = "words", "meaning", "llm", "caller"
# what is given up first where too few items satisfy all of it; what is not wanted is never given up
GIVEN_UP = (WORD, ATTRIBUTE, PRICE, BRAND, CATEGORY)


@dataclass(frozen=True, slots=True)
class Constraint:
    """What an item must be, or must not be where it is not `wanted`.

    `values` are any of these categories, brands or values of the attribute `name`; of a word, folded phrases that the
    item's text holds. A price lies between `low` and `high`, or stands in a `relation` to the shopper's level. `quote`
    are the words of the wish, `read_by` who read them.
    """

    kind: str
    values: tuple[str, ...] = ()
    wanted: bool = True
    name: str = ""
    low: float | None = None
    high: float | None = None
    relation: str = ""
    quote: str = ""
    read_by: str = BY_WORDS

    @property
    def claim(self) -> tuple[object, ...]:
        """What it says of an item, whoever said it in whichever words."""
        return self.kind, self.values, self.wanted, self.name, self.low, self.high, self.relation


@dataclass(frozen=True, slots=True)
class Understood:
    """A wish as it is taken. `about` is what the encoder reads of it; "" where constraints say all."""

    constraints: tuple[Constraint, ...] = ()
    about: str = ""
    not_understood: tuple[str, ...] = ()
    dropped: int = 0  # constraints that were proposed and name nothing in the catalogue

    def __bool__(self) -> bool:
        return bool(self.constraints or self.about)

    @property
    def wanted(self) -> tuple[Constraint, ...]:
        """The constraints that say what an item must be."""
        return tuple(one for one in self.constraints if one.wanted)


def each_once(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Without those that say again what one before them says."""
    first: dict[tuple[object, ...], Constraint] = {}
    for one in constraints:
        first.setdefault(one.claim, one)
    return tuple(first.values())


def order_of_loss(constraint: Constraint) -> tuple[bool, int]:
    """What is given up first sorts first: what was read by meaning, then words, ..., last of all the category."""
    return constraint.read_by == BY_WORDS, GIVEN_UP.index(constraint.kind)
