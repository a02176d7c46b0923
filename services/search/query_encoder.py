"""Reads queries with the encoder that read the items of the model in service, never waited for longer than it pays.

It knows encoders, texts and which model they are for. The encoder is loaded in the background when a model names
another one. Until it is there, and whenever it fails or is slow, a query isn't read, and the caller says so.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass

import numpy as np
import structlog
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.search.semantic_threshold import NONSENSE, Nearness, measure_nearness
from recommender.search.text.negation import wanted_text
from recommender.search.text.normalization import to_plain
from services.state.encoders import SharedEncoder

log = structlog.get_logger(__name__)
SECONDS_A_QUERY = 0.5
AGAIN_SECONDS = 60.0  # until an encoder that could not be loaded is tried again
CACHE_SIZE = 5_000  # vectors of queries
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """A query as the encoder reads it. `least` is the cosine from which a text of the model is near it in meaning."""

    vector: Vector
    least: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """An encoder, and what it makes of strings that mean nothing."""

    encoder: SharedEncoder
    nonsense: Vector


class QueryReader:
    """`follow` names the encoder that is needed; `read` answers None while it isn't there."""

    def __init__(self, load: Callable[[str], SharedEncoder]) -> None:
        self._load = load
        self._loaded: Loaded | None = None
        self._wanted, self._tried_at = "", 0.0
        self._nearness: tuple[ModelBundle, Nearness] | None = None
        self._kept: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._closed = False

    @property
    def encoder(self) -> SharedEncoder | None:
        """The encoder that reads queries now; None while it is being loaded, or can't be."""
        loaded = self._loaded
        return loaded.encoder if loaded is not None else None

    def follow(self, encoder_id: str) -> "Future[None] | None":
        """Begins to load the encoder of this name, if that is to be done; "" is none."""
        if not encoder_id:
            return None
        with self._lock:
            wanted = encoder_id == self._wanted
            there = wanted and self._loaded is not None
            if self._closed or there or (wanted and time.monotonic() - self._tried_at < AGAIN_SECONDS):
                return None
            self._wanted, self._tried_at = encoder_id, time.monotonic()
            return self._pool.submit(self._load_encoder, encoder_id)

    def close(self) -> None:
        """Loads no further encoder and drops what waits to be read; what is under way isn't waited for."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _load_encoder(self, encoder_id: str) -> None:
        loaded = self._loaded
        if encoder_id != self._wanted or (loaded is not None and loaded.encoder.encoder_id == encoder_id):
            return
        self._loaded = loaded = None  # it reads another model's items: not both in memory
        with self._lock:
            self._kept.clear()
        try:
            encoder = self._load(encoder_id)
            nonsense = encoder.encode_queries(NONSENSE)
        except Exception as failure:  # whatever it is, search goes on by words
            log.error("queries are searched by words alone", encoder=encoder_id, reason=str(failure).partition("\n")[0])
            return
        self._loaded = Loaded(encoder, nonsense)
        log.info("the encoder reads queries", encoder=encoder_id)

    def read(self, text: str, bundle: ModelBundle, is_real: bool = True) -> Reading | None:
        """None when the encoder of this model is away or takes too long (it is there the next time).

        `text` is what is wanted; `is_real`: some word of it is known to the catalogue or the encoder.
        """
        loaded = self._loaded
        if loaded is None or loaded.encoder.encoder_id != bundle.manifest.encoder_id:
            return None
        vector = self._vector(loaded.encoder, to_plain(text))
        return Reading(vector, self._nearness_of(loaded, bundle).least(text, is_real)) if vector is not None else None

    def _nearness_of(self, loaded: Loaded, bundle: ModelBundle) -> Nearness:
        known = self._nearness
        if known is None or known[0] is not bundle:
            known = self._nearness = bundle, measure_nearness(bundle.project(loaded.nonsense), bundle.texts)
        return known[1]

    def _vector(self, encoder: SharedEncoder, text: str) -> Vector | None:
        key = (encoder.encoder_id, text)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        try:
            return self._pool.submit(self._read, encoder, key).result(SECONDS_A_QUERY)
        except Late:
            return None
        except (RuntimeError, ValueError) as failure:
            log.warning("a query could not be read", reason=str(failure).splitlines()[0])
            return None

    def _read(self, encoder: SharedEncoder, key: tuple[str, str]) -> Vector:
        vector: Vector = encoder.encode_queries([key[1]])[0]
        with self._lock:
            self._kept[key] = vector
            if len(self._kept) > CACHE_SIZE:
                self._kept.popitem(last=False)
        return vector

    def vector(self, text: str, bundle: ModelBundle) -> Vector | None:
        """What a query wants as the encoder of this model reads it; None as in `read`, and where it wants nothing."""
        loaded, wanted = self._loaded, wanted_text(text)
        if loaded is None or loaded.encoder.encoder_id != bundle.manifest.encoder_id or not wanted:
            return None
        return self._vector(loaded.encoder, wanted)

    def reads(self, text: str) -> bool:
        """Whether the encoder reads the language of a text; True where it isn't there to be asked."""
        encoder = self.encoder
        return encoder is None or encoder.reads(text)

    def is_word(self, word: str) -> bool:
        """Whether the encoder reads it as one piece: then it is a word, whether or not the catalogue uses it."""
        encoder = self.encoder
        return encoder is not None and encoder.knows(word)
