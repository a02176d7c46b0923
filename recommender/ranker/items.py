"""What is known of items before anybody touched them: text vectors, words, brand, category path.

It knows arrays and strings of the catalogue, no behaviour. Missing texts, brands or categories are done without.

Shape suffixes: N items, E width of the text vectors, W words.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.ranker.log import Floats, Ints

NEIGHBOURS = 20
SHARPNESS = 4  # a cosine's power: near texts count for much more than alike ones
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class ItemFacts:
    vectors_NE: Floats  # unit length, or zero where there is no text
    words_NW: sp.csr_matrix  # idf-weighted, unit length
    neighbours_NN: sp.csr_matrix  # each text's nearest others; rows sum to 1
    groups: dict[str, Ints]  # brand, category (the whole path), and its first levels; a number an item
    unknown: dict[str, int]  # the number that stands for "none given"

    def __len__(self) -> int:
        return len(self.vectors_NE)


def item_facts(
    vectors_NE: Floats, titles: Sequence[str], brands: Sequence[str], paths: Sequence[Sequence[str]]
) -> ItemFacts:
    names = {
        "brand": list(brands),
        "category": ["|".join(path) for path in paths],
        "level2": ["|".join(path[:2]) for path in paths],
        "level1": ["|".join(path[:1]) for path in paths],
    }
    coded = {name: _codes(values) for name, values in names.items()}
    groups = {name: codes for name, (codes, _) in coded.items()}
    unknown = {name: empty for name, (_, empty) in coded.items()}
    return ItemFacts(vectors_NE, words(titles), text_neighbours(vectors_NE), groups, unknown)


def _codes(values: Sequence[str]) -> tuple[Ints, int]:
    names, codes = np.unique(np.array([*values, ""]), return_inverse=True)
    return codes[:-1].astype(np.int64), int(np.searchsorted(names, ""))


def words(titles: Sequence[str]) -> sp.csr_matrix:
    """Titles as unit vectors of rare words; a word only one item uses says nothing about others."""
    sets = [sorted(set(_WORD.findall(title.lower()))) for title in titles]
    counts = Counter(word for found in sets for word in found)
    place = {word: number for number, word in enumerate(word for word, count in counts.items() if count > 1)}
    rows = [row for row, found in enumerate(sets) for word in found if word in place]
    columns = np.array([place[word] for found in sets for word in found if word in place], dtype=np.int64)
    idf = np.log(len(titles) / np.array([counts[word] for word in place], dtype=np.float64))
    matrix = sp.csr_matrix((idf[columns].astype(np.float32), (rows, columns)), shape=(len(titles), len(place)))
    return normalised_rows(matrix)


def normalised_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sp.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ matrix).tocsr()


def text_neighbours(vectors_NE: Floats, count: int = NEIGHBOURS) -> sp.csr_matrix:
    total = len(vectors_NE)
    count = min(count, total - 1)
    if count < 1 or not vectors_NE.any():
        return sp.csr_matrix((total, total), dtype=np.float32)
    rows, columns, weights = [], [], []
    for start in range(0, total, 1000):
        cosines = vectors_NE[start : start + 1000] @ vectors_NE.T
        own = np.arange(len(cosines))
        cosines[own, own + start] = -1
        nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        strength = np.take_along_axis(cosines, nearest, axis=1).clip(min=0) ** SHARPNESS
        rows.append(np.repeat(own + start, count))
        columns.append(nearest.ravel())
        weights.append((strength / (strength.sum(axis=1, keepdims=True) + 1e-9)).ravel())
    entries: NDArray[np.float32] = np.concatenate(weights).astype(np.float32)
    return sp.csr_matrix((entries, (np.concatenate(rows), np.concatenate(columns))), shape=(total, total))
