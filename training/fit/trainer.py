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
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import structlog
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.models.bundle import ModelBundle
from recommender.models.counting.item_statistics import fit_statistics
from recommender.models.manifest import SEQUENCES
from recommender.models.ranker import Ranker
from recommender.retrieval import with_sources
from training.config import TrainParams
from training.data.budget import settled
from training.data.examples import TARGETS, ExampleSource, last_answers, without_answers
from training.data.interactions import Log, window
from training.data.side_info import NOTHING, SideInfo
from training.evaluation.evaluate import Measured, evaluate
from training.fit.model_parts import ModelParts, Origin, Texts
from training.fit.ranker import fit_ranker
from training.fit.ranker_examples import make_examples
from training.fit.warm_start import check_earlier, newest_and_replayed

log = structlog.get_logger(__name__)
GOING_ON = 0.25  # of the steps are kept for the window the ranker learned from


class NotEnoughData(ValueError):
    """The interval holds too little to learn from; the message says what is missing."""


def fit_bundle(
    catalogue: Catalogue,
    texts: Texts,
    events: Log,
    params: TrainParams,
    origin: Origin,
    activity: NDArray[np.float64] | None = None,
    earlier: ModelBundle | None = None,
    side_info: SideInfo = NOTHING,
) -> ModelBundle:
    """A measured model, or NotEnoughData that says what is missing.

    `activity`, a number for each shopper of the log, cuts the measured shoppers into segments. `earlier` is the model
    to go on from: a share of the steps, on what is new and some of what was, and the ranker it has.
    """
    events = events.before(int(params.until.timestamp()))
    check_enough(catalogue, events, params)
    seconds: dict[str, float] = {}
    learned = learn(catalogue, texts, events, params, origin, seconds, earlier, side_info)
    with _timed(seconds, "measuring"):
        measured = measure(learned, events, params, activity=activity, side_info=side_info)
    with _timed(seconds, "counts"):
        bundle = update_model(learned, events, params.until, side_info)
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
    side_info: SideInfo = NOTHING,
) -> ModelBundle:
    """The model as it stands at `test_from`, having looked at nothing later; `seconds` notes what took how long."""
    params = settled(events, len(catalogue), params)
    side_info = side_info.settled(events, catalogue, int(params.learns_from.timestamp()))
    if earlier is not None:
        check_earlier(earlier, texts.encoder_id, params, side_info.sources(params.left_out))
    parts = ModelParts.of(catalogue, texts, events, params, origin, earlier, side_info)
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
        source = ExampleSource(
            catalogue, events, params, side_info, lambda past, moment: parts.bundle(past, moment, Ranker.empty(0))
        )
        with _timed(seconds, "sequence model"):
            early = events.before(int(params.learns_from.timestamp()))
            if parts.manifest.examples == SEQUENCES:
                early = without_answers(known, last_answers(known, TARGETS))
            parts.fit_sequences(early, params.sequence_steps - going_on)
        with _timed(seconds, "examples"):
            made = source.of_sequences() if parts.manifest.examples == SEQUENCES else source.of_windows()
            examples = make_examples(made, params.seed)
        parts = replace(parts, manifest=parts.manifest.model_copy(update={"mixture": examples.mixture}))
        with _timed(seconds, "ranker"):
            ranker = fit_ranker(examples, params)
    with _timed(seconds, "sequence model goes on"):
        parts.fit_sequences(later, going_on)
    with _timed(seconds, "counts to measure with"):
        return parts.bundle(known, params.test_from, ranker)


def measure(
    bundle: ModelBundle,
    events: Log,
    params: TrainParams,
    pool_N: NDArray[np.bool_] | None = None,
    activity: NDArray[np.float64] | None = None,
    side_info: SideInfo = NOTHING,
) -> Measured:
    """Measures the model and plain methods on what followed `test_from`.

    `pool_N`, (N,), marks the items that may be ranked; `activity`, (U,), is a number for each shopper of the log.
    """
    moment, until = int(params.test_from.timestamp()), int(params.until.timestamp())
    test = window(events, moment, until, params.test_shoppers, params.seed)
    shoppers = side_info.shoppers_at(events, test.users_U, bundle.catalogue, moment)
    return evaluate(bundle, shoppers, test, pool_N, None if activity is None else activity[test.users_U])


def update_model(bundle: ModelBundle, events: Log, moment: datetime, side_info: SideInfo = NOTHING) -> ModelBundle:
    """The same learned weights with the counts as they stood at `moment`."""
    second = int(moment.timestamp())
    half_life = bundle.manifest.retrieval.half_life_days
    past, repeats = events.before(second).events, bundle.manifest.repeats
    statistics = fit_statistics(past, len(bundle.catalogue), second, half_life, repeats)
    manifest = bundle.manifest.model_copy(update={"statistics_until": moment})
    then = replace(bundle, statistics=statistics, manifest=manifest)
    then = replace(then, demographics=side_info.demographics(events, then.popularity_N, second))
    return with_sources(then, events.before(second).events)


def check_enough(catalogue: Catalogue, events: Log, params: TrainParams) -> None:
    """Refuses an interval without items, events, or shoppers to fit the ranker on and to measure the model with.

    Raises:
        NotEnoughData: names the parameter to change, and what the interval lacks.
    """
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


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = round(time.perf_counter() - started, 2)
