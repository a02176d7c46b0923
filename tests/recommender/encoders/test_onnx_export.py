"""The exported model says what torch's does, for any batch and length, and leaves no draft behind."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from recommender.encoders import onnx_export
from recommender.encoders.huggingface import HuggingFaceEncoder
from recommender.encoders.onnx import MODEL
from recommender.encoders.onnx_export import export, make_int8
from recommender.encoders.reader import FORM, TOKENIZER, Reader
from tests.support.encoders import FAMILIES, tiny_encoder

TEXTS = ["green tea", "", "dog food for a dog . a cat , the shop", "tea " * 500]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_export_is_the_model(tmp_path: Path, family: str) -> None:
    source = str(tiny_encoder(tmp_path / family, family))
    (tmp_path / "out").mkdir()
    export(source, tmp_path / "out" / "fp32.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "out" / "fp32.onnx"), providers=["CPUExecutionProvider"])
    reader, encoder = Reader.open(tmp_path / "out", batch=4), HuggingFaceEncoder(source, family)
    for texts in (TEXTS, TEXTS[:1]):
        ids_BL, mask_BL = reader.batch(texts)
        (found,) = session.run(None, {"input_ids": ids_BL, "attention_mask": mask_BL})
        with torch.inference_mode():
            expected = encoder.pooled(ids_BL, mask_BL).numpy()
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_only_what_is_needed_is_kept_and_it_is_smaller(tmp_path: Path) -> None:
    source = str(tiny_encoder(tmp_path / "model"))
    make_int8(source, tmp_path / "int8")
    assert {file.name for file in (tmp_path / "int8").iterdir()} == {MODEL, TOKENIZER, FORM}
    export(source, tmp_path / "fp32.onnx")
    assert (tmp_path / "int8" / MODEL).stat().st_size < (tmp_path / "fp32.onnx").stat().st_size


def test_a_model_that_cannot_be_exported_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_export, "OPSET", 1)
    source = str(tiny_encoder(tmp_path / "model"))
    with pytest.raises(ValueError, match="encoder_precision: bert can't be exported to ONNX"):
        make_int8(source, tmp_path / "int8")
    assert list((tmp_path / "int8").iterdir()) == []
