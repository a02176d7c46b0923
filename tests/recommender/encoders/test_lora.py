"""An adapter melted into the weights: as by adding its product by hand, and only onto its own encoder."""

from pathlib import Path

import numpy as np
import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from transformers import AutoModel

from recommender.encoders import lora
from recommender.encoders.base import FINETUNED, base_id, load_encoder
from recommender.encoders.lora import load_finetuned, with_adapter
from recommender.encoders.precision import encoder_folder
from recommender.settings import Settings
from tests.support.encoders import int8_settings, tiny_encoder

RANK, ALPHA = 2, 6


def save_adapter(source: Path, folder: Path) -> None:
    """An adapter of the attention's queries with random weights."""
    torch.manual_seed(1)
    tuned = get_peft_model(
        AutoModel.from_pretrained(source), LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=["query"])
    )
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_" in name:
                parameter.copy_(torch.randn_like(parameter))
    tuned.save_pretrained(str(folder))


def test_the_weights_are_the_base_s_and_the_adapter_s_product(tmp_path: Path) -> None:
    source = tiny_encoder(tmp_path / "model")
    save_adapter(source, tmp_path / "adapter")
    base, melted = (
        AutoModel.from_pretrained(source),
        with_adapter(AutoModel.from_pretrained(source), tmp_path / "adapter"),
    )
    assert not melted.training
    adapter = load_file(tmp_path / "adapter" / "adapter_model.safetensors")
    for layer in range(2):
        place = f"base_model.model.encoder.layer.{layer}.attention.self.query"
        product = adapter[f"{place}.lora_B.weight"] @ adapter[f"{place}.lora_A.weight"] * ALPHA / RANK
        was, now = (one.encoder.layer[layer].attention.self for one in (base, melted))
        torch.testing.assert_close(now.query.weight, was.query.weight + product)
        torch.testing.assert_close(now.key.weight, was.key.weight)


def test_a_tuned_encoder_reads_otherwise_under_its_own_name(home: Settings, tmp_path: Path) -> None:
    source = tiny_encoder(tmp_path / "model")
    settings = int8_settings(home.root, source, "fp32")
    name = f"{base_id(settings)}{FINETUNED}shop"
    save_adapter(source, encoder_folder(settings, name))
    tuned, plain = load_finetuned(settings, name), load_encoder(settings)
    assert tuned.encoder_id == name
    vectors = tuned.encode(["green tea", "dog food"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not np.allclose(vectors, plain.encode(["green tea", "dog food"]), atol=1e-3)


def test_an_adapter_of_another_encoder_is_refused(home: Settings, tmp_path: Path) -> None:
    settings = int8_settings(home.root, tiny_encoder(tmp_path / "model"), "fp32")
    with pytest.raises(ValueError, match=rf"encoder: 'other{FINETUNED.replace('+', '[+]')}x' was tuned from 'other'"):
        load_finetuned(settings, f"other{FINETUNED}x")


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(lora, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"finetune_steps: needs peft; pip install 'zhiyin\[llm\]'"):
        with_adapter(None, tmp_path)
