"""Why an item is in an answer: which sources found it and which of the shopper's own items and events led there.

Everything said here can be checked against the shopper's events and the model's counts; nothing is guessed.

Shape suffixes: K the shopper's distinct items.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.candidates import Candidates, links_from
from recommender.shoppers import Shopper
from recommender.signals import PURCHASE

CLOSE_TEXT = 0.5  # cosine from which two texts count as speaking of like things
LEADING_ITEMS = 2
POPULAR_PLACES = 20  # of the shop's best sellers are worth naming as such
FAR = 10**6


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an item is in the answer: which source found it, which of the shopper's items and attributes led there."""

    source: str  # sequence | transitions | text | repeat | popular | new | context
    item_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)


def gather(
    bundle: ModelBundle, shopper: Shopper, candidates: Candidates, rows: NDArray[np.int64]
) -> list[tuple[Evidence, ...]]:
    """For each row the sources that found it, the one that ranked it highest first."""
    trail = _Trail.of(bundle, shopper)
    return [_of_item(bundle, shopper, candidates, trail, int(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class _Trail:
    """The transitions that start from the shopper's items: which item, whereto, and how strongly."""

    owners: NDArray[np.int64]  # an index into K
    targets: NDArray[np.int32]
    weights: NDArray[np.float32]

    @classmethod
    def of(cls, bundle: ModelBundle, shopper: Shopper) -> "_Trail":
        entries, owners = links_from(bundle, shopper.rows_K)
        strengths_K = shopper.recent_weights() + shopper.lasting_weights()
        stats = bundle.statistics
        return cls(owners, stats.indices[entries], stats.weights[entries] * strengths_K[owners])

    def to(self, row: int, count: int) -> NDArray[np.float32]:
        hits = np.flatnonzero(self.targets == row)
        return np.bincount(self.owners[hits], self.weights[hits], minlength=count).astype(np.float32)


def _of_item(
    bundle: ModelBundle, shopper: Shopper, candidates: Candidates, trail: _Trail, row: int
) -> tuple[Evidence, ...]:
    places = {source: _place(candidates, source, row) for source in candidates.found}
    places["transitions"] = min(places.pop("recent", FAR), places.pop("lasting", FAR))
    found = []
    for source in sorted(places, key=lambda name: (places[name], name)):
        if places[source] < FAR and (evidence := _of_source(bundle, shopper, trail, source, row, places[source])):
            found.append(evidence)
    return tuple(found)


def _place(candidates: Candidates, source: str, row: int) -> int:
    hits = np.flatnonzero(candidates.found[source] == row)
    return int(hits[0]) if len(hits) else FAR


def _of_source(
    bundle: ModelBundle, shopper: Shopper, trail: _Trail, source: str, row: int, place: int
) -> Evidence | None:
    if source == "repeat":
        kinds = shopper.kinds_L[(shopper.rows_L == row) & ~shopper.context_L]
        counts = {"events": str(len(kinds)), "purchases": str(int((kinds == PURCHASE).sum()))}
        return Evidence("repeat", _ids(bundle, np.array([row])), shopper.events_of(row), counts)
    if source == "popular":
        rank = {"rank": str(place + 1), "window_days": "30"}
        return Evidence("popular", attributes=rank) if place < POPULAR_PLACES else None
    if source == "new":
        return Evidence("new")
    if source == "sequence":
        return Evidence("sequence", _ids(bundle, shopper.rows_K[:LEADING_ITEMS]))
    by_text = source == "text"
    weights_K = _text_links(bundle, shopper, row) if by_text else trail.to(row, len(shopper.rows_K))
    return _linked(bundle, shopper, source, np.where(shopper.rows_K == row, 0, weights_K))


def _linked(bundle: ModelBundle, shopper: Shopper, source: str, weights_K: NDArray[np.float32]) -> Evidence | None:
    """The shopper's own items that lead to it; None where none does."""
    leading = np.argsort(-weights_K, kind="stable")[:LEADING_ITEMS]
    rows = shopper.rows_K[leading[weights_K[leading] > 0]]
    if not len(rows):
        return None
    events = tuple(event for one in rows for event in shopper.events_of(int(one), 1))
    context = np.intersect1d(rows, shopper.rows_L[shopper.context_L])
    if len(context):
        return Evidence("context", _ids(bundle, context), attributes={"by": source})
    return Evidence(source, _ids(bundle, rows), events)


def _text_links(bundle: ModelBundle, shopper: Shopper, row: int) -> NDArray[np.float32]:
    texts_KT = bundle.text_MT[bundle.text_row_N[shopper.rows_K]]
    cosines_K: NDArray[np.float32] = texts_KT @ bundle.text_MT[bundle.text_row_N[row]]
    return np.where(cosines_K >= CLOSE_TEXT, cosines_K, np.float32(0))


def _ids(bundle: ModelBundle, rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(str(item_id) for item_id in bundle.catalogue.ids[rows])
