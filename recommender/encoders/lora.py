"""Encoders whose weights were tuned on the shop's own behaviour: an adapter, kept in the settings' `encoders_dir`.

It knows adapters of `peft` and the encoder they belong to; how one is fitted is `training`'s affair. An adapter is
melted into the weights when it is loaded, so that reading costs what it did before.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from recommender.encoders.base import FINETUNED, base_id, source_of
from recommender.encoders.huggingface import HuggingFaceEncoder
from recommender.encoders.precision import encoder_folder
from recommender.settings import Settings


def load_finetuned(settings: Settings, encoder_id: str) -> HuggingFaceEncoder:
    """The encoder of the settings with the adapter of this name."""
    base = encoder_id.partition(FINETUNED)[0]
    if base != base_id(settings):
        raise ValueError(f"encoder: {encoder_id!r} was tuned from {base!r}, the settings name {base_id(settings)!r}")
    torch.set_num_threads(settings.threads)
    encoder = HuggingFaceEncoder(source_of(settings), encoder_id, settings.encoder_batch)
    encoder.model = with_adapter(encoder.model, encoder_folder(settings, encoder_id))
    return encoder


def with_adapter(model: Any, folder: Path) -> Any:
    """The model with the adapter of this folder (LoRA, Hu et al. 2021) merged into it; ValueError without `peft`."""
    check_peft()
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(folder)).merge_and_unload().eval()


def check_peft() -> None:
    """Raises ValueError where the package `peft` is missing, with what to install."""
    if find_spec("peft") is None:
        raise ValueError("finetune_steps: needs peft; pip install 'zhiyin[llm]'")
