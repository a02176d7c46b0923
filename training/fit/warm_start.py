"""Going on from an earlier model: what is carried over, and which events it learns from in place of all.

It knows two catalogues, whose items may differ, and a log. An item's own vector follows its id; what is new starts
as it would in a model made anew.

Shape suffixes: N items.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY
from recommender.models.bundle import ModelBundle
from recommender.models.sequential import SequenceModel
from training.config import TrainParams
from training.data.interactions import Log

REPLAYED = 0.1  # of the shoppers, whose whole past is gone through again
LEAD_IN_DAYS = 28  # before the new interval, so that its first events have something before them


class NotToGoOnFrom(ValueError):
    """The earlier model can't be gone on from; the message says why."""


def check_earlier(earlier: ModelBundle, encoder_id: str, params: TrainParams, sources: tuple[str, ...]) -> None:
    """`sources`: of candidates and columns, which the ranker is to read."""
    manifest, name = earlier.manifest, f"warm_start: {earlier.model_version}"
    if manifest.encoder_id != encoder_id:
        raise NotToGoOnFrom(f"{name} reads texts with {manifest.encoder_id}, not {encoder_id}; train anew")
    if manifest.sources != sources:
        other = sorted(set(manifest.sources) ^ set(sources))
        raise NotToGoOnFrom(f"{name} ranks by other sources than this run ({', '.join(other)}); train anew")
    if (earlier.width, earlier.sequence.shape.length) != (params.width, params.sequence_length):
        raise NotToGoOnFrom(f"{name} has another width or sequence_length; give the same, or train anew")
    if manifest.learned_until > params.test_from:
        raise NotToGoOnFrom(
            f"{name} has learned until {manifest.learned_until:%Y-%m-%d}, part of the days held out from "
            f"{params.test_from:%Y-%m-%d} on; choose a later `until`, or train anew"
        )


@torch.no_grad()
def carry_over(
    model: SequenceModel, vocabulary_N: NDArray[np.int64], catalogue: Catalogue, earlier: ModelBundle
) -> None:
    """The earlier weights; the vectors of items both know go by id."""
    former = SequenceModel.of(earlier.sequence)
    model.load_state_dict({name: part for name, part in former.state_dict().items() if name != "free.weight"}, False)
    rows_N = earlier.catalogue.rows_of(catalogue.ids)
    former_N = np.where(rows_N >= 0, earlier.word_N[rows_N], 0)
    both = np.flatnonzero((vocabulary_N > 0) & (former_N > 0))
    free = former.free.weight[torch.from_numpy(former_N[both].astype(np.int64))]
    model.free.weight[torch.from_numpy(vocabulary_N[both])] = free


def newest_and_replayed(events: Log, since: int, seed: int) -> Log:
    """What happened since then, with a little of what led there, and the whole past of some shoppers."""
    chosen_U = np.random.default_rng(seed).random(len(events.shoppers)) < REPLAYED
    kept = (events.events.times >= since - LEAD_IN_DAYS * DAY) | chosen_U[events.events.users]
    return Log(events.shoppers, events.events.take(kept), events.event_ids[kept])
