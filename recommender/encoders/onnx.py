"""An encoder of `transformers` in int8 by ONNX Runtime, for the CPU: made once, kept in the settings' `encoders_dir`.

The pooling is part of it: threads of two libraries in turn would keep each other waiting. It knows how to export,
quantise and run; whether what comes out is good enough is `precision`'s affair.
"""

import os
import tempfile
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recommender.encoders.huggingface import Pool, Reader, load_model
from recommender.encoders.precision import INT8_SUFFIX, encoder_folder
from recommender.settings import Settings

MODEL = "int8-pooled.onnx"
OPSET = 17


class OnnxEncoder:
    """The same texts, tokens and pooling as `HuggingFaceEncoder`, from the tokens on by ONNX Runtime."""

    def __init__(self, source: str, model: Path, encoder_id: str, batch: int, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.reader = Reader(source, batch)
        self.encoder_id, self.width = encoder_id, self.reader.width

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.reader.encode([self.reader.prompts.passage + text for text in texts], self._pooled)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.reader.encode([self.reader.prompts.query + text for text in texts], self._pooled)

    def _pooled(self, ids_BL: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
        found = self.session.run(None, {"input_ids": ids_BL.numpy(), "attention_mask": mask_BL.numpy()})
        return torch.from_numpy(np.asarray(found[0]))


def load_int8(settings: Settings, source: str, encoder_id: str) -> OnnxEncoder:
    """The int8 form of these weights, made where it isn't there yet; ValueError says why it can't be."""
    missing = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise ValueError(f"encoder_precision: int8 needs {', '.join(missing)}; pip install 'zhiyin[llm]'")
    place = encoder_folder(settings, encoder_id) / MODEL
    if not place.is_file():
        make_int8(source, place)
    return OnnxEncoder(source, place, encoder_id + INT8_SUFFIX, settings.encoder_batch, settings.threads)


def make_int8(source: str, place: Path) -> None:
    """Exports the model and quantises its matrix products, each channel by itself; written beside and moved there."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        whole, small = Path(folder) / "fp32.onnx", Path(folder) / MODEL
        export(source, whole)
        # reduce_range: 7 bits, since AVX2's 8-bit products overflow
        quantize_dynamic(
            whole,
            small,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
        os.replace(small, place)


def export(source: str, place: Path) -> None:
    """The model in fp32 as ONNX, any batch and any length."""
    reader = Reader(source, batch=1)
    model = load_model(source, reader.config, attn_implementation="eager").eval()
    example = torch.ones((2, 8), dtype=torch.int64)
    mask = example.clone()
    mask[1, 5:] = 0
    names, axes = ["input_ids", "attention_mask"], {0: "batch", 1: "length"}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the tracer's remarks on constants
            torch.onnx.export(
                _Pooled(model, reader.pool),
                (example, mask),
                str(place),
                input_names=names,
                output_names=["pooled"],
                dynamic_axes={**dict.fromkeys(names, axes), "pooled": {0: "batch"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # models hold whatever the exporter may stumble over
        raise ValueError(f"encoder_precision: {reader.config.model_type} can't be exported to ONNX: {error}") from error


class _Pooled(nn.Module):
    def __init__(self, model: Any, pool: Pool) -> None:
        super().__init__()
        self.model, self.pool = model, pool

    def forward(self, ids_BL: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
        return self.pool(self.model(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state, mask_BL)
