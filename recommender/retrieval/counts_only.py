"""A model before anything was learned: what was counted, the catalogue and its texts, answered by the same path.

Nothing in it was fitted by gradient or judged by a gate. Its ranker is a plain sum of columns whose meaning is known,
its sequence model says nothing, and the sources that would ask it bring nothing.

Shape suffixes: N items, F columns.
"""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import PURCHASE
from recommender.models.bundle import LENDERS, Manifest, ModelBundle
from recommender.models.counting.event_arrays import Events
from recommender.models.counting.item_statistics import fit_statistics
from recommender.models.ranker import Ranker
from recommender.models.retrieval_config import RetrievalConfig
from recommender.models.sequential_numpy import HEADS, SequenceShape, SequenceWeights
from recommender.retrieval import with_sources
from recommender.retrieval.columns import known_columns
from recommender.search.model_free_vectors import FirstTexts

COUNTS_ONLY = "counts-only"  # in place of a model's version
SOURCES = (  # those that are cheap to count, and need no model
    "repeat", "transitions", "together", "alike", "text", "popular", "new", "search", "item", "kinds", "shopper",
)  # fmt: skip
LENGTH = 4  # events that the silent sequence model reads
LOWEST = -3.0  # log-odds of an item that nothing speaks for
WEIGHTS = {  # log-odds for each unit of a column
    "text": 1.5,
    "text nearest": 1.5,
    "next near": 3.0,
    "together taste": 3.0,
    "alike wide": 3.0,
    "own recent": 0.5,
    "category recent share": 1.0,
    "popular month": 0.3,
    "popular": 0.1,
}
MOST_OF_BOUGHT = 3.0  # log-odds for or against what the shopper has bought before


class CountsOnly(ModelBundle):
    """A bundle whose vectors of items say nothing, so that none is found by them."""

    @cached_property
    def front(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """No rows: there is nothing to hold a shopper's vector to."""
        return np.zeros(0, dtype=np.int64), np.zeros((0, self.width), dtype=np.float32)

    @cached_property
    def text_front(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The live rows that sell best and all new ones with their texts' vectors."""
        rows, _ = vars(ModelBundle)["front"].func(self)
        return rows, self.text_MT[self.text_row_N[rows]]


def counts_only(catalogue: Catalogue, texts: FirstTexts, events: Events, until: datetime) -> ModelBundle:
    """The bundle of a shop that has no model, as counted from events before `until`; it may have no events at all."""
    count, second = len(catalogue), int(until.timestamp())
    past = events.before(second)
    statistics = fit_statistics(past, count, second)
    bundle: ModelBundle = CountsOnly(
        manifest=_manifest(texts, past, until),
        catalogue=catalogue,
        projection_ET=np.eye(texts.vectors_ME.shape[1], dtype=np.float32),
        text_MT=texts.vectors_ME,
        text_row_N=texts.row_N,
        item_VD=np.zeros((1, HEADS), dtype=np.float32),
        item_row_N=np.zeros(count, dtype=np.int32),
        word_N=np.zeros(count, dtype=np.int32),
        statistics=statistics,
        ranker=Ranker.empty(0),
        sequence=SequenceWeights.silent(SequenceShape(texts.vectors_ME.shape[1], HEADS, 0, LENGTH)),
        borrowed_N=np.zeros(count, dtype=bool),
        lenders_BK=np.zeros((0, LENDERS), dtype=np.int64),
    )
    counted = with_sources(bundle, past)
    columns = known_columns(counted)
    manifest = counted.manifest.model_copy(update={"ranker_columns": columns})
    ranker = plain_sum(columns, WEIGHTS | {"bought": worth_of_bought(past)})
    return replace(counted, manifest=manifest, ranker=ranker)


def plain_sum(columns: tuple[str, ...], weights: dict[str, float]) -> Ranker:
    """A ranker that adds columns as they are; KeyError names a weighted column that is not among them."""
    if unknown := weights.keys() - set(columns):
        raise KeyError(f"the ranker has no column {', '.join(sorted(unknown))}")
    line_F = np.array([weights.get(name, 0.0) for name in columns], dtype=np.float32)
    ranker, wide = Ranker.empty(len(columns)), np.float32(10)  # the scaler cuts what is far off
    scaler = replace(ranker.scaler, spread_F=np.full(len(columns), wide))
    return replace(ranker, scaler=scaler, line_F=line_F * wide, bias=np.array([LOWEST], dtype=np.float32))


def worth_of_bought(events: Events) -> float:
    """Log-odds of what a shopper has bought before, by how often a purchase here was of such a thing."""
    bought = events.event_types == PURCHASE
    pairs = np.stack([events.users[bought], events.items[bought]], axis=1)
    days = np.unique(np.column_stack([pairs, events.times[bought] // 86_400]), axis=0)
    again = len(days) - len(np.unique(pairs, axis=0))
    odds = (again + 0.5) / (len(days) - again + 0.5)
    return float(np.clip(np.log(odds), -MOST_OF_BOUGHT, MOST_OF_BOUGHT))


def _manifest(texts: FirstTexts, events: Events, until: datetime) -> Manifest:
    first = datetime.fromtimestamp(int(events.times.min()), UTC) if len(events) else until
    return Manifest(
        model_version=COUNTS_ONLY,
        created_at=until,
        data_from=first,
        learned_until=first,
        statistics_until=until,
        until=until,
        test_interval="",
        encoder_id=texts.encoder_id,
        feature_service="",
        code_version="",
        sequence_length=LENGTH,
        ranker_columns=(),
        sources=SOURCES,
        retrieval=RetrievalConfig().settled(repeats=True),
        counts={"items": len(texts.row_N), "events": len(events), "unread_texts": texts.unread},
    )
