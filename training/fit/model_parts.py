"""The parts of a model in training: what stays the same through a run, and the sequence model that grows with it.

Shape suffixes: M distinct texts, E width of the encoder, T width kept, N items, V distinct item vectors, D width.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.models.bundle import LENDERS, Manifest, ModelBundle
from recommender.models.counting.item_statistics import Statistics, fit_statistics
from recommender.models.image_vectors import Photos
from recommender.models.ranker import Ranker
from recommender.models.sequential import SequenceModel
from recommender.models.vector_index import VectorIndex, build_index
from recommender.retrieval import with_sources
from recommender.retrieval.columns import known_columns
from recommender.utils.vectors import normalise_rows
from training.config import TrainParams
from training.data.examples import choose_examples
from training.data.interactions import Log
from training.data.side_info import NOTHING, SideInfo
from training.fit.curves import name_curve
from training.fit.sequential import fit_sequences, new_model, vocabulary
from training.fit.warm_start import carry_over

REPEATS = 0.05  # of events that come back to the shopper's own items: from here on products repeat


@dataclass(frozen=True)
class Texts:
    """The encoder's vectors of the distinct texts, and which of them is each item's."""

    encoder_id: str
    vectors_ME: NDArray[np.float32]
    row_N: NDArray[np.int32]


@dataclass(frozen=True)
class Origin:
    """What the manifest says of a model besides what was measured."""

    model_version: str
    created_at: datetime
    feature_service: str
    code_version: str


@dataclass(frozen=True)
class ModelParts:
    """What stays the same through a run, and the sequence model that grows with it."""

    catalogue: Catalogue
    texts: Texts
    params: TrainParams
    manifest: Manifest
    projection_ET: NDArray[np.float32]
    text_MT: NDArray[np.float32]
    text_index: VectorIndex | None
    vocabulary_N: NDArray[np.int64]
    model: SequenceModel
    photos: Photos | None
    side_info: SideInfo
    memo: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        texts: Texts,
        events: Log,
        params: TrainParams,
        origin: Origin,
        earlier: ModelBundle | None = None,
        side_info: SideInfo = NOTHING,
    ) -> "ModelParts":
        """The parts before anything is fitted: made anew, or with projection and weights of the `earlier` model."""
        if earlier is None:
            projection_ET = principal_directions(texts.vectors_ME, params.text_width)
        else:
            projection_ET = earlier.projection_ET
        repeats = repeat_share(events) >= REPEATS
        vocabulary_N = vocabulary(events.before(int(params.test_from.timestamp())).events, len(catalogue))
        model = new_model(projection_ET.shape[1], int(vocabulary_N.max(initial=0)), params)
        if earlier is not None:
            carry_over(model, vocabulary_N, catalogue, earlier)
        text_MT = normalise_rows(texts.vectors_ME @ projection_ET)
        return cls(
            catalogue=catalogue,
            texts=texts,
            params=params,
            manifest=_manifest(texts, params, origin, side_info, events, repeats),
            projection_ET=projection_ET,
            text_MT=text_MT,
            text_index=build_index(text_MT, params.seed),
            vocabulary_N=vocabulary_N,
            model=model,
            photos=Photos.of(side_info.seen) if side_info.seen else None,
            side_info=side_info,
        )

    def fit_sequences(self, events: Log, steps: int) -> None:
        """Goes on fitting the sequence model, for `steps` steps at most; the model is changed in place."""
        text_NT = self.text_MT[self.texts.row_N]
        with name_curve("sequence_loss"):
            fit_sequences(self.model, events.events, text_NT, self.vocabulary_N, self.params, steps)

    def bundle(self, events: Log, moment: datetime, ranker: Ranker) -> ModelBundle:
        """The model as it would have stood at `moment`, of which `events` is the past."""
        # items that share text and word share a vector
        pairs_NV, rows_N = np.unique(
            np.stack([self.vocabulary_N, self.texts.row_N], axis=1), axis=0, return_inverse=True
        )
        sequence = self.model.weights()
        bundle = ModelBundle(
            manifest=self.manifest.model_copy(update={"statistics_until": moment}),
            catalogue=self.catalogue,
            projection_ET=self.projection_ET,
            text_MT=self.text_MT,
            text_row_N=self.texts.row_N,
            item_VD=sequence.items(self.text_MT[pairs_NV[:, 1]], pairs_NV[:, 0]),
            item_row_N=rows_N.astype(np.int32),
            word_N=self.vocabulary_N.astype(np.int32),
            statistics=self._counted(events, moment),
            ranker=ranker,
            sequence=sequence,
            borrowed_N=np.zeros(len(self.catalogue), dtype=bool),
            lenders_BK=np.zeros((0, LENDERS), dtype=np.int64),
            photos=self.photos,
            text_index=self.text_index,
        )
        demographics = self.side_info.demographics(events, bundle.popularity_N, int(moment.timestamp()))
        bundle = with_sources(replace(bundle, demographics=demographics), events.events, self.memo)
        columns = tuple(column for column in known_columns(bundle) if column not in self.params.left_out)
        return replace(bundle, manifest=bundle.manifest.model_copy(update={"ranker_columns": columns}))

    def _counted(self, events: Log, moment: datetime) -> Statistics:
        half_life = self.manifest.retrieval.half_life_days
        return fit_statistics(
            events.events, len(self.catalogue), int(moment.timestamp()), half_life, self.manifest.repeats
        )


def repeat_share(events: Log) -> float:
    """The share of events that come back to an item of the shopper's own."""
    log = events.events
    pairs = np.unique(log.users * np.int64(int(log.items.max(initial=0)) + 1) + log.items)
    return 1 - len(pairs) / max(len(log), 1)


def principal_directions(vectors_ME: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The `width` directions, (E, T), in which the texts' vectors, (M, E), differ most; E of them at most."""
    _, directions_EE = np.linalg.eigh(vectors_ME.T @ vectors_ME)
    return np.ascontiguousarray(directions_EE[:, ::-1][:, :width]).astype(np.float32)


def _manifest(
    texts: Texts, params: TrainParams, origin: Origin, side_info: SideInfo, events: Log, repeats: bool
) -> Manifest:
    return Manifest(
        model_version=origin.model_version,
        created_at=origin.created_at,
        data_from=params.start,
        learned_until=params.test_from,
        statistics_until=params.until,
        until=params.until,
        test_interval=f"{params.test_from:%Y-%m-%d} to {params.until:%Y-%m-%d}",
        encoder_id=texts.encoder_id,
        image_encoder_id=side_info.seen.encoder_id if side_info.seen else "",
        feature_service=origin.feature_service,
        code_version=origin.code_version,
        sequence_length=params.sequence_length,
        ranker_columns=(),
        sources=side_info.sources(params.left_out),
        retrieval=params.retrieval.settled(repeats),
        examples=choose_examples(events, params),
        repeats=repeats,
        hyper_parameters=params.model_dump(mode="json"),
    )
