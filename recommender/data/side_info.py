"""What is known of a shopper beside what they did with items: choices of people they trust, attributes, searches.

It knows arrays and words, no database. Nobody else can be told from it: an item is in it only where at least
`LEAST_PEOPLE` of the people trusted came for it, with their share and without their names.

Shape suffixes: E choices of people trusted, C candidates, on which they agree, U shoppers
(the people trusted).
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

LEAST_PEOPLE = 2
TRUSTED_DAYS = 56  # what was chosen longer ago is not counted
LONGEST_TEXT = 200  # characters of a query
MOST_TRUSTED = 100  # items, those of the largest share


@dataclass(frozen=True, slots=True)
class Search:
    """A query as the encoder read it; `vector` is a half-width float array's bytes, of the encoder's own width."""

    event_id: str
    text: str
    time: int
    encoder_id: str
    vector: bytes

    def vector_E(self) -> NDArray[np.float32]:
        """The encoder's vector of the query, float32 of shape (E,)."""
        return np.frombuffer(self.vector, dtype="<f2").astype(np.float32)

    @classmethod
    def of(cls, event_id: str, text: str, time: int, encoder_id: str, vector_E: NDArray[np.floating]) -> "Search":
        """A search with the vector of its query, (E,), kept in half precision."""
        return cls(event_id, text[:LONGEST_TEXT], time, encoder_id, vector_E.astype("<f2").tobytes())

    def to_row(self) -> list[Any]:
        """The search as values that JSON can hold, its vector in base64."""
        return [self.event_id, self.text, self.time, self.encoder_id, b64encode(self.vector).decode()]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> "Search":
        """The search that `to_row` made such values of."""
        event_id, text, time, encoder_id, vector = row
        return cls(event_id, text, time, encoder_id, b64decode(vector))


@dataclass(frozen=True, slots=True)
class Background:
    """Each may be missing."""

    trusted: Mapping[str, float] = field(default_factory=dict)  # item -> share of the people trusted who came for it
    attributes: tuple[str, ...] = ()  # of the shopper, as words: "age=45-54"
    searches: tuple[Search, ...] = ()  # those that were read, the latest first

    def __bool__(self) -> bool:
        return bool(self.trusted or self.attributes or self.searches)

    def to_json(self) -> str:
        """ "" for nothing."""
        if not self:
            return ""
        searches = [one.to_row() for one in self.searches]
        held = {"trusted": dict(self.trusted), "attributes": self.attributes, "searches": searches}
        return orjson.dumps(held).decode()

    @classmethod
    def of_json(cls, text: str) -> "Background":
        """What `to_json` wrote; `NOTHING` for an empty text."""
        if not text:
            return NOTHING
        held = orjson.loads(text)
        return cls(held["trusted"], tuple(held["attributes"]), tuple(Search.of_row(row) for row in held["searches"]))


NOTHING = Background()


def agreed(
    people_E: NDArray[np.integer[Any]], weights_E: NDArray[np.floating], items_E: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The items that several of these people chose, and which share of them, each person counting by a weight.

    Entry e: this person, who is trusted so much, chose this item; the same may stand there more than once.
    """
    if not len(people_E):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
    _, first, person_E = np.unique(people_E, return_index=True, return_inverse=True)
    weights_U = np.asarray(weights_E, dtype=np.float64)[first]
    items, item_E = np.unique(items_E, return_inverse=True)
    pairs = np.unique(person_E.astype(np.int64) * len(items) + item_E)
    item_of, person_of = pairs % len(items), pairs // len(items)
    people_C = np.bincount(item_of, minlength=len(items))
    shares_C = np.bincount(item_of, weights_U[person_of], minlength=len(items)) / weights_U.sum()
    kept = np.flatnonzero(people_C >= LEAST_PEOPLE)
    kept = kept[np.lexsort((items[kept], -shares_C[kept]))][:MOST_TRUSTED]
    return items[kept].astype(np.int64), shares_C[kept].astype(np.float32)
