"""Whether a model's files are what was saved and its parts fit each other; else a shopper would be the first to know.

It knows the names of files and the shapes of arrays, not what they mean.

Shape suffixes: N items, M distinct texts, V distinct item vectors, D profile width.
"""

import hashlib
import os
import shutil
import uuid
from pathlib import Path

import numpy as np

from recommender.models.manifest import CATALOGUE, MANIFEST, TENSORS, TEXT_INDEX, BundleError, Manifest
from recommender.models.tensors import Tensors

ROWS = ("text_row_N", "item_row_N", "word_N", "borrowed_N")


def check_parts(tensors: Tensors, items: int, indexed: tuple[int, int] | None) -> None:
    """Raises ValueError, which names what doesn't fit. `indexed` is the shape of the vectors that have an index."""
    for name in ROWS:
        if tensors[name].shape != (items,):
            raise ValueError(f"{name} is of {len(tensors[name])} items, the catalogue has {items}")
    _must_point(tensors, "text_row_N", len(tensors["text_MT"]))
    _must_point(tensors, "item_row_N", len(tensors["item_VD"]))
    _must_point(tensors, "word_N", len(tensors["sequence.free.weight"]))
    _must_point(tensors, "lenders_BK", items)
    if len(tensors["lenders_BK"]) != int(tensors["borrowed_N"].sum()):
        raise ValueError("lenders_BK isn't of the items that borrow")
    if indexed is not None and indexed != tensors["text_MT"].shape:
        raise ValueError(f"{TEXT_INDEX} is of shape {indexed}, text_MT {tensors['text_MT'].shape}")
    width = tensors["text_MT"].shape[1]
    if {tensors["projection_ET"].shape[1], tensors["sequence.text.weight"].shape[1]} != {width}:
        raise ValueError(f"text_MT is {width} wide, what reads it isn't")
    if tensors["item_VD"].shape[1] != tensors["sequence.free.weight"].shape[1]:
        raise ValueError("item_VD isn't as wide as the sequence model")
    for name in ("text_MT", "item_VD", "projection_ET"):
        if not np.isfinite(tensors[name]).all():
            raise ValueError(f"{name} holds what is no number")


def _must_point(tensors: Tensors, name: str, rows: int) -> None:
    array = tensors[name]
    if array.size and not (array.dtype.kind in "iu" and int(array.min()) >= 0 and int(array.max()) < rows):
        raise ValueError(f"{name} points outside of {rows} rows")


def fingerprint(path: Path) -> tuple[tuple[int, int, int] | None, ...]:
    """Another one whenever a file of this folder was replaced, cut or removed; it reads none of them."""
    found: list[tuple[int, int, int] | None] = []
    for name in (MANIFEST, TENSORS, CATALOGUE, TEXT_INDEX):
        try:
            state = (path / name).stat()
            found.append((state.st_ino, state.st_size, state.st_mtime_ns))
        except OSError:
            found.append(None)
    return tuple(found)


def check_digests(path: Path, manifest: Manifest) -> None:
    """Raises BundleError, which names the file that is missing or another than was saved."""
    for name in (TENSORS, CATALOGUE, *([TEXT_INDEX] if TEXT_INDEX in manifest.digests else [])):
        if not (path / name).is_file():
            raise BundleError(f"{path.name}: {name} is missing")
        if digest(path / name) != manifest.digests.get(name):
            raise BundleError(f"{path.name}: {name} isn't what was saved; restore it or train anew")


def digest(file: Path) -> str:
    """The SHA-256 of what a file holds, in 64 hex digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def replace_folder(draft: Path, place: Path) -> None:
    """Moves a folder that is complete to its place, and what was there before away."""
    former = place.with_name(f".{place.name}.former-{uuid.uuid4().hex[:8]}") if place.exists() else None
    if former is not None:
        os.rename(place, former)
    os.rename(draft, place)
    if former is not None:
        shutil.rmtree(former)
