"""The encoder: every family of models through the same path, unit vectors, the same whatever the batch."""

from pathlib import Path

import numpy as np
import pytest

from recommender.encoders.base import encoder_id, load_encoder
from recommender.encoders.reader import MAX_TOKENS
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


def test_half_precision_is_another_encoder(tmp_path: Path) -> None:
    folder = str(tiny_encoder(tmp_path / "model", "bert"))
    half = load_encoder(Settings(encoder=folder, threads=1, encoder_precision="bf16"))
    whole = load_encoder(Settings(encoder=folder, threads=1, encoder_precision="fp32"))
    assert half.encoder_id == f"{whole.encoder_id}+bf16"
    assert (half.encode(TEXTS) * whole.encode(TEXTS)).sum(axis=1).min() > 0.99
