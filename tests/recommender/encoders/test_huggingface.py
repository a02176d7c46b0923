"""Models of transformers: pooled by hand, with their prompts, no longer than their positions, and errors that name."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from recommender.encoders.base import load_encoder
from recommender.encoders.huggingface import (
    POOLS,
    AutoTokens,
    HuggingFaceEncoder,
    find_prompts,
    is_decoder,
    load_config,
    read_form,
)
from recommender.encoders.reader import MAX_TOKENS, Prompts
from recommender.settings import Settings
from tests.support.encoders import FAMILIES, tiny_encoder


def test_a_decoder_is_read_at_its_last_token_and_an_encoder_at_all(tmp_path: Path) -> None:
    decoder = load_encoder(Settings(encoder=str(tiny_encoder(tmp_path / "gpt2", "gpt2")), threads=1))
    encoder = load_encoder(Settings(encoder=str(tiny_encoder(tmp_path / "bert", "bert")), threads=1))
    assert isinstance(decoder, HuggingFaceEncoder)
    assert isinstance(encoder, HuggingFaceEncoder)
    assert decoder.reader.form.pooling == "last"
    assert encoder.reader.form.pooling == "mean"


def test_an_e5_is_read_with_its_prefixes_and_others_with_what_they_say(tmp_path: Path) -> None:
    assert find_prompts(str(tiny_encoder(tmp_path / "my-e5-small"))) == Prompts("query: ", "passage: ")
    folder = tiny_encoder(tmp_path / "e5" / "model")
    assert find_prompts(str(folder)) == Prompts()
    plain = load_encoder(Settings(encoder=str(folder), threads=1))
    np.testing.assert_array_equal(plain.encode(["green tea"]), plain.encode_queries(["green tea"]))
    told = {"prompts": {"query": "dog ", "document": "cat "}}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(told))
    prompted = load_encoder(Settings(encoder=str(folder), threads=1))
    np.testing.assert_allclose(prompted.encode(["tea"]), plain.encode(["cat tea"]), atol=1e-6)
    np.testing.assert_allclose(prompted.encode_queries(["tea"]), plain.encode(["dog tea"]), atol=1e-6)


def test_pooling_is_the_mean_of_the_read_tokens_or_the_last_of_them() -> None:
    states = torch.randn(3, 5, 4)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]])
    mean, last = POOLS["mean"](states, mask), POOLS["last"](states, mask)
    torch.testing.assert_close(mean[0], states[0, :3].mean(dim=0))
    torch.testing.assert_close(mean[1], states[1].mean(dim=0))
    assert not mean[2].any()
    torch.testing.assert_close(last, torch.stack([states[0, 2], states[1, 4], states[2, 0]]))


def test_a_text_s_vector_is_the_models_own_states_pooled(tmp_path: Path) -> None:
    source = str(tiny_encoder(tmp_path / "bert"))
    encoder, model = HuggingFaceEncoder(source, "tiny"), AutoModel.from_pretrained(source).eval()
    with torch.inference_mode():
        ids = torch.tensor(AutoTokens(source).ids(["green tea"]))
        state = model(input_ids=ids).last_hidden_state[0].mean(dim=0).numpy()
    np.testing.assert_allclose(encoder.encode(["green tea"])[0], state / np.linalg.norm(state), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_how_a_family_reads_follows_from_its_configuration(tmp_path: Path, family: str) -> None:
    source = str(tiny_encoder(tmp_path / family, family))
    config, tokens = load_config(source), AutoTokens(source)
    form = read_form(source, config, tokens)
    assert form.width == 32
    assert form.max_tokens == tokens.max_tokens == (MAX_TOKENS if family == "t5" else 64)
    assert is_decoder(config) == (form.pooling == "last") == (family == "gpt2")
    assert max(map(len, tokens.ids(["tea " * 500]))) == form.max_tokens


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    for make in (load_config, AutoTokens):
        with pytest.raises(ValueError, match=r"encoder: .*nowhere.* can't be loaded as a Hugging Face model"):
            make(str(tmp_path / "nowhere"))
