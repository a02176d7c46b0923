"""How an encoder's int8 form is made: exported by torch, quantised by ONNX Runtime.

Shape suffixes: B texts, L tokens.
"""

import os
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn

from recommender.encoders.huggingface import POOLS, AutoTokens, Pool, load_config, load_model, read_form
from recommender.encoders.onnx import MODEL
from recommender.encoders.reader import FORM, TOKENIZER, Reader

OPSET = 17


def make_int8(source: str, folder: Path) -> None:
    """Exports the model and quantises its matrix products, each channel by itself; written beside and moved there."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        draft = Path(name)
        whole, small = draft / "fp32.onnx", draft / MODEL
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
        for part in (TOKENIZER, FORM, MODEL):
            os.replace(draft / part, folder / part)


def export(source: str, place: Path) -> None:
    """The model in fp32 as ONNX, any batch and any length; beside it its tokenizer and how it reads."""
    config, tokens = load_config(source), AutoTokens(source)
    form = read_form(source, config, tokens)
    tokens.save(place.with_name(TOKENIZER))
    Reader(tokens, form, batch=1).save_form(place.parent)
    model = load_model(source, config, attn_implementation="eager").eval()
    example = torch.ones((2, 8), dtype=torch.int64)
    mask = example.clone()
    mask[1, 5:] = 0
    names, axes = ["input_ids", "attention_mask"], {0: "batch", 1: "length"}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the tracer's remarks on constants
            torch.onnx.export(
                _Pooled(model, POOLS[form.pooling]),
                (example, mask),
                str(place),
                input_names=names,
                output_names=["pooled"],
                dynamic_axes={**dict.fromkeys(names, axes), "pooled": {0: "batch"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:  # models hold whatever the exporter may stumble over
        raise ValueError(f"encoder_precision: {config.model_type} can't be exported to ONNX: {error}") from error


class _Pooled(nn.Module):
    def __init__(self, model: Any, pool: Pool) -> None:
        super().__init__()
        self.model, self.pool = model, pool

    def forward(self, ids_BL: torch.Tensor, mask_BL: torch.Tensor) -> torch.Tensor:
        """A pooled vector for each text, of ids and mask of shape (B, L); not yet of length 1."""
        return self.pool(self.model(input_ids=ids_BL, attention_mask=mask_BL).last_hidden_state, mask_BL)
