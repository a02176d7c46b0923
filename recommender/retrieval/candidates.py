"""Where an answer's items come from: each active source brings its best, up to its quota.

Of these the ranker sees the best by a plain mixture of a few columns, where the model has learned one; the shopper's
own items it always sees. What it reads of a candidate is in `columns`.

Shape suffixes: C candidates, N items.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import ModelBundle
from recommender.profiles.user_state import Shopper
from recommender.retrieval.base import active_sources, read_columns
from recommender.retrieval.query import Ints, Query
from recommender.retrieval.search_intent import SearchIntent

NEWCOMERS = ("popular", "demographic", "search")  # what is asked for a shopper who has done nothing yet


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows worth ranking, ascending; for each source those that it brought, its best first."""

    rows_C: Ints
    found: dict[str, Ints]
    query: Query

    @property
    def search_intent(self) -> SearchIntent | None:
        """What the shopper searched for lately; None: nothing."""
        return self.query.search_intent


def retrieve(
    bundle: ModelBundle, shopper: Shopper, vector: NDArray[np.float32], allowed_N: NDArray[np.bool_]
) -> Candidates:
    """The best candidates of each source among the allowed rows.

    Args:
        bundle: the model.
        shopper: whose candidates they are.
        vector: the shopper's profile vector, (D,).
        allowed_N: the items that may be shown, (N,); any of them with a known text can be found.
    """
    query = Query(bundle, shopper, vector, allowed_N)
    found: dict[str, Ints] = {}
    for source in active_sources(bundle):
        if len(shopper) or source.name in NEWCOMERS:
            rows = source.retrieve(query)
            if rows is not None:
                found[source.name] = rows
    chosen_N = np.zeros(len(allowed_N), dtype=bool)
    for rows in found.values():
        chosen_N[rows] = True
    rows_C = np.flatnonzero(chosen_N)
    if bundle.manifest.mixture and len(shopper) and len(rows_C) > bundle.manifest.retrieval.candidates:
        rows_C = _best_mixed(query, rows_C, found.get("repeat", rows_C[:0]))
    return Candidates(rows_C, found, query)


def _best_mixed(query: Query, rows_C: Ints, own: Ints) -> Ints:
    mixed_C = mix(query, rows_C, query.bundle.manifest.mixture)
    mixed_C[np.searchsorted(rows_C, own)] = np.inf
    best = np.argpartition(-mixed_C, query.bundle.manifest.retrieval.candidates)
    return np.sort(rows_C[best[: query.bundle.manifest.retrieval.candidates]])


def mix(query: Query, rows_C: Ints, weights: Mapping[str, float]) -> NDArray[np.float32]:
    """The weighted sum of columns, of shape (C,); a column that this model's sources don't tell counts as 0."""
    columns = {column for source in active_sources(query.bundle) for column in source.columns}
    names = [name for name in weights if name in columns]
    return np.array([weights[name] for name in names], dtype=np.float32) @ read_columns(query, rows_C, names)
