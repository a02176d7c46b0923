"""An encoder of `transformers` in int8 by ONNX Runtime, for the CPU: made once, kept in the settings' `encoders_dir`.

The pooling is part of it: threads of two libraries in turn would keep each other waiting. Beside it lie its tokenizer
and how it reads, so that running it needs neither torch nor `transformers`. How it is made is `onnx_export`'s affair,
whether what comes out is good enough `precision`'s.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.encoders.precision import INT8_SUFFIX, encoder_folder
from recommender.encoders.reader import FORM, TOKENIZER, Ints, Reader
from recommender.settings import Settings

MODEL = "int8-pooled.onnx"


class OnnxEncoder:
    """The same texts, tokens and pooling as `HuggingFaceEncoder`, from the tokens on by ONNX Runtime."""

    def __init__(self, folder: Path, encoder_id: str, batch: int, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
        self.reader = Reader.open(folder, batch)
        self.encoder_id, self.width = encoder_id, self.reader.form.width

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `HuggingFaceEncoder.encode`, in int8."""
        return self.reader.encode([self.reader.form.prompts.passage + text for text in texts], self._pooled)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `HuggingFaceEncoder.encode_queries`, in int8."""
        return self.reader.encode([self.reader.form.prompts.query + text for text in texts], self._pooled)

    def _pooled(self, ids_BL: Ints, mask_BL: Ints) -> NDArray[np.float32]:
        return np.asarray(self.session.run(None, {"input_ids": ids_BL, "attention_mask": mask_BL})[0], np.float32)


def load_int8(settings: Settings, source: str, encoder_id: str) -> OnnxEncoder:
    """The int8 form of these weights, made where it isn't there yet; ValueError says why it can't be."""
    missing = [name for name in ("onnx", "onnxruntime") if find_spec(name) is None]
    if missing:
        raise ValueError(f"encoder_precision: int8 needs {', '.join(missing)}; pip install 'zhiyin[llm]'")
    folder = encoder_folder(settings, encoder_id)
    if not all((folder / name).is_file() for name in (MODEL, TOKENIZER, FORM)):
        from recommender.encoders.onnx_export import make_int8  # heavy: torch

        make_int8(source, folder)
    return OnnxEncoder(folder, encoder_id + INT8_SUFFIX, settings.encoder_batch, settings.threads)
