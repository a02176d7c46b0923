"""Why items are in an answer: which sources found each, and which of the shopper's own items and events led there.

Everything said here can be checked against the shopper's events and the model's counts; nothing is guessed. All rows
of an answer are looked at in one pass over each source.

Shape suffixes: K the shopper's distinct items, R rows of the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recommender.data.event_weights import PURCHASE
from recommender.models.bundle import ModelBundle
from recommender.models.counting.demographics import LIFTED, Demographics
from recommender.models.counting.sparse_graph import Links
from recommender.models.image_vectors import Photos
from recommender.profiles.user_state import FAR, Shopper
from recommender.retrieval import SOURCES, Candidates
from recommender.retrieval.search_intent import SearchIntent, find_answered_queries

CLOSE_TEXT = 0.5  # cosine from which two texts count as speaking of like things
CLOSE_PHOTO = 0.65  # cosine from which two photos, seen from the mean photo, count as alike
LEADING_ITEMS = 2
OWN_EVENTS = 3  # of the item itself
POPULAR_PLACES = 20  # of the shop's best sellers are worth naming as such
WISH = "wish"  # the source of what is wished for right now
NOVELTY = "novelty"  # of what has its place for being new to the shopper


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an item is in the answer: which source found it, which of the shopper's items and attributes led there."""

    source: str  # the key of its sentence; or context, topic
    item_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)


def gather(
    bundle: ModelBundle, shopper: Shopper, candidates: Candidates, rows_R: NDArray[np.int64]
) -> list[tuple[Evidence, ...]]:
    """For each row the sources that found it, the one that ranked it highest first."""
    slot_N = np.full(len(bundle.catalogue), -1, dtype=np.int32)
    slot_N[rows_R] = np.arange(len(rows_R))
    tellers = _Tellers(bundle, shopper, candidates, rows_R, slot_N, shopper.places_by_row()).by_source()
    places: list[list[tuple[int, str]]] = [[] for _ in rows_R]
    for source in (name for name in tellers if name in candidates.found):
        slots = slot_N[candidates.found[source]]
        for place in np.flatnonzero(slots >= 0).tolist():
            places[slots[place]].append((place, source))
    why = []
    for answer, row in enumerate(rows_R.tolist()):
        gathered = (tellers[source](answer, row, place) for place, source in sorted(places[answer]))
        why.append(tuple(evidence for evidence in gathered if evidence is not None))
    return why


Teller = Callable[[int, int, int], Evidence | None]  # of the answer's place, the row, its place at the source


@dataclass(frozen=True)
class _Tellers:
    """What each source can say of the rows of an answer."""

    bundle: ModelBundle
    shopper: Shopper
    candidates: Candidates
    rows_R: NDArray[np.int64]
    slot_N: NDArray[np.int32]  # an item's place in the answer, or -1
    places: dict[int, list[int]]  # where the shopper's events of a row stand, the latest first

    def by_source(self) -> dict[str, Teller]:
        """What tells the evidence of a row, by source; one that has nothing to say of this shopper is left out."""
        popular: dict[str, Teller] = {"popular": self._popular}
        if self.candidates.search_intent is not None:
            popular["search"] = self._search(self.candidates.search_intent)
        if self.bundle.demographics is not None and self.shopper.background.attributes:
            popular["demographic"] = self._demographic(self.bundle.demographics)
        if not len(self.shopper) or not len(self.rows_R):
            return popular
        linked: dict[str, Teller] = {}
        for name in self.candidates.found:
            source = SOURCES[name]
            if (links := source.links(self.candidates.query)) is not None:
                linked[name] = self._linked(source.sentence or name, self._led(links))
        plain: dict[str, Teller] = {
            "repeat": self._repeat,
            "sequence": self._sequence(),
            "text": self._linked("text", self._text_links()),
            "alike": lambda answer, row, place: Evidence("alike"),
            "trusted": lambda answer, row, place: Evidence("trusted"),  # of several people; whom, nobody is told
            "new": lambda answer, row, place: Evidence("new"),
        }
        if self.bundle.photos is not None:
            plain["image"] = self._linked("image", self._photo_links(self.bundle.photos))
        return popular | linked | plain

    def _popular(self, answer: int, row: int, place: int) -> Evidence | None:
        if place >= POPULAR_PLACES or self.bundle.popularity_N[row] <= 0:
            return None
        return Evidence("popular", attributes={"rank": str(place + 1), "window_days": "30"})

    def _demographic(self, demographics: Demographics) -> Teller:
        """That shoppers of the same attributes choose a row more often, where they do; and which these are."""
        attributes = self.shopper.background.attributes
        lift_N = demographics.everywhere(attributes, len(self.bundle.catalogue))
        known = sorted({word.partition("=")[0] for word in attributes if word in demographics.names})
        one = Evidence("demographic", attributes={"attributes": ", ".join(known)})
        return lambda answer, row, place: one if lift_N[row] >= LIFTED else None

    def _search(self, intent: SearchIntent) -> Teller:
        """The query that a row fits, in the shopper's own words."""
        places = find_answered_queries(self.bundle, intent, self.rows_R)

        def tell(answer: int, row: int, place: int) -> Evidence | None:
            if places[answer] < 0:
                return None
            query = intent.queries[places[answer]]
            return Evidence("search", (), (query.event_id,), {"query": query.text})

        return tell

    def _repeat(self, answer: int, row: int, place: int) -> Evidence:
        places = self.places.get(row, [])
        bought = int(np.count_nonzero(self.shopper.kinds_L[places] == PURCHASE))
        counts = {"events": str(len(places)), "purchases": str(bought)}
        return Evidence("repeat", self._ids([row]), self._events(row, OWN_EVENTS), counts)

    def _sequence(self) -> Teller:
        latest = Evidence("sequence", self._ids(self.shopper.rows_K[:LEADING_ITEMS].tolist()))
        return lambda answer, row, place: latest

    def _led(self, links: Links) -> NDArray[np.float64]:
        """How strongly each of the shopper's items leads to each row, of shape (R, K)."""
        slots = self.slot_N[links.targets_E]
        hits = np.flatnonzero(slots >= 0)
        weights_K = self.shopper.by_place(FAR, self.bundle.statistics.visit_size) + np.sqrt(self.shopper.lasting_K)
        owners, count = links.owners_E[hits], len(self.shopper.rows_K)
        mass = links.weights_E[hits] * weights_K[owners]
        flat = np.bincount(slots[hits] * count + owners, mass, minlength=len(self.rows_R) * count)
        return np.asarray(flat, dtype=np.float64).reshape(len(self.rows_R), count)

    def _text_links(self) -> NDArray[np.float64]:
        texts_MT, text_row_N = self.bundle.text_MT, self.bundle.text_row_N
        cosines_RK = texts_MT[text_row_N[self.rows_R]] @ texts_MT[text_row_N[self.shopper.rows_K]].T
        return np.where(cosines_RK >= CLOSE_TEXT, cosines_RK, 0).astype(np.float64)

    def _photo_links(self, photos: Photos) -> NDArray[np.float64]:
        cosines_RK = photos.at(self.rows_R) @ photos.at(self.shopper.rows_K).T
        return np.where(cosines_RK >= CLOSE_PHOTO, cosines_RK, 0).astype(np.float64)

    def _linked(self, source: str, weights_RK: NDArray[np.float64]) -> Teller:
        """The shopper's own items that lead to a row; None where none does."""
        weights_RK[self.rows_R[:, None] == self.shopper.rows_K[None, :]] = 0
        leading_RK, weighed_RK = _leading(weights_RK)
        context = set(self.shopper.rows_L[self.shopper.context_L].tolist())

        def tell(answer: int, row: int, place: int) -> Evidence | None:
            rows = self.shopper.rows_K[leading_RK[answer][weighed_RK[answer] > 0]].tolist()
            if not rows:
                return None
            if looked_at := sorted(context.intersection(rows)):
                return Evidence("context", self._ids(looked_at), attributes={"by": source})
            events = tuple(event for one in rows for event in self._events(one, 1))
            return Evidence(source, self._ids(rows), events)

        return tell

    def _events(self, row: int, most: int) -> tuple[str, ...]:
        """The shopper's latest events of a row, the most recent first."""
        return tuple(str(self.shopper.events_L[place]) for place in self.places.get(row, ())[:most])

    def _ids(self, rows: list[int]) -> tuple[str, ...]:
        ids = self.bundle.catalogue.ids
        return tuple(str(ids[row]) for row in rows)


def _leading(weights_RK: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The places of each row's greatest weights and these weights, the greatest first; of equal ones the earliest."""
    left_RK, rows = weights_RK.copy(), np.arange(len(weights_RK))
    places, greatest = [], []
    for _ in range(LEADING_ITEMS):
        place_R = left_RK.argmax(axis=1)
        places.append(place_R)
        greatest.append(left_RK[rows, place_R])
        left_RK[rows, place_R] = 0
    return np.stack(places, axis=1), np.stack(greatest, axis=1)
