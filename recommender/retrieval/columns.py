"""The ranker's columns, read by name: what all active sources know of each candidate, as numbers.

The same code makes them in training and in serving. The manifest names the columns that a ranker was trained on; one
that is missing here, or that no source knows, is refused by its name.

Shape suffixes: C candidates, F columns.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.models.bundle import BundleError, ModelBundle
from recommender.retrieval.base import active_sources, read_columns
from recommender.retrieval.candidates import Candidates


def read_model(path: Path, mapped: bool = True) -> ModelBundle:
    """`ModelBundle.load`; BundleError also where no source of this release tells a column that its ranker reads."""
    bundle = ModelBundle.load(path, mapped)
    check_columns(bundle)
    return bundle


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
    return read_columns(candidates.query, candidates.rows_C, bundle.manifest.ranker_columns).T
