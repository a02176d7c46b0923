"""A model's folder: what is saved comes back, what is damaged is named, and new items join."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from recommender.models.bundle import BundleError, ModelBundle, fingerprint
from recommender.models.tensors import read_tensors, write_tensors
from recommender.profiles.profile import build_profile
from recommender.ranking.pipeline import RankingQuery, recommend
from tests.support.shops.many_texts import MORE, indexed_bundle
from tests.support.shops.shop import SHOP_UNTIL, shop_history
from tests.support.shops.trained import shop_bundle


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    shop_bundle().save(tmp_path / "shop-1")
    return tmp_path / "shop-1"


def _answer(bundle: ModelBundle) -> list[tuple[str, float]]:
    profile = build_profile(bundle, "u3", shop_history("u3"), SHOP_UNTIL, 1)
    return [(one.item_id, one.score) for one in recommend(bundle, profile, RankingQuery(n=20), SHOP_UNTIL)]


def test_a_loaded_model_answers_as_the_saved_one(saved: Path) -> None:
    loaded = ModelBundle.load(saved)
    assert _answer(loaded) == _answer(shop_bundle())
    assert loaded.manifest.metrics == shop_bundle().manifest.metrics
    assert not loaded.text_MT.flags.writeable  # mapped, not copied


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(saved: Path) -> None:
    shop_bundle().save(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["shop-1"]
    assert {path.name for path in saved.iterdir()} == {"manifest.json", "tensors.safetensors", "catalogue.parquet"}


def test_the_manifest_says_where_the_model_comes_from(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    assert manifest["encoder_id"] == "minilm-l6-v2"
    assert manifest["test_interval"] == "2026-04-17 to 2026-05-01"
    assert manifest["learned_until"].startswith("2026-04-17")
    plain = {"popularity", "personal frequency", "transition graph + text", "score fusion"}
    assert manifest["baselines"].keys() == plain
    assert manifest["hyper_parameters"]["width"] == 32
    assert manifest["feature_service"] == "recommender_shop-1"


@pytest.mark.parametrize("name", ["tensors.safetensors", "catalogue.parquet", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "one byte"])
def test_a_damaged_file_is_named(saved: Path, name: str, damage: str) -> None:
    file, content = saved / name, (saved / name).read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    with pytest.raises(BundleError, match=name):
        ModelBundle.load(saved)


def _manifest(folder: Path, **changes: object) -> None:
    file = folder / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def _signed(folder: Path, name: str, content: bytes) -> None:
    """A file of another content whose digest the manifest agrees with."""
    (folder / name).write_bytes(content)
    digests = json.loads((folder / "manifest.json").read_text())["digests"]
    _manifest(folder, digests=digests | {name: hashlib.sha256(content).hexdigest()})


def _tensors(folder: Path, **changes: np.ndarray) -> None:
    tensors = read_tensors(folder / "tensors.safetensors", mapped=False) | changes
    write_tensors(folder / "tensors.safetensors", tensors)
    _signed(folder, "tensors.safetensors", (folder / "tensors.safetensors").read_bytes())


def _header(folder: Path, header: object) -> None:
    packed = json.dumps(header).encode()
    _signed(folder, "tensors.safetensors", len(packed).to_bytes(8, "little") + packed + bytes(64))


def _with(folder: Path, name: str) -> np.ndarray:
    return read_tensors(folder / "tensors.safetensors", mapped=False)[name].copy()


def _far(folder: Path, name: str, value: int) -> None:
    array = _with(folder, name)
    array[0] = value
    _tensors(folder, **{name: array})


def _folder_in_place_of(file: Path) -> None:
    file.unlink()
    file.mkdir()


SPOILED: dict[str, Callable[[Path], object]] = {
    "a manifest that is a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "a manifest of binary": lambda folder: (folder / "manifest.json").write_bytes(bytes(range(128, 256))),
    "a manifest nested without end": lambda folder: (folder / "manifest.json").write_text("[" * 200_000),
    "a manifest without digests": lambda folder: _manifest(folder, digests={}),
    "other columns": lambda folder: _manifest(folder, ranker_columns=["a"]),
    "a folder for the tensors": lambda folder: _folder_in_place_of(folder / "tensors.safetensors"),
    "a folder for the manifest": lambda folder: _folder_in_place_of(folder / "manifest.json"),
    "empty tensors": lambda folder: _signed(folder, "tensors.safetensors", b""),
    "a header that is a list": lambda folder: _header(folder, []),
    "a header without offsets": lambda folder: _header(folder, {"text_MT": {"dtype": "F32", "shape": [1]}}),
    "offsets of no kind": lambda folder: _header(folder, {"a": {"dtype": "F32", "shape": [1], "data_offsets": "x"}}),
    "offsets before the start": lambda folder: _header(
        folder, {"a": {"dtype": "F32", "shape": [1], "data_offsets": [-8, -4]}}
    ),
    "an unknown type": lambda folder: _header(folder, {"a": {"dtype": "X", "shape": [1], "data_offsets": [0, 4]}}),
    "a catalogue that is no parquet": lambda folder: _signed(folder, "catalogue.parquet", b"PAR1 no parquet PAR1"),
    "a catalogue of other columns": lambda folder: _signed(folder, "catalogue.parquet", _parquet()),
    "a row beyond the texts": lambda folder: _far(folder, "text_row_N", 1_000_000),
    "a row before the vectors": lambda folder: _far(folder, "item_row_N", -1),
    "a word beyond the vocabulary": lambda folder: _far(folder, "word_N", 1_000_000),
    "vectors of another width": lambda folder: _tensors(folder, item_VD=_with(folder, "item_VD")[:, :-1]),
    "texts of another width": lambda folder: _tensors(folder, text_MT=_with(folder, "text_MT")[:, :-1]),
    "no numbers": lambda folder: _tensors(folder, text_MT=np.full_like(_with(folder, "text_MT"), np.nan)),
    "fewer items": lambda folder: _tensors(folder, word_N=_with(folder, "word_N")[:-1]),
    "a sequence model of another shape": lambda folder: _tensors(
        folder, **{"sequence.norm.weight": np.zeros(3, dtype=np.float32)}
    ),
}


def _parquet() -> bytes:
    stream = io.BytesIO()
    pl.DataFrame({"other": [1]}).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize("how", SPOILED)
def test_however_a_model_is_spoiled_it_is_told_in_one_way(saved: Path, how: str) -> None:
    SPOILED[how](saved)
    with pytest.raises(BundleError, match="shop-1"):
        ModelBundle.load(saved)


def test_a_model_that_was_read_outlives_its_files(saved: Path) -> None:
    loaded = ModelBundle.load(saved, mapped=False)
    (saved / "tensors.safetensors").write_bytes(b"")  # a process that reads a mapped file cut so is killed
    assert _answer(loaded) == _answer(shop_bundle())


def test_an_empty_folder_and_a_later_format_are_refused(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model here"):
        ModelBundle.load(tmp_path / "nothing")
    manifest = json.loads((saved / "manifest.json").read_text()) | {"format": 99}
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="format 99"):
        ModelBundle.load(saved)


def test_an_index_of_texts_is_kept_with_the_model_and_mapped(tmp_path: Path) -> None:
    bundle = indexed_bundle()
    bundle.save(tmp_path / "wide")
    loaded = ModelBundle.load(tmp_path / "wide")
    assert _answer(loaded) == _answer(bundle)
    loaded.save(tmp_path / "again")
    for mapped in (True, False):
        again = ModelBundle.load(tmp_path / "again", mapped)
        assert again.text_index is not None
        assert again.text_index.shape == again.text_MT.shape
        assert _answer(again) == _answer(bundle)


@pytest.mark.parametrize("damage", ["missing", "one byte", "signed nonsense", "of other texts"])
def test_a_spoiled_index_of_texts_is_named(tmp_path: Path, damage: str) -> None:
    bundle, folder = indexed_bundle(), tmp_path / "wide"
    bundle.save(folder)
    file = folder / "texts.faiss"
    before = fingerprint(folder)
    if damage == "missing":
        file.unlink()
    elif damage == "one byte":
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 0xFF
        file.write_bytes(content)
    elif damage == "signed nonsense":
        _signed(folder, "texts.faiss", b"nonsense" * 100)
    else:
        _tensors(folder, text_MT=bundle.text_MT[:-1], text_row_N=np.minimum(bundle.text_row_N, MORE))
    with pytest.raises(BundleError, match=r"texts\.faiss"):
        ModelBundle.load(folder)
    assert fingerprint(folder) != before
