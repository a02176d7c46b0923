"""Ranked lists kept ready: what was ranked for a profile serves until profile, model or the shop's items change.

A cache in the worker's memory, bounded in bytes, the least lately used leaving first. Its key says everything a list
was made from, so that nothing has to be thrown away by hand: after an event the profile's mark is another one. It
knows nothing of ranking.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple
from zlib import crc32

from features.online import ProfileMark
from services.core.metrics import lists, meters
from services.explain.sentence_requests import SentenceRequest
from services.state.preferences import NO_PREFERENCES, Control

HOUR = 3600  # scores lean on how long ago things were: after an hour a list is made anew
MAKING_SECONDS = 10.0
OVERHEAD = 200  # bytes a place takes beside its texts


LlmRerank = Literal["", "waiting", "applied", "refused", "not_asked"]


class Filters(NamedTuple):
    """What narrows an answer, as a key."""

    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    price_min: float | None = None
    price_max: float | None = None
    generation: int = 0  # of the catalogue: a price that changes may change who is in


class ListKey(NamedTuple):
    """Everything a ranked list was made from."""

    user_id: str  # "": nobody known
    mark: ProfileMark | None
    model_version: str
    epoch: int  # of the shop's items
    hour: int
    language: str
    filters: Filters
    control: Control = NO_PREFERENCES  # what the shopper muted


class Place(NamedTuple):
    """One ranked item. `tail` is what an answer says of it beside title and price, `shown` what is kept of it."""

    item_id: str
    tail: bytes
    shown: bytes


NO_EVIDENCE: Mapping[str, Place] = {}


@dataclass(slots=True)
class KeptEvidence:
    """Whose list it is, and of which of its items it is kept, under which id, why they were shown.

    A list of nobody's says nothing of whoever got it. `now` is replaced whole: several threads may look.
    """

    user_id: str | None = None
    session_id: str | None = None
    now: tuple[str | None, Mapping[str, Place]] = (None, NO_EVIDENCE)


@dataclass(frozen=True, slots=True)
class Ranked:
    """`whole`: there is no further item that could follow the last. `missing_sentences`: to ask for once shown.

    `llm_rerank` says what became of the text LLM's order of it, "" where none is asked for.
    """

    places: tuple[Place, ...]
    whole: bool
    kept: KeptEvidence = field(default_factory=KeptEvidence, compare=False)
    missing_sentences: SentenceRequest | None = field(default=None, compare=False)
    llm_rerank: LlmRerank = ""

    @property
    def size(self) -> int:
        """Bytes, about."""
        places = sum(len(one.item_id) + len(one.tail) + len(one.shown) + OVERHEAD for one in self.places)
        return places + (self.missing_sentences.size if self.missing_sentences is not None else 0)

    def without(self, excluded: Collection[str], count: int) -> "Ranked | None":
        """The list without these items; None when fewer than `count` are left of more that there might be."""
        left = self
        if excluded:
            left = replace(self, places=tuple(one for one in self.places if one.item_id not in excluded))
        return left if len(left.places) >= count or left.whole else None


def hour_of(user_id: str, seconds: float) -> int:
    """Hours begin at another moment for each shopper, so that not all lists are made anew at once."""
    return int(seconds + crc32(user_id.encode()) % HOUR) // HOUR


class Lists:
    """Safe to use from several threads."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes, self.size = limit_bytes, 0
        self._kept: OrderedDict[ListKey, Ranked] = OrderedDict()
        self._making: dict[ListKey, Future[Ranked]] = {}
        self._lock = threading.Lock()

    def get(self, key: ListKey) -> Ranked | None:
        """The list that is kept under this key, which counts as used now; None where there is none."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
        return found

    def put(self, key: ListKey, ranked: Ranked) -> None:
        """Keeps a list in place of the key's former one; one that is larger than the whole limit doesn't stay."""
        with self._lock:
            former = self._kept.pop(key, None)
            self.size += ranked.size - (former.size if former else 0)
            self._kept[key] = ranked
            while self._kept and self.size > self.limit_bytes:
                self.size -= self._kept.popitem(last=False)[1].size
        meters().list_bytes.set(self.size)

    def swap(self, key: ListKey, former: Ranked, ranked: Ranked) -> bool:
        """Keeps a list in place of `former`; False, and nothing happens, where another or none is kept by now."""
        with self._lock:
            if self._kept.get(key) is not former:
                return False
            self._kept[key] = ranked
            self.size += ranked.size - former.size
            return True

    def once(self, key: ListKey, make: Callable[[], Ranked]) -> Ranked:
        """The list that `make` makes, kept; who comes while another makes the same one waits for that."""
        with self._lock:
            others = self._making.get(key)
            future = Future[Ranked]()
            if others is None:
                self._making[key] = future
        if others is not None:
            return others.result(MAKING_SECONDS)
        try:
            ranked = make()
            self.put(key, ranked)
            future.set_result(ranked)
        except BaseException as failure:
            future.set_exception(failure)
            raise
        finally:
            with self._lock:
                del self._making[key]
        return ranked

    def latest_users(self, count: int) -> list[str]:
        """Whose lists were used last, the latest first; nobody's list is nobody's."""
        with self._lock:
            users = dict.fromkeys(key.user_id for key in reversed(self._kept) if key.user_id)
        return list(users)[:count]

    def users(self) -> set[str]:
        """Of whom a list is kept."""
        with self._lock:
            return {key.user_id for key in self._kept if key.user_id}

    def forget(self, user_id: str, but: ListKey | None = None) -> None:
        """Drops what is kept of a shopper, except the list of one key."""
        with self._lock:
            for key in [key for key in self._kept if key.user_id == user_id and key != but]:
                self.size -= self._kept.pop(key).size


def count(kept: str) -> None:
    """One list more that was ready ("hit"), was made while its shopper waited ("miss") or before ("ahead")."""
    lists(kept).inc()
