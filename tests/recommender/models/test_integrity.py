"""Whether a model's parts fit each other: each misfit is named, and files are told apart by what they hold."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from recommender.models.integrity import check_digests, check_parts, digest, fingerprint
from recommender.models.manifest import CATALOGUE, TENSORS, BundleError, read_manifest
from recommender.models.tensors import Tensors, read_tensors
from tests.support.shops.counted import bundle_with_new_items


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 63 items, three of which are new."""
    path = tmp_path_factory.mktemp("models") / "m"
    bundle_with_new_items().save(path)
    return path


@cache
def parts_of(path: Path) -> Tensors:
    return read_tensors(path / TENSORS, mapped=False)


def widened(array: np.ndarray) -> np.ndarray:
    return np.concatenate([array, array[:, :1]], axis=1)


def holed(array: np.ndarray) -> np.ndarray:
    return np.where(np.arange(array.size).reshape(array.shape) == 3, np.nan, array)


def test_a_whole_model_fits(saved: Path) -> None:
    check_parts(parts_of(saved), 63, None)
    check_parts(parts_of(saved), 63, parts_of(saved)["text_MT"].shape)


@pytest.mark.parametrize(
    ("name", "spoil", "message"),
    [
        ("word_N", lambda array: array[:-1], "word_N is of 62 items, the catalogue has 63"),
        ("borrowed_N", lambda array: array[None], "borrowed_N is of 1 items"),
        ("text_row_N", lambda array: array + 1, "text_row_N points outside of 63 rows"),
        ("item_row_N", lambda array: array - 1, "item_row_N points outside of 63 rows"),
        ("word_N", lambda array: array + 1, "word_N points outside of 1 rows"),
        ("item_row_N", lambda array: array.astype(np.float32), "item_row_N points outside"),
        ("lenders_BK", lambda array: array + 63, "lenders_BK points outside of 63 rows"),
        ("lenders_BK", lambda array: array[1:], "lenders_BK isn't of the items that borrow"),
        ("projection_ET", widened, "text_MT is 8 wide, what reads it isn't"),
        ("sequence.text.weight", widened, "text_MT is 8 wide, what reads it isn't"),
        ("item_VD", widened, "item_VD isn't as wide as the sequence model"),
        ("text_MT", holed, "text_MT holds what is no number"),
        ("item_VD", holed, "item_VD holds what is no number"),
        ("projection_ET", holed, "projection_ET holds what is no number"),
    ],
)
def test_what_does_not_fit_is_named(
    saved: Path, name: str, spoil: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    spoiled = parts_of(saved) | {name: spoil(parts_of(saved)[name])}
    with pytest.raises(ValueError, match=message):
        check_parts(spoiled, 63, None)


def test_an_index_of_other_texts_is_named(saved: Path) -> None:
    with pytest.raises(ValueError, match=r"texts.faiss is of shape \(62, 8\), text_MT \(63, 8\)"):
        check_parts(parts_of(saved), 63, (62, 8))


def test_a_digest_is_of_what_a_file_holds(tmp_path: Path) -> None:
    content = os.urandom(3_000)
    (tmp_path / "a").write_bytes(content)
    (tmp_path / "b").write_bytes(content)
    assert digest(tmp_path / "a") == digest(tmp_path / "b") == hashlib.sha256(content).hexdigest()


def test_files_are_what_the_manifest_says(tmp_path: Path) -> None:
    bundle_with_new_items().save(tmp_path / "m")
    manifest = read_manifest(tmp_path / "m")
    check_digests(tmp_path / "m", manifest)
    (tmp_path / "m" / CATALOGUE).write_bytes(b"another")
    with pytest.raises(BundleError, match=r"m: catalogue.parquet isn't what was saved; restore it or train anew"):
        check_digests(tmp_path / "m", manifest)
    (tmp_path / "m" / TENSORS).unlink()
    with pytest.raises(BundleError, match=r"m: tensors.safetensors is missing"):
        check_digests(tmp_path / "m", manifest)
    indexed = manifest.model_copy(update={"digests": manifest.digests | {"texts.faiss": "0"}})
    (tmp_path / "n").mkdir()
    bundle_with_new_items().save(tmp_path / "n" / "m")
    with pytest.raises(BundleError, match=r"m: texts.faiss is missing"):
        check_digests(tmp_path / "n" / "m", indexed)


def test_a_fingerprint_changes_with_any_file(tmp_path: Path) -> None:
    bundle_with_new_items().save(tmp_path / "m")
    first = fingerprint(tmp_path / "m")
    assert fingerprint(tmp_path / "m") == first
    seen = [first]
    (tmp_path / "m" / CATALOGUE).write_bytes(b"cut")
    seen.append(fingerprint(tmp_path / "m"))
    (tmp_path / "m" / TENSORS).unlink()
    seen.append(fingerprint(tmp_path / "m"))
    assert len(set(seen)) == 3
    assert fingerprint(tmp_path / "nowhere") == (None,) * 4
