"""Words that are the whole name of a narrowest category or of an attribute's value: "shirts", "navy blue".

An item of that category, or with that value, answers such a word better than one whose text only holds it: "blue" is
said of navy blue, too, and "shirts" of T-shirts. It knows a catalogue, and neither texts nor queries.

Shape suffixes: O items of the index, A distinct attributes, G groups (narrowest categories).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.search.text.normalization import fold
from recommender.search.text.tokenization import drop_little_words, split_folded, stem

MOST_WORDS = 4  # of a name
Stems = tuple[str, ...]


class FacetNames:
    """`attributes` are the distinct ones with their values, folded; `attribute_row_O` says which each item has."""

    def __init__(
        self,
        catalogue: Catalogue,
        attributes: Sequence[Mapping[str, set[str]]],
        attribute_row_O: NDArray[np.int32],
        names: Mapping[str, frozenset[str]],
    ) -> None:
        """`names`: of each attribute, the values that are names."""
        leaves, self._leaf_O = catalogue.leaves
        self._leaves: dict[Stems, list[int]] = defaultdict(list)
        for code, leaf in enumerate(leaves):
            self._leaves[_stems(fold(leaf))].append(code)
        self._values: dict[Stems, list[int]] = defaultdict(list)
        for row, has in enumerate(attributes):
            for name, values in has.items():
                for value in values & names.get(name, frozenset()):
                    self._values[_stems(value)].append(row)
        self._attribute_row_O, self._count_A, self._count_G = attribute_row_O, len(attributes), len(leaves)

    def find(self, terms: Sequence[str]) -> Iterator[tuple[Stems, NDArray[np.bool_]]]:
        """The names among a query's terms, the longest first, each with the items it names."""
        place = 0
        while place < len(terms):
            for size in range(min(MOST_WORDS, len(terms) - place), 0, -1):
                key = tuple(terms[place : place + size])
                if key in self._leaves or key in self._values:
                    yield key, self._named(key)
                    break
            place += size

    def _named(self, key: Stems) -> NDArray[np.bool_]:
        is_named_G = np.zeros(self._count_G, dtype=bool)
        is_named_G[self._leaves.get(key, [])] = True
        named_O: NDArray[np.bool_] = is_named_G[self._leaf_O]
        if key in self._values:
            has_A = np.zeros(self._count_A, dtype=bool)
            has_A[self._values[key]] = True
            named_O |= has_A[self._attribute_row_O]
        return named_O


def _stems(folded_name: str) -> Stems:
    return tuple(map(stem, drop_little_words(split_folded(folded_name))))
