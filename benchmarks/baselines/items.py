"""What is known of items before anybody touched them: text vectors, titles, brand, category path.

It knows arrays and strings of the catalogue, no behaviour. Missing texts, brands or categories are done without.

Shape suffixes: N items, E width of the text vectors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks.baselines.log import Floats, Ints


@dataclass(frozen=True)
class ItemFacts:
    vectors_NE: Floats  # unit length, or zero where there is no text
    groups: dict[str, Ints]  # brand, category (the whole path), and its first levels; a number an item
    unknown: dict[str, int]  # the number that stands for "none given"
    titles: tuple[str, ...] = ()

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
    return ItemFacts(vectors_NE, groups, unknown, tuple(titles))


def _codes(values: Sequence[str]) -> tuple[Ints, int]:
    names, codes = np.unique(np.array([*values, ""]), return_inverse=True)
    return codes[:-1].astype(np.int64), int(np.searchsorted(names, ""))


def normalised_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (sp.diags((1 / np.maximum(lengths, 1e-9)).astype(np.float32)) @ matrix).tocsr()
