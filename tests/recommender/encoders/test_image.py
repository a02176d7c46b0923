"""The models that look at photos: unit vectors, alike for what looks alike, and files that can't be read refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recommender.encoders import image as image_encoders
from recommender.encoders.image import EfficientNetLite, image_encoder_id, load_image_encoder
from recommender.encoders.image_io import decode_image
from recommender.settings import Settings
from tests.support.images import fashion_photos, tiny_vit

KINDS = ("Watches", "Casual Shoes", "Tshirts", "Handbags")


@pytest.mark.data
def test_efficientnet_finds_articles_of_a_kind(shared_data: Path) -> None:
    photos = fashion_photos(shared_data, KINDS, 12)
    encoder = load_image_encoder(Settings(threads=1))
    vectors = encoder.encode([decode_image(photo.data) for photo in photos])
    assert vectors.shape == (48, encoder.width) == (48, 1280)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    kinds = np.array([photo.article for photo in photos])
    assert (kinds[likeness.argmax(axis=1)] == kinds).mean() >= 0.9
    alone = EfficientNetLite(encoder.encoder_id, batch=1).encode([decode_image(photos[0].data)])
    np.testing.assert_allclose(alone[0], vectors[0], atol=1e-4)


@pytest.mark.parametrize("classifier", [False, True])
def test_a_model_of_transformers_goes_the_same_way(tmp_path: Path, classifier: bool) -> None:
    settings = Settings(image_encoder=str(tiny_vit(tmp_path / "vit", classifier)), threads=1)
    encoder = load_image_encoder(settings)
    rng = np.random.default_rng(0)
    images = [Image.fromarray(rng.integers(0, 255, (40, 30, 3), dtype=np.uint8)) for _ in range(5)]
    vectors = encoder.encode(images)
    assert vectors.shape == (5, encoder.width) == (5, 32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(images[2:3])[0], vectors[2], atol=1e-5)
    np.testing.assert_allclose(load_image_encoder(settings).encode(images), vectors, atol=1e-6)  # no random weights
    assert encoder.encode([]).shape == (0, 32)


def test_the_name_follows_the_weights(tmp_path: Path) -> None:
    first, second = tiny_vit(tmp_path / "a" / "vit"), tiny_vit(tmp_path / "b" / "vit", classifier=True)
    names = {image_encoder_id(Settings(image_encoder=str(folder))) for folder in (first, second)}
    assert len(names) == 2
    assert all(name.startswith("image:vit@") for name in names)
    assert image_encoder_id(Settings()) == "image:efficientnet-lite0-224"


def test_a_model_that_isnt_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"image_encoder: .*can.t be loaded"):
        load_image_encoder(Settings(image_encoder=str(tmp_path), threads=1))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(image_encoders.PACKAGES, "not_there_at_all", "not-there")
    with pytest.raises(ValueError, match=r"needs not-there; pip install"):
        image_encoders._check_packages("PIL", "not_there_at_all")
