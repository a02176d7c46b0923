"""Why an item is in an answer: which sources found it and which of the shopper's own items and events led there.

Everything said here can be checked against the shopper's events and the model's counts; nothing is guessed.

Shape suffixes: K the shopper's distinct items.
"""

from dataclasses import dataclass, field

import numpy as np

from recommender.artifacts import ModelBundle
from recommender.candidates import Candidates
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


def gather(bundle: ModelBundle, shopper: Shopper, candidates: Candidates, row: int) -> tuple[Evidence, ...]:
    """The sources that found this item, the one that ranked it highest first."""
    places = {source: _place(candidates, source, row) for source in candidates.found}
    places["transitions"] = min(places.pop("recent", FAR), places.pop("lasting", FAR))
    found = []
    for source in sorted(places, key=lambda name: (places[name], name)):
        if places[source] < FAR and (evidence := _of_source(bundle, shopper, source, row, places[source])):
            found.append(evidence)
    return tuple(found)


def _place(candidates: Candidates, source: str, row: int) -> int:
    hits = np.flatnonzero(candidates.found[source] == row)
    return int(hits[0]) if len(hits) else FAR


def _of_source(bundle: ModelBundle, shopper: Shopper, source: str, row: int, place: int) -> Evidence | None:
    item_id = str(bundle.catalogue.ids[row])
    if source == "repeat":
        events_L = shopper.kinds_L[(shopper.rows_L == row) & ~shopper.context_L]
        counts = {"events": str(len(events_L)), "purchases": str(int((events_L == PURCHASE).sum()))}
        return Evidence("repeat", (item_id,), shopper.events_of(row), counts)
    if source == "popular":
        if place >= POPULAR_PLACES:
            return None
        return Evidence("popular", attributes={"rank": str(place + 1), "window_days": "30"})
    if source == "new":
        return Evidence("new")
    if source == "sequence":
        return Evidence("sequence", _ids(bundle, shopper.rows_K[:LEADING_ITEMS]))
    weights_K = _text_links(bundle, shopper, row) if source == "text" else _transition_links(bundle, shopper, row)
    return _linked(bundle, shopper, source, weights_K)


def _linked(bundle: ModelBundle, shopper: Shopper, source: str, weights_K: np.ndarray) -> Evidence | None:
    """The shopper's own items that lead to it; None where none does."""
    leading = np.argsort(-weights_K, kind="stable")[:LEADING_ITEMS]
    rows = shopper.rows_K[leading[weights_K[leading] > 0]]
    if not len(rows):
        return None
    in_context = bool(shopper.context_L[np.isin(shopper.rows_L, rows[:1])].any())
    events = tuple(event for one in rows for event in shopper.events_of(int(one), 1))
    return Evidence(
        "context" if in_context else source, _ids(bundle, rows), events, {"by": source} if in_context else {}
    )


def _text_links(bundle: ModelBundle, shopper: Shopper, row: int) -> np.ndarray:
    texts = bundle.text_MT[bundle.text_row_N[shopper.rows_K]]
    cosines_K = texts @ bundle.text_MT[bundle.text_row_N[row]]
    return np.where((cosines_K >= CLOSE_TEXT) & (shopper.rows_K != row), cosines_K, 0)


def _transition_links(bundle: ModelBundle, shopper: Shopper, row: int) -> np.ndarray:
    stats = bundle.statistics
    strengths_K = shopper.recent_weights() + shopper.lasting_weights()
    links_K = np.zeros(len(shopper.rows_K), dtype=np.float32)
    for place, own in enumerate(shopper.rows_K):
        entries = slice(stats.indptr[own], stats.indptr[own + 1])
        links_K[place] = stats.weights[entries][stats.indices[entries] == row].sum()
    return links_K * strengths_K


def _ids(bundle: ModelBundle, rows: np.ndarray) -> tuple[str, ...]:
    return tuple(str(item_id) for item_id in bundle.catalogue.ids[rows])
