"""The step of `retrain` that gives every text of the catalogue its vector, and the offline store those that are new.

It knows the encoder of the settings and a progress bar; the work is `recommender.embedding`'s.
"""

from dataclasses import asdict
from datetime import date

import numpy as np
import structlog
from rich.progress import Progress

from features.offline import known_embeddings, write_embeddings
from recommender.catalogue import Catalogue
from recommender.database import session_scope
from recommender.embedding import EmbeddingCounts, embed_items, load_vectors
from recommender.encoders import encoder_id, load_encoder
from recommender.settings import get_settings

log = structlog.get_logger(__name__)
ITEMS_AT_ONCE = 20_000


def embed_catalogue(day: date) -> dict[str, int]:
    """Counts of items, texts, cached ones and model calls; `day` is when new vectors count as known from."""
    counts = embed_with_progress()
    written = _write_new(encoder_id(get_settings()), day)
    log.info("catalogue embedded", **asdict(counts), written=written)
    return {**asdict(counts), "written": written}


def embed_with_progress() -> EmbeddingCounts:
    with Progress(transient=True) as progress:
        bar = progress.add_task("reading texts", total=None)
        return embed_items(
            lambda: load_encoder(get_settings()),
            encoder_id(get_settings()),
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )


def _write_new(encoder: str, day: date) -> int:
    """Puts items whose vector the offline store doesn't have yet there, in parts that bound the memory."""
    known = known_embeddings(encoder)
    with session_scope() as session:
        catalogue = Catalogue.from_database(session)
        pairs = zip(catalogue.ids.tolist(), catalogue.content_hashes, strict=True)
        fresh = [pair for pair in pairs if known.get(pair[0]) != pair[1]]
        for start in range(0, len(fresh), ITEMS_AT_ONCE):
            ids, hashes = zip(*fresh[start : start + ITEMS_AT_ONCE], strict=True)
            vectors_ME, row_N = load_vectors(session, encoder, hashes)
            write_embeddings(ids, np.ascontiguousarray(vectors_ME[row_N]), hashes, encoder, day)
    return len(fresh)
