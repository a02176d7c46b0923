"""The cache of photos' vectors: one call a photo, none for a catalogue that hasn't changed, broken files counted."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Item, Reject
from recommender.embeddings import images as image_embedding
from recommender.embeddings.images import ImageCounts, embed_images, load_image_vectors
from recommender.encoders.image import ImageEncoder, load_image_encoder
from recommender.settings import Settings
from tests.support.images import tiny_vit
from tests.support.shops.shop import shop_items


class Counting:
    """A real encoder that counts the photos it looks at."""

    def __init__(self, encoder: ImageEncoder) -> None:
        self.encoder_id, self.width, self._encoder = encoder.encoder_id, encoder.width, encoder
        self.seen = 0

    def encode(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        self.seen += len(images)
        return self._encoder.encode(images)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> ImageEncoder:
    return load_image_encoder(Settings(image_encoder=str(tiny_vit(tmp_path_factory.mktemp("vit"))), threads=1))


def _never() -> ImageEncoder:
    raise AssertionError("the model is loaded for nothing")


def _photo(folder: Path, name: str, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 30, 3), dtype=np.uint8)).save(folder / name)


def _fill(folder: Path, images: dict[str, str]) -> None:
    """The shop, with photos for some of its items; each file name has a picture of its own."""
    items = shop_items()
    for item in items:
        item.image = images.get(item.item_id, "")
    for seed, name in enumerate(sorted(set(images.values()))):
        if name.endswith(".png"):
            _photo(folder, name, seed)
    with session_scope() as session:
        session.add_all(items)


def test_a_photo_costs_one_call_and_a_second_run_none(
    database: Settings, tiny: ImageEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_embedding, "BATCH", 4)
    names = {f"tea-{place}": f"tea-{place}.png" for place in range(10)}
    _fill(database.images_dir, names | {"pets-0": "tea-0.png", "pets-1": "https://shop.example/1.jpg"})
    counting = Counting(tiny)
    seen: list[tuple[int, int]] = []
    first = embed_images(lambda: counting, tiny.encoder_id, progress=lambda done, total: seen.append((done, total)))
    assert first == ImageCounts(items=12, cached=1, model_calls=10, rejected=0, remote=1)
    assert counting.seen == 10
    assert seen[-1] == (12, 12)
    assert embed_images(_never, tiny.encoder_id) == ImageCounts(items=12, cached=11, rejected=0, remote=1)
    with session_scope() as session:
        vectors_ME, row_N = load_image_vectors(session, tiny.encoder_id, ["tea-1", "pets-0", "tea-0", "pets-1", "?"])
    assert vectors_ME.shape == (2, 32)
    assert row_N[1] == row_N[2] >= 0
    assert row_N.tolist()[3:] == [-1, -1]
    np.testing.assert_allclose(np.linalg.norm(vectors_ME, axis=1), 1, atol=1e-5)


def test_a_changed_file_alone_is_looked_at_again(database: Settings, tiny: ImageEncoder) -> None:
    _fill(database.images_dir, {"tea-0": "a.png", "tea-1": "b.png"})
    embed_images(lambda: tiny, tiny.encoder_id)
    (database.images_dir / "b.png").touch()  # the same bytes at another time: read again, not looked at
    assert embed_images(_never, tiny.encoder_id).cached == 2
    _photo(database.images_dir, "b.png", seed=99)
    counting = Counting(tiny)
    assert embed_images(lambda: counting, tiny.encoder_id).model_calls == counting.seen == 1


def test_another_encoder_looks_at_everything_again(database: Settings, tiny: ImageEncoder) -> None:
    _fill(database.images_dir, {"tea-0": "a.png", "tea-1": "b.png"})
    embed_images(lambda: tiny, tiny.encoder_id)
    assert embed_images(lambda: tiny, "image:another").model_calls == 2
    with session_scope() as session:
        assert load_image_vectors(session, "image:a-third", ["tea-0"])[1].tolist() == [-1]


def test_broken_files_are_counted_and_kept_with_the_reason(database: Settings, tiny: ImageEncoder) -> None:
    folder = database.images_dir
    _fill(folder, {"tea-0": "a.png", "tea-1": "cut.jpg", "tea-2": "none.jpg", "tea-3": "../x.jpg", "tea-4": "cut.jpg"})
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    counts = embed_images(lambda: tiny, tiny.encoder_id)
    assert counts == ImageCounts(items=5, cached=0, model_calls=1, rejected=4)
    with session_scope() as session:
        reasons = {row.file: row.reason for row in session.scalars(select(Reject).where(Reject.field == "image"))}
    assert set(reasons) == {"cut.jpg", "none.jpg", "../x.jpg"}
    assert "not in the images folder" in reasons["none.jpg"]
    _photo(folder, "mended.png", seed=5)
    (folder / "cut.jpg").write_bytes((folder / "mended.png").read_bytes())
    assert embed_images(lambda: tiny, tiny.encoder_id).rejected == 2
    with session_scope() as session:
        assert "cut.jpg" not in set(session.scalars(select(Reject.file)))


def test_an_item_whose_photo_is_gone_loses_its_vector(database: Settings, tiny: ImageEncoder) -> None:
    _fill(database.images_dir, {"tea-0": "a.png"})
    embed_images(lambda: tiny, tiny.encoder_id)
    (database.images_dir / "a.png").unlink()
    assert embed_images(_never, tiny.encoder_id).rejected == 1
    with session_scope() as session:
        assert load_image_vectors(session, tiny.encoder_id, ["tea-0"])[1].tolist() == [-1]


def test_an_item_that_names_no_photo_any_more_has_none(database: Settings, tiny: ImageEncoder) -> None:
    _fill(database.images_dir, {"tea-0": "a.png"})
    embed_images(lambda: tiny, tiny.encoder_id)
    with session_scope() as session:
        session.get_one(Item, "tea-0").image = ""
    with session_scope() as session:
        assert load_image_vectors(session, tiny.encoder_id, ["tea-0"])[1].tolist() == [-1]
