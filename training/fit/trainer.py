"""From a log of events and a catalogue with text vectors to a measured model, point-in-time throughout.

    start ........... learns_from ............ test_from ............ until
    sequence model, counts |  what the ranker learns |  what it is measured on
                           |  sequence model goes on |  counts are brought up to date

What the ranker learns is one window of days, or several that begin one after the other; the counts of each window's
examples end where it begins.

No learned weight sees anything at or after `test_from`, so that any two models can be compared on what follows it;
only the counts (popularity, transitions) of the finished model reach up to `until`. It opens no database and no store.

Shape suffixes: M distinct texts, E width of the encoder, T width kept, N items, D profile width.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.models.bundle import LENDERS, Manifest, ModelBundle
from recommender.models.counting.item_statistics import Statistics, fit_statistics
from recommender.models.image_vectors import Photos
from recommender.models.manifest import SEQUENCES
from recommender.models.ranker import Ranker
from recommender.models.sequential import SequenceModel
from recommender.models.vector_index import VectorIndex, build_index
from recommender.retrieval import with_sources
from recommender.retrieval.columns import known_columns
from training.config import TrainParams
from training.data.budget import settled
from training.data.examples import TARGETS, ExampleSource, choose_examples, last_answers, without_answers
from training.data.interactions import Log, window
from training.data.side_info import NOTHING, SideInfo
from training.evaluation.evaluate import Measured, evaluate
from training.fit.ranker import fit_ranker
from training.fit.ranker_examples import make_examples
from training.fit.sequential import fit_sequences, new_model, vocabulary
from training.fit.warm_start import carry_over, check_earlier, newest_and_replayed

log = structlog.get_logger(__name__)
REPEATS = 0.05  # of events that come back to the shopper's own items: from here on products repeat
GOING_ON = 0.25  # of the steps are kept for the window the ranker learned from


class NotEnoughData(ValueError):
    """The interval holds too little to learn from; the message says what is missing."""


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


def fit_bundle(
    catalogue: Catalogue,
    texts: Texts,
    events: Log,
    params: TrainParams,
    origin: Origin,
    activity: NDArray[np.float64] | None = None,
    earlier: ModelBundle | None = None,
    beside: SideInfo = NOTHING,
) -> ModelBundle:
    """A measured model, or NotEnoughData that says what is missing.

    `activity`, a number for each shopper of the log, cuts the measured shoppers into segments. `earlier` is the model
    to go on from: a share of the steps, on what is new and some of what was, and the ranker it has.
    """
    events = events.before(int(params.until.timestamp()))
    check_enough(catalogue, events, params)
    seconds: dict[str, float] = {}
    learned = learn(catalogue, texts, events, params, origin, seconds, earlier, beside)
    with _timed(seconds, "measuring"):
        measured = measure(learned, events, params, activity=activity, beside=beside)
    with _timed(seconds, "counts"):
        bundle = bring_up_to(learned, events, params.until, beside)
    counts = {"items": len(catalogue), "texts": len(bundle.text_MT), "events": len(events.events)}
    counts |= {"shoppers": len(events.shoppers), "test_shoppers": measured.shoppers}
    found = {"metrics": measured.model, "baselines": measured.baselines, "segments": measured.segments}
    manifest = bundle.manifest.model_copy(update={**found, "counts": counts, "timings": seconds})
    log.info("model fitted", model_version=origin.model_version, **seconds, **measured.model)
    return replace(bundle, manifest=manifest)


def learn(
    catalogue: Catalogue,
    texts: Texts,
    events: Log,
    params: TrainParams,
    origin: Origin,
    seconds: dict[str, float],
    earlier: ModelBundle | None = None,
    beside: SideInfo = NOTHING,
) -> ModelBundle:
    """The model as it stands at `test_from`, having looked at nothing later; `seconds` notes what took how long."""
    params = settled(events, len(catalogue), params)
    beside = beside.settled(events, catalogue, int(params.learns_from.timestamp()))
    if earlier is not None:
        check_earlier(earlier, texts.encoder_id, params, beside.sources(params.left_out))
    parts = _Parts.of(catalogue, texts, events, params, origin, earlier, beside)
    known = events.before(int(params.test_from.timestamp()))
    if earlier is not None:
        since = int(earlier.manifest.learned_until.timestamp())
        going_on = round(params.sequence_steps * params.warm_share)
        later = newest_and_replayed(known, since, params.seed)
        ranker = earlier.ranker
        mixture = earlier.manifest.mixture
        parts = replace(parts, manifest=parts.manifest.model_copy(update={"mixture": mixture}))
    else:
        going_on, later = round(params.sequence_steps * GOING_ON), known
        asking = ExampleSource(
            catalogue, events, params, beside, lambda past, moment: parts.bundle(past, moment, Ranker.empty(0))
        )
        with _timed(seconds, "sequence model"):
            early = events.before(int(params.learns_from.timestamp()))
            if parts.manifest.examples == SEQUENCES:
                early = without_answers(known, last_answers(known, TARGETS))
            parts.fit_sequences(early, params.sequence_steps - going_on)
        with _timed(seconds, "examples"):
            asked = asking.of_sequences() if parts.manifest.examples == SEQUENCES else asking.of_windows()
            examples = make_examples(asked, params.seed)
        parts = replace(parts, manifest=parts.manifest.model_copy(update={"mixture": examples.mixture}))
        with _timed(seconds, "ranker"):
            ranker = fit_ranker(examples, params)
    with _timed(seconds, "sequence model goes on"):
        parts.fit_sequences(later, going_on)
    with _timed(seconds, "counts to measure with"):
        return parts.bundle(known, params.test_from, ranker)


@dataclass(frozen=True)
class _Parts:
    """What stays the same through a run, and the sequence model that grows with it."""

    catalogue: Catalogue
    texts: Texts
    params: TrainParams
    manifest: Manifest
    projection_ET: NDArray[np.float32]
    text_MT: NDArray[np.float32]
    text_index: VectorIndex | None
    words_N: NDArray[np.int64]
    model: SequenceModel
    photos: Photos | None
    beside: SideInfo
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
        beside: SideInfo = NOTHING,
    ) -> "_Parts":
        if earlier is None:
            projection_ET = principal_directions(texts.vectors_ME, params.text_width)
        else:
            projection_ET = earlier.projection_ET
        repeats = repeat_share(events) >= REPEATS
        words_N = vocabulary(events.before(int(params.test_from.timestamp())).events, len(catalogue))
        model = new_model(projection_ET.shape[1], int(words_N.max(initial=0)), params)
        if earlier is not None:
            carry_over(model, words_N, catalogue, earlier)
        text_MT = _unit(texts.vectors_ME @ projection_ET)
        return cls(
            catalogue=catalogue,
            texts=texts,
            params=params,
            manifest=_manifest(texts, params, origin, beside, events, repeats),
            projection_ET=projection_ET,
            text_MT=text_MT,
            text_index=build_index(text_MT, params.seed),
            words_N=words_N,
            model=model,
            photos=Photos.of(beside.seen) if beside.seen else None,
            beside=beside,
        )

    def fit_sequences(self, events: Log, steps: int) -> None:
        text_NT = self.text_MT[self.texts.row_N]
        fit_sequences(self.model, events.events, text_NT, self.words_N, self.params, steps)

    def bundle(self, events: Log, moment: datetime, ranker: Ranker) -> ModelBundle:
        """The model as it would have stood at `moment`, of which `events` is the past."""
        # items that share text and word share a vector
        pairs_NV, rows_N = np.unique(np.stack([self.words_N, self.texts.row_N], axis=1), axis=0, return_inverse=True)
        sequence = self.model.weights()
        bundle = ModelBundle(
            manifest=self.manifest.model_copy(update={"statistics_until": moment}),
            catalogue=self.catalogue,
            projection_ET=self.projection_ET,
            text_MT=self.text_MT,
            text_row_N=self.texts.row_N,
            item_VD=sequence.items(self.text_MT[pairs_NV[:, 1]], pairs_NV[:, 0]),
            item_row_N=rows_N.astype(np.int32),
            word_N=self.words_N.astype(np.int32),
            statistics=self._counted(events, moment),
            ranker=ranker,
            sequence=sequence,
            borrowed_N=np.zeros(len(self.catalogue), dtype=bool),
            lenders_BK=np.zeros((0, LENDERS), dtype=np.int64),
            photos=self.photos,
            text_index=self.text_index,
        )
        demographics = self.beside.demographics(events, bundle.popularity_N, int(moment.timestamp()))
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


def measure(
    bundle: ModelBundle,
    events: Log,
    params: TrainParams,
    pool_N: NDArray[np.bool_] | None = None,
    activity: NDArray[np.float64] | None = None,
    beside: SideInfo = NOTHING,
) -> Measured:
    """The model and the baselines on what followed `test_from`; `activity` is a number for each shopper of the log."""
    moment, until = int(params.test_from.timestamp()), int(params.until.timestamp())
    test = window(events, moment, until, params.test_shoppers, params.seed)
    shoppers = beside.shoppers_at(events, test.users_U, bundle.catalogue, moment)
    return evaluate(bundle, shoppers, test, pool_N, None if activity is None else activity[test.users_U])


def bring_up_to(bundle: ModelBundle, events: Log, moment: datetime, beside: SideInfo = NOTHING) -> ModelBundle:
    """The same learned weights with the counts as they stood at `moment`."""
    second = int(moment.timestamp())
    half_life = bundle.manifest.retrieval.half_life_days
    past, repeats = events.before(second).events, bundle.manifest.repeats
    statistics = fit_statistics(past, len(bundle.catalogue), second, half_life, repeats)
    manifest = bundle.manifest.model_copy(update={"statistics_until": moment})
    then = replace(bundle, statistics=statistics, manifest=manifest)
    then = replace(then, demographics=beside.demographics(events, then.popularity_N, second))
    return with_sources(then, events.before(second).events)


def check_enough(catalogue: Catalogue, events: Log, params: TrainParams) -> None:
    if not len(catalogue):
        raise NotEnoughData("items: the catalogue is empty; import items first")
    if not len(events.events):
        raise NotEnoughData(
            f"until, days: no event of a known shopper and item from {params.start:%Y-%m-%d} to "
            f"{params.until:%Y-%m-%d}; import events, or name another interval"
        )
    spans = {"fit the ranker on": (params.learns_from, params.test_from), "measure": (params.test_from, params.until)}
    for purpose, (start, end) in spans.items():
        if not len(window(events, int(start.timestamp()), int(end.timestamp()), most=1, seed=0).users_U):
            first = datetime.fromtimestamp(int(events.events.times.min()), UTC)
            last = datetime.fromtimestamp(int(events.events.times.max()), UTC)
            raise NotEnoughData(
                f"test_days: nothing to {purpose}: no shopper known before {start:%Y-%m-%d} did anything that counts "
                f"from then to {end:%Y-%m-%d}; events here range from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
            )


def principal_directions(vectors_ME: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """The directions in which the texts differ most; as many as asked for, or as the encoder has."""
    _, directions_EE = np.linalg.eigh(vectors_ME.T @ vectors_ME)
    return np.ascontiguousarray(directions_EE[:, ::-1][:, :width]).astype(np.float32)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit


def _manifest(
    texts: Texts, params: TrainParams, origin: Origin, beside: SideInfo, events: Log, repeats: bool
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
        image_encoder_id=beside.seen.encoder_id if beside.seen else "",
        feature_service=origin.feature_service,
        code_version=origin.code_version,
        sequence_length=params.sequence_length,
        ranker_columns=(),
        sources=beside.sources(params.left_out),
        retrieval=params.retrieval.settled(repeats),
        examples=choose_examples(events, params),
        repeats=repeats,
        hyper_parameters=params.model_dump(mode="json"),
    )


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - started, 2)
