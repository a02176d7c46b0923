"""A model's manifest: it comes back as it was written, and one that can't be read is refused with its folder's name."""

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.models.manifest import FORMAT, MANIFEST, BundleError, read_manifest
from recommender.models.retrieval_config import RetrievalConfig
from tests.support.shops.counted import counted_bundle


def written(folder: Path, **changes: Any) -> Path:
    """A model's folder with a manifest alone; a change of None leaves the field out."""
    fields = json.loads(counted_bundle().manifest.model_dump_json()) | changes
    folder.mkdir(exist_ok=True)
    (folder / MANIFEST).write_text(json.dumps({name: value for name, value in fields.items() if value is not None}))
    return folder


def test_a_manifest_comes_back_as_it_was(tmp_path: Path) -> None:
    assert read_manifest(written(tmp_path / "m")) == counted_bundle().manifest


def test_one_of_an_older_release_gets_what_it_lacks(tmp_path: Path) -> None:
    lacking = dict.fromkeys(("mixture", "retrieval", "query_words", "image_encoder_id", "digests", "examples"))
    manifest = read_manifest(written(tmp_path / "m", **lacking))
    assert (manifest.mixture, manifest.query_words, manifest.digests) == ({}, {}, {})
    assert manifest.retrieval == RetrievalConfig()


def test_a_folder_without_a_manifest_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"nowhere: no model here \(manifest.json is missing\)"):
        read_manifest(tmp_path / "nowhere")
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(BundleError, match="no model here"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"text"', "[" * 100_000, '{"model_version": "x"}', "\x00"])
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    written(tmp_path / "m-1")
    (tmp_path / "m-1" / MANIFEST).write_text(content)
    with pytest.raises(BundleError, match=r"m-1: manifest.json can't be read"):
        read_manifest(tmp_path / "m-1")


@pytest.mark.parametrize(
    ("field", "value"), [("created_at", "yesterday"), ("sources", None), ("counts", {"items": "x"})]
)
def test_a_field_that_is_wrong_is_named(tmp_path: Path, field: str, value: object) -> None:
    with pytest.raises(BundleError, match=field):
        read_manifest(written(tmp_path / "m", **{field: value}))


def test_another_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=f"m: format {FORMAT + 1}, this release reads {FORMAT}; train anew"):
        read_manifest(written(tmp_path / "m", format=FORMAT + 1))
