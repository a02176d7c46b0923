"""The cache of embeddings: a text costs one model call, once, on both databases."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import delete, select

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Item
from recommender.embeddings import text as embedding
from recommender.embeddings.text import EmbeddingCounts, MissingEmbeddings, embed_items, load_vectors
from recommender.encoders.base import Encoder, load_encoder
from recommender.settings import Settings
from tests.support.encoders import tiny_encoder
from tests.support.shops.shop import shop_items


class Counting:
    """A real encoder that counts the texts it reads, and fails after a number of calls if told to."""

    def __init__(self, encoder: Encoder, fail_after: int = 10**9) -> None:
        self.encoder_id, self.width, self._encoder, self._left = encoder.encoder_id, encoder.width, encoder, fail_after
        self.read: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        self.read += texts
        return self._encoder.encode(texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._encoder.encode_queries(texts)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    folder: Path = tiny_encoder(tmp_path_factory.mktemp("encoder"))
    return load_encoder(Settings(encoder=str(folder), threads=1))


def _fill(extra: Sequence[Item] = ()) -> None:
    with session_scope() as session:
        session.add_all([*shop_items(), *extra])


def _twin() -> Item:
    twin = shop_items()[0]
    twin.item_id = "twin"
    return twin


def test_a_text_costs_one_call_and_a_second_run_none(database: Settings, tiny: Encoder) -> None:
    _fill([_twin()])
    counting = Counting(tiny)
    seen: list[tuple[int, int]] = []
    first = embed_items(lambda: counting, tiny.encoder_id, progress=lambda done, total: seen.append((done, total)))
    assert first == EmbeddingCounts(items=61, texts=60, cached=0, model_calls=60)
    assert len(counting.read) == len(set(counting.read)) == 60
    assert seen[-1] == (60, 60)

    def never() -> Encoder:
        raise AssertionError("the model is loaded for nothing")

    assert embed_items(never, tiny.encoder_id) == EmbeddingCounts(items=61, texts=60, cached=60, model_calls=0)


def test_a_changed_text_alone_is_read_again(database: Settings, tiny: Encoder) -> None:
    _fill()
    embed_items(lambda: tiny, tiny.encoder_id)
    with session_scope() as session:
        item = session.get_one(Item, "tea-0")
        item.title, item.content_hash = "Sencha", "other"
    counting = Counting(tiny)
    assert embed_items(lambda: counting, tiny.encoder_id).model_calls == 1
    assert counting.read[0].startswith("Sencha")


def test_an_interrupted_run_goes_on_where_it_stopped(
    database: Settings, tiny: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "BATCH", 16)
    _fill()
    broken, whole = Counting(tiny, fail_after=2), Counting(tiny)
    with pytest.raises(KeyboardInterrupt):
        embed_items(lambda: broken, tiny.encoder_id)
    assert embed_items(lambda: whole, tiny.encoder_id).cached == 32
    assert not set(broken.read) & set(whole.read)


def test_vectors_come_back_as_the_encoder_gave_them(database: Settings, tiny: Encoder) -> None:
    _fill([_twin()])
    embed_items(lambda: tiny, tiny.encoder_id)
    with session_scope() as session:
        hashes = list(session.scalars(select(Item.content_hash).order_by(Item.item_id)))
        vectors_ME, row_N = load_vectors(session, tiny.encoder_id, hashes)
    assert vectors_ME.shape == (60, 32)
    assert len(row_N) == 61
    np.testing.assert_allclose(np.linalg.norm(vectors_ME, axis=1), 1, atol=1e-5)


def test_what_is_missing_is_counted_and_the_command_named(database: Settings, tiny: Encoder) -> None:
    _fill()
    embed_items(lambda: tiny, tiny.encoder_id)
    with session_scope() as session:
        gone = session.scalars(select(Embedding.content_hash).limit(3)).all()
        session.execute(delete(Embedding).where(Embedding.content_hash.in_(gone)))
        hashes = list(session.scalars(select(Item.content_hash)))
        with pytest.raises(MissingEmbeddings, match=r"3 of 60 texts .*zhiyin embed"):
            load_vectors(session, tiny.encoder_id, hashes)
