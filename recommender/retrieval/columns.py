"""The ranker's columns, read by name: what all active sources know of each candidate, as numbers.

The same code makes them in training and in serving. The manifest names the columns that a ranker was trained on; one
that is missing here, or that no source knows, is refused by its name.

Shape suffixes: C candidates, F columns.
"""

import numpy as np
from numpy.typing import NDArray

from recommender.artifacts import BundleError, ModelBundle
from recommender.retrieval.base import active_sources
from recommender.retrieval.candidates import Candidates


def known_columns(bundle: ModelBundle) -> tuple[str, ...]:
    """The columns that the active sources of this model can tell."""
    return tuple(column for source in active_sources(bundle) for column in source.columns)


def check_columns(bundle: ModelBundle) -> None:
    """BundleError that names the first column of the manifest which nothing here can tell."""
    known = set(known_columns(bundle))
    for column in bundle.manifest.ranker_columns:
        if column not in known:
            raise BundleError(
                f"{bundle.model_version}: ranker_columns: no source of this release tells {column!r}; train anew"
            )


def feature_matrix(bundle: ModelBundle, candidates: Candidates) -> NDArray[np.float32]:
    """float32 of shape (C, F): the columns that the bundle's ranker was trained on, in its order."""
    rows_C, columns = candidates.rows_C, bundle.manifest.ranker_columns
    place = {column: number for number, column in enumerate(columns)}
    matrix_FC = np.empty((len(columns), len(rows_C)), dtype=np.float32)
    for source in active_sources(bundle):
        if not any(column in place for column in source.columns):
            continue
        for column, values in zip(source.columns, source.values(candidates.query, rows_C), strict=True):
            if (number := place.pop(column, None)) is not None:
                matrix_FC[number] = values
    if place:
        check_columns(bundle)
        raise BundleError(f"{bundle.model_version}: ranker_columns: {next(iter(place))!r} stands there twice")
    return matrix_FC.T
