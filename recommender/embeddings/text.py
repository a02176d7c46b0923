"""The catalogue's texts as vectors, kept in table `embeddings` by what they say: a text costs one model call, once.

It knows the items and embeddings tables and an encoder. Texts stream through in batches, each committed when it is
done, so that memory doesn't grow with the catalogue and a killed run goes on where it stopped.

Shape suffixes: N items, M distinct texts, E width of the encoder.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Engine, Row, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from recommender.data.item_text import item_text
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Embedding, Item
from recommender.encoders.base import Encoder
from recommender.utils.prefetch import prefetch

BATCH = 1024  # texts sorted by length and written together
LOOK_UP = 500  # hashes asked for in one query

_TEXT_COLUMNS = (
    Item.content_hash,
    Item.title,
    Item.description,
    Item.brand,
    Item.categories,
    Item.attributes,
    Item.translations,
)

Progress = Callable[[int, int], None]  # done, of how many


@dataclass(frozen=True, slots=True)
class EmbeddingCounts:
    """`model_calls` counts the texts that the model had to read."""

    items: int
    texts: int
    cached: int
    model_calls: int


class MissingEmbeddings(LookupError):
    """Some items have no vector of this encoder yet."""


def embed_items(
    load: Callable[[], Encoder], encoder_id: str, engine: Engine | None = None, progress: Progress | None = None
) -> EmbeddingCounts:
    """Gives every distinct text of the catalogue a vector of this encoder.

    Where all have one there are 0 model calls, and the model isn't even loaded.
    """
    engine = engine or get_engine()
    with session_scope(engine) as session:
        items, texts = session.execute(select(func.count(), func.count(Item.content_hash.distinct()))).one()
        missing = session.scalar(select(func.count(Item.content_hash.distinct())).where(_unread(encoder_id))) or 0
    if not missing:
        return EmbeddingCounts(items, texts, texts, 0)
    encoder, done = load(), 0
    for batch in prefetch(_unread_texts(engine, encoder_id)):
        vectors = encoder.encode(list(batch.values()))
        with session_scope(engine) as session:
            keep_vectors(session, encoder_id, list(batch), vectors)
        done += len(batch)
        if progress:
            progress(done, missing)
    return EmbeddingCounts(items, texts, texts - missing, done)


def _unread(encoder_id: str) -> ColumnElement[bool]:
    read = select(Embedding.content_hash).where(Embedding.encoder_id == encoder_id)
    return Item.content_hash.not_in(read)


def _unread_texts(engine: Engine, encoder_id: str) -> Iterator[dict[str, str]]:
    """The texts that have no vector, by content hash and in its order, some at a time."""
    last = ""
    while True:
        with session_scope(engine) as session:
            firsts = select(func.min(Item.item_id)).where(_unread(encoder_id), Item.content_hash > last)
            firsts = firsts.group_by(Item.content_hash).order_by(Item.content_hash).limit(BATCH)
            texts = {row.content_hash: _text(row) for row in _rows_of(session, firsts)}
        if not texts:
            return
        yield texts
        last = max(texts)


def item_texts(session: Session, count: int) -> list[str]:
    """`count` distinct texts of the catalogue, spread over it, the same each time."""
    firsts = select(func.min(Item.item_id)).group_by(Item.content_hash).order_by(Item.content_hash).limit(count)
    return [_text(row) for row in _rows_of(session, firsts)]


def texts_by_hash(session: Session) -> dict[str, str]:
    """Every distinct text of the catalogue under its content hash."""
    firsts = select(func.min(Item.item_id)).group_by(Item.content_hash)
    return {row.content_hash: _text(row) for row in _rows_of(session, firsts)}


def _rows_of(session: Session, item_ids: Select[Any]) -> Sequence[Row[tuple[object, ...]]]:
    return session.execute(select(*_TEXT_COLUMNS).where(Item.item_id.in_(item_ids))).all()


def _text(row: Row[tuple[object, ...]]) -> str:
    return item_text(row.title, row.description, row.brand, row.categories, row.attributes, row.translations)


def keep_vectors(session: Session, encoder_id: str, hashes: list[str], vectors: NDArray[np.float32]) -> None:
    """Writes an encoder's vectors, (M, E), under the hashes of their texts."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [
        {"encoder_id": encoder_id, "content_hash": name, "vector": vector.astype("<f4").tobytes()}
        for name, vector in zip(hashes, vectors, strict=True)
    ]
    session.execute(insert(Embedding).on_conflict_do_nothing(), rows)


def load_vectors(
    session: Session, encoder_id: str, hashes: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """vectors_ME of the distinct texts and row_N, which of them is each hash's; MissingEmbeddings names what to do."""
    row_of = {name: row for row, name in enumerate(dict.fromkeys(hashes))}
    vectors_ME: NDArray[np.float32] | None = None
    found = 0
    for name, raw in stored_vectors(session, encoder_id, list(row_of)):
        vector = np.frombuffer(raw, dtype="<f4")
        if vectors_ME is None:
            vectors_ME = np.zeros((len(row_of), len(vector)), dtype=np.float32)
        vectors_ME[row_of[name]] = vector
        found += 1
    if vectors_ME is None or found < len(row_of):
        raise MissingEmbeddings(
            f"{len(row_of) - found} of {len(row_of)} texts have no vector of {encoder_id}; `zhiyin embed` makes them"
        )
    return vectors_ME, np.fromiter((row_of[name] for name in hashes), dtype=np.int32, count=len(hashes))


def stored_vectors(session: Session, encoder_id: str, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The vectors that this encoder has under these hashes: (hash, float32 as little-endian bytes), in no order.

    A hash that has none is left out.
    """
    for start in range(0, len(names), LOOK_UP):
        wanted = Embedding.content_hash.in_(names[start : start + LOOK_UP])
        rows = session.execute(
            select(Embedding.content_hash, Embedding.vector).where(Embedding.encoder_id == encoder_id, wanted)
        )
        yield from ((row.content_hash, row.vector) for row in rows)
