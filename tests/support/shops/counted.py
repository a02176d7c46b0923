"""The small shop as counted, with vectors drawn at random: every source works on it, and nothing was trained."""

from dataclasses import fields, replace
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.history import History
from recommender.data.side_info import NOTHING, Background
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Model
from recommender.models.bundle import ModelBundle
from recommender.models.counting.event_arrays import Events, as_arrays
from recommender.models.counting.item_statistics import fit_statistics
from recommender.models.counting.sparse_graph import Graph
from recommender.models.new_items import with_items
from recommender.models.retrieval_config import RetrievalConfig
from recommender.models.sequential_numpy import SequenceShape, SequenceWeights
from recommender.profiles.user_state import prepare
from recommender.retrieval import SOURCES, Query, with_sources
from recommender.retrieval.base import Past
from recommender.retrieval.counts_only import counts_only
from recommender.search.model_free_vectors import FirstTexts
from recommender.settings import Settings
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_events, shop_frame

MOMENT = int(SHOP_UNTIL.timestamp())
WIDTH = 8


def unit_rows(seed: int, rows: int, width: int = WIDTH) -> NDArray[np.float32]:
    """Random vectors of length 1."""
    vectors = np.random.default_rng(seed).standard_normal((rows, width))
    unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


@cache
def shop_log() -> Events:
    """The shop's events as arrays."""
    return as_arrays(shop_frame(), shop_catalogue())[1]


def drawn_sequence(seed: int = 5, vocabulary: int = 0, width: int = WIDTH, length: int = 16) -> SequenceWeights:
    """A sequence model whose weights are drawn at random."""
    shape = SequenceShape(WIDTH, width, vocabulary, length)
    rng = np.random.default_rng(seed)
    return SequenceWeights(
        shape, {name: np.asarray(rng.normal(0, 0.5, size), dtype=np.float32) for name, size in shape.sizes().items()}
    )


@cache
def _events_by_user() -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for row in shop_events():
        found.setdefault(str(row["user_id"]), []).append(Event(**row))
    return found


@cache
def history_of(user: str) -> History:
    """As `shop_history`, whose rows are made once for all shoppers."""
    return History.of(_events_by_user()[user]).until(SHOP_UNTIL)


@cache
def counted_bundle(repeats: bool = True) -> ModelBundle:
    """All sources fitted on the shop's events; vectors of texts and items at random. Don't change it."""
    catalogue = shop_catalogue()
    count = len(catalogue)
    texts = FirstTexts("drawn", unit_rows(1, count), np.arange(count, dtype=np.int32), 0)
    counted = counts_only(catalogue, texts, shop_log(), SHOP_UNTIL)
    plain = ModelBundle(**{one.name: getattr(counted, one.name) for one in fields(ModelBundle)})
    config = {"sources": tuple(SOURCES), "repeats": repeats, "retrieval": RetrievalConfig().settled(repeats)}
    manifest = plain.manifest.model_copy(update=config)
    sequence = drawn_sequence()
    items_ND, rows_N = sequence.items(plain.text_MT), np.arange(count, dtype=np.int32)
    drawn = replace(plain, manifest=manifest, sequence=sequence, item_VD=items_ND, item_row_N=rows_N)
    return with_sources(drawn, shop_log())


def past_of(repeats: bool, events: Events | None = None, items: int = 60) -> Past:
    """What sources learn from: the shop's catalogue and texts, and these events or else its own."""
    bundle, log = counted_bundle(), shop_log() if events is None else events
    return Past(
        log, fit_statistics(log, items, MOMENT), RetrievalConfig().settled(repeats), bundle.catalogue.titles,
        bundle.text_MT, bundle.text_row_N, bundle.groups, repeats,
    )  # fmt: skip


def query_of(
    user: str | None,
    bundle: ModelBundle | None = None,
    allowed_N: NDArray[np.bool_] | None = None,
    context: tuple[str, ...] = (),
    background: Background = NOTHING,
    moment: int = MOMENT,
) -> Query:
    """The question of one of the shop's shoppers, None: of one who has done nothing; all items are allowed."""
    model = counted_bundle() if bundle is None else bundle
    allowed = np.ones(len(model.catalogue), dtype=bool) if allowed_N is None else allowed_N
    history = history_of(user) if user is not None else History.of([])
    shopper = prepare(history, model.catalogue, moment, context, background)
    return Query(model, shopper, unit_rows(3, 1)[0], allowed)


def dense(graph: Graph, columns: int) -> NDArray[np.float64]:
    """The graph as a matrix of shape (rows, columns)."""
    found = np.zeros((len(graph), columns))
    for row in range(len(graph)):
        span = slice(graph.indptr[row], graph.indptr[row + 1])
        found[row, graph.indices_E[span]] = graph.weights_E[span]
    return found


@cache
def bundle_with_new_items(repeats: bool = True) -> ModelBundle:
    """The counted shop and three items more that nobody has seen: rows 60 to 62."""
    bundle = counted_bundle(repeats)
    frame = bundle.catalogue.frame.head(3).with_columns(
        item_id=pl.Series(["new-0", "new-1", "new-2"]), content_hash=pl.Series(["n0", "n1", "n2"])
    )
    return with_items(bundle, Catalogue(frame), unit_rows(4, 3))


def register_model(
    settings: Settings, version: str, status: str = "candidate", promoted_days_ago: int | None = None, **manifest: Any
) -> None:
    """Saves the counted shop's model under this name, and a row of it; `manifest` says what its manifest says else."""
    bundle = counted_bundle()
    named = replace(bundle, manifest=bundle.manifest.model_copy(update={"model_version": version, **manifest}))
    path = settings.models_dir / version
    named.save(path)
    promoted_at = None if promoted_days_ago is None else SHOP_UNTIL - timedelta(days=promoted_days_ago)
    with session_scope() as session:
        session.add(
            Model(
                model_version=version,
                status=status,
                path=settings.relative(path),
                manifest=named.manifest.model_dump(mode="json"),
                created_at=SHOP_UNTIL,
                promoted_at=promoted_at,
            )
        )
