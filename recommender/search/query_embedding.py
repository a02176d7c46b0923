"""Queries of searches as vectors, kept in table `embeddings` by what they say, beside the texts of items.

A query is read where it arrives, by an encoder that is loaded anyway, or later in bulk (`embed_queries`); whoever asks
for a recommendation never waits for it. It knows events and embeddings, no model. A query that nobody has any more
loses its vector (`forget_queries`). What a query says is not wanted isn't read; one that says nothing else has no
vector.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from recommender.data.item_text import content_hash
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Embedding, Event
from recommender.embeddings.images import known_hashes
from recommender.embeddings.text import BATCH, keep_vectors
from recommender.encoders.base import Encoder
from recommender.search.text.negation import wanted_text
from recommender.search.text.normalization import fold

REMEMBERED = timedelta(days=14)  # searches that are older say nothing any more
TEXTS_A_QUERY = 500
Vector = NDArray[np.float32]


def query_hash(text: str) -> str:
    """The name of a query among embeddings; never that of an item's text."""
    return content_hash(f"query\x1f{fold(text)}")


def keep_queries(session: Session, encoder_id: str, read: Mapping[str, Vector]) -> None:
    """Keeps what the encoder made of these queries."""
    if read:
        names = {query_hash(text): vector for text, vector in read.items()}
        keep_vectors(session, encoder_id, list(names), np.stack(list(names.values())))


def embed_queries(load: Callable[[], Encoder], encoder_id: str, engine: Engine | None = None) -> int:
    """Reads the queries of late that this encoder hasn't read; where there is none the encoder isn't even loaded."""
    engine = engine or get_engine()
    with session_scope(engine) as session:
        newest = session.scalar(select(func.max(Event.time)))
        searched = select(Event.text).where(Event.event_type == "search", Event.text.is_not(None)).distinct()
        since = newest - REMEMBERED if newest is not None else None
        texts = [] if since is None else session.scalars(searched.where(Event.time >= since)).all()
        of_hash = {query_hash(text): text for text in texts if text and wanted_text(text)}
        known = known_hashes(session, encoder_id, list(of_hash))
    missing = [text for name, text in of_hash.items() if name not in known]
    encoder = load() if missing else None
    for start in range(0, len(missing) if encoder else 0, BATCH):
        part = missing[start : start + BATCH]
        vectors = encoder.encode_queries([wanted_text(text) for text in part]) if encoder else np.zeros((0, 0))
        with session_scope(engine) as session:
            keep_queries(session, encoder_id, dict(zip(part, vectors, strict=True)))
    return len(missing)


def forget_queries(session: Session, texts: Iterable[str | None]) -> None:
    """Drops the vectors of these queries where no search is left that asked for the same."""
    wanted = sorted({text for text in texts if text})
    for start in range(0, len(wanted), TEXTS_A_QUERY):
        part = wanted[start : start + TEXTS_A_QUERY]
        left = select(Event.text).where(Event.event_type == "search", Event.text.in_(part)).distinct()
        kept = {query_hash(text) for text in session.scalars(left) if text}
        gone = [name for text in part if (name := query_hash(text)) not in kept]
        session.execute(delete(Embedding).where(Embedding.content_hash.in_(gone)))
