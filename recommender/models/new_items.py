"""A model over more items than it learned from: each new one is known by its text and photo, and leans on like ones.

Shape suffixes: N items, C candidates (the new items), T width of the kept text vectors, E width of the encoder,
B new items, each with K distinct items that lend to it.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.models.bundle import LENDERS, ModelBundle
from recommender.models.image_vectors import Seen
from recommender.models.tensors import Tensors


def with_items(
    bundle: ModelBundle, items: Catalogue, vectors: NDArray[np.float32], seen: Seen | None = None
) -> ModelBundle:
    """The same model over more items, each known by its text and photo: `vectors` are the encoder's, a row an item.

    Items that are here already are left as they are. A new item borrows popularity and transitions from the
    items nearest to it by text, so that having no past doesn't bury it.
    """
    if len(items) != len(vectors):
        raise ValueError(f"vectors: {len(vectors)} rows for {len(items)} items")
    if vectors.shape[1] != len(bundle.projection_ET):
        raise ValueError(f"vectors: width {vectors.shape[1]}, the model's encoder gives {len(bundle.projection_ET)}")
    fresh = bundle.catalogue.rows_of(items.ids) < 0
    if not fresh.any():
        return bundle
    text_CT = bundle.project(vectors[fresh])
    lenders = _lenders(bundle, text_CT)
    return replace(
        bundle,
        catalogue=bundle.catalogue.extended(items),
        text_MT=np.concatenate([bundle.text_MT, text_CT]),
        text_row_N=np.concatenate([bundle.text_row_N, np.arange(len(text_CT), dtype=np.int32) + len(bundle.text_MT)]),
        item_VD=np.concatenate([bundle.item_VD, bundle.sequence.items(text_CT)]),
        item_row_N=np.concatenate([bundle.item_row_N, np.arange(len(text_CT), dtype=np.int32) + len(bundle.item_VD)]),
        word_N=np.concatenate([bundle.word_N, np.zeros(len(text_CT), dtype=np.int32)]),
        statistics=bundle.statistics.grown(len(text_CT), bundle.statistics.popularity_NW[lenders].mean(axis=1)),
        borrowed_N=np.concatenate([bundle.borrowed_N, np.ones(len(text_CT), dtype=bool)]),
        lenders_BK=np.concatenate([bundle.lenders_BK, lenders]),
        photos=bundle.photos and bundle.photos.grown(fresh, seen),
        links={name: graph.grown(len(text_CT)) for name, graph in bundle.links.items()},
        parts={name: _lent(tensors, lenders) for name, tensors in bundle.parts.items()},
    )


def _lenders(bundle: ModelBundle, text_CT: NDArray[np.float32]) -> NDArray[np.int64]:
    """The best sellers of the texts nearest to each of these."""
    if bundle.text_index is None:
        nearest = np.argsort(-(text_CT @ bundle.text_MT.T), axis=1, kind="stable")[:, :LENDERS]
    else:
        nearest = np.array([bundle.texts.nearest(text_T, LENDERS) for text_T in text_CT])
    rows, starts = bundle.rows_by_text
    lenders = rows[starts[nearest]]
    missing = LENDERS - lenders.shape[1]  # a catalogue of very few texts
    return np.concatenate([lenders, np.repeat(lenders[:, :1], missing, axis=1)], axis=1)


def _lent(tensors: Tensors, lenders_BK: NDArray[np.int64]) -> Tensors:
    """With new items of a model, which get the mean of their lenders along each axis that a name's shape calls N."""
    lent: Tensors = {}
    for name, array in tensors.items():
        axis = name.rpartition("_")[2].find("N") if "_" in name else -1
        if axis >= 0:
            more = np.take(array, lenders_BK, axis=axis).mean(axis=axis + 1)
            array = np.concatenate([array, more.astype(array.dtype)], axis=axis)
        lent[name] = array
    return lent
