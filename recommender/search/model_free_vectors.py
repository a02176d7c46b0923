"""Vectors of the catalogue's texts for a shop that has no model yet: the encoder's, or the words of its titles.

Where the encoder has read less than half of the texts, items are compared by hashed words, which need no reading. A
text that was not read among others that were has a vector of zeros: like nothing.

Shape suffixes: M distinct texts, E width of the vectors, N items.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from recommender.data.catalog import Catalogue
from recommender.embeddings.text import stored_vectors
from recommender.search.text.tokenization import drop_little_words, terms
from recommender.utils.vectors import normalise, normalise_rows

BUCKETS = 256  # of hashed words
ENOUGH = 0.5  # of the texts must have been read for the encoder's vectors to be used
BY_WORDS = ""  # in place of the encoder's name


@dataclass(frozen=True)
class FirstTexts:
    """Unit vectors of the distinct texts, and which of them is each item's; `unread` counts those without one."""

    encoder_id: str  # BY_WORDS: no encoder made them
    vectors_ME: NDArray[np.float32]
    row_N: NDArray[np.int32]
    unread: int


def first_texts(session: Session, encoder_id: str, catalogue: Catalogue) -> FirstTexts:
    """The encoder's vectors where it has read enough of the catalogue, else hashed words."""
    hashes = catalogue.content_hashes
    row_of = {name: row for row, name in enumerate(dict.fromkeys(hashes))}
    read = {name: np.frombuffer(raw, "<f4") for name, raw in stored_vectors(session, encoder_id, list(row_of))}
    if not read or len(read) < ENOUGH * len(row_of):
        return by_words(catalogue)
    vectors_ME = np.zeros((len(row_of), len(next(iter(read.values())))), dtype=np.float32)
    for name, vector in read.items():
        vectors_ME[row_of[name]] = normalise(vector)
    row_N = np.fromiter((row_of[name] for name in hashes), dtype=np.int32, count=len(hashes))
    return FirstTexts(encoder_id, vectors_ME, row_N, len(row_of) - len(read))


def by_words(catalogue: Catalogue) -> FirstTexts:
    """Titles, categories and brands as hashed words, rare ones weighing more; no encoder has read any of them."""
    texts = catalogue.frame.select(
        pl.concat_str("title", pl.col("categories").list.join(" "), "brand", separator=" ", ignore_nulls=True)
    ).to_series()
    distinct = list(dict.fromkeys(texts.to_list()))
    row_of = {text: row for row, text in enumerate(distinct)}
    vectors_ME = _hashed([drop_little_words(terms(text)) for text in distinct])
    row_N = np.fromiter((row_of[text] for text in texts), dtype=np.int32, count=len(catalogue))
    return FirstTexts(BY_WORDS, vectors_ME, row_N, len(distinct))


def _hashed(texts: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    held = Counter(word for text in texts for word in set(text))
    vectors_ME = np.zeros((len(texts), BUCKETS), dtype=np.float32)
    for row, text in enumerate(texts):
        for word, count in Counter(text).items():
            rarity = np.log((1 + len(texts)) / held[word])
            vectors_ME[row, crc32(word.encode()) % BUCKETS] += sqrt(count) * rarity
    return normalise_rows(vectors_ME, out=vectors_ME)
