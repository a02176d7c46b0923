"""int8 by ONNX Runtime: every family, made once and kept, without torch, and what is missing is named."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from recommender.embeddings.int8_check import judge
from recommender.encoders import onnx
from recommender.encoders.base import base_id, encoder_id, load_encoder
from recommender.encoders.huggingface import HuggingFaceEncoder
from recommender.encoders.onnx import MODEL, OnnxEncoder, load_int8
from recommender.encoders.precision import Verdict, encoder_folder
from recommender.encoders.reader import FORM
from recommender.settings import Settings
from tests.support.encoders import FAMILIES, int8_settings, tiny_encoder

TEXTS = ["green tea", "black coffee , the shop", "", "dog food for a dog . a cat", "茶", "tea " * 500, "a garden rake"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_runs_in_int8(home: Settings, tmp_path: Path, family: str) -> None:
    settings = int8_settings(home.root, tiny_encoder(tmp_path / family, family))
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


def test_queries_are_read_in_int8_without_torch(home: Settings, tmp_path: Path) -> None:
    folder = tiny_encoder(tmp_path / "model")
    settings = int8_settings(home.root, folder)
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


def test_it_is_made_once_and_again_where_a_file_is_missing(home: Settings, tmp_path: Path) -> None:
    source = str(tiny_encoder(tmp_path / "model"))
    settings = int8_settings(home.root, Path(source))
    first = load_int8(settings, source, "name").encode(TEXTS)
    folder = encoder_folder(settings, "name")
    made = (folder / MODEL).stat().st_mtime_ns
    np.testing.assert_array_equal(load_int8(settings, "gone by now", "name").encode(TEXTS), first)
    assert (folder / MODEL).stat().st_mtime_ns == made
    (folder / FORM).unlink()
    np.testing.assert_array_equal(load_int8(settings, source, "name").encode(TEXTS), first)


def test_a_missing_package_is_named(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"encoder_precision: int8 needs onnx, onnxruntime; pip install"):
        load_int8(home, str(tmp_path), "name")
