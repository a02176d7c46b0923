"""The step of `retrain` that gives every text and photo of the catalogue its vector.

It knows the encoders of the settings and a progress bar; the work is `recommender`'s.
"""

from dataclasses import asdict, replace
from functools import partial

import structlog
from rich.progress import Progress

from recommender.db.engine import session_scope
from recommender.embeddings.images import ImageCounts, embed_images
from recommender.embeddings.int8_check import settle_precision
from recommender.embeddings.text import EmbeddingCounts, embed_items
from recommender.encoders.base import encoder_id, is_finetuned, load_named
from recommender.encoders.image import image_encoder_id, load_image_encoder
from recommender.search.query_embedding import embed_queries
from recommender.settings import get_settings
from recommender.store.queries import promoted_model
from recommender.tracing import traced_step

log = structlog.get_logger(__name__)


@traced_step("embed")
def embed_catalogue() -> dict[str, int]:
    """Counts of items, texts, cached ones and model calls, of photos where there are any."""
    counts, images = embed_with_progress(), embed_images_with_progress()
    queries = _read_queries()
    log.info("catalogue embedded", **asdict(counts), queries=queries)
    image_counts = {f"image_{name}": count for name, count in asdict(images).items()} if images.items else {}
    return {**asdict(counts), "queries": queries, **image_counts}


def embed_with_progress() -> EmbeddingCounts:
    """The texts by the encoder of the settings, and by the tuned one of the model in service if it has one."""
    settle_precision(get_settings())
    counts = _embed(encoder_id(get_settings()))
    with session_scope() as session:
        model = promoted_model(session)
    serving = str(model.manifest.get("encoder_id", "")) if model else ""
    if is_finetuned(get_settings(), serving):
        more = _embed(serving)
        counts = replace(counts, model_calls=counts.model_calls + more.model_calls)
    return counts


def _read_queries() -> int:
    """Searches of late that weren't read when they arrived: imported ones, say, or another encoder's."""
    with session_scope() as session:
        model = promoted_model(session)
    serving = str(model.manifest.get("encoder_id", "")) if model else ""
    settings = get_settings()
    names = {encoder_id(settings), *([serving] if is_finetuned(settings, serving) else [])}
    return sum(embed_queries(partial(load_named, settings, name), name) for name in sorted(names))


def _embed(encoder: str) -> EmbeddingCounts:
    with Progress(transient=True) as progress:
        bar = progress.add_task("reading texts", total=None)
        return embed_items(
            lambda: load_named(get_settings(), encoder),
            encoder,
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )


def embed_images_with_progress() -> ImageCounts:
    """A catalogue without photos costs one query, and no package for them."""
    with Progress(transient=True) as progress:
        bar = progress.add_task("looking at photos", total=None)
        counts = embed_images(
            lambda: load_image_encoder(get_settings()),
            image_encoder_id(get_settings()),
            progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    if counts.rejected or counts.remote:
        log.warning(
            "photos left out; `zhiyin rejects --field image` says why",
            rejected=counts.rejected,
            remote=counts.remote,
        )
    return counts
