"""Examples as they are collected: batches of candidates' columns and labels, scaled and kept in half precision.

It knows batches of queries and which of their candidates were wanted, not how the questions came about.

Shape suffixes: Q queries, C candidates, F columns.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from recommender.ranker.batch import Batch
from recommender.ranker.features import columns
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Ints, Mask
from recommender.ranker.mixture import Weights
from recommender.ranker.network import Halves, Scaler
from recommender.ranker.sequence import SequenceModel
from training.ranker_towers import TowersStart

GROUPED = ("category", "brand")
_SCALED_BY = 200  # queries


class NothingToLearn(ValueError):
    """No question of the past has its answer among the candidates."""


@dataclass(frozen=True)
class Examples:
    """Queries with at least one answer among their candidates."""

    names: tuple[str, ...]
    scaler: Scaler
    scaled_QCF: Halves
    wanted_QC: Floats  # how much each candidate is the answer; 0 for most
    new_QC: Mask  # the shopper didn't have it before
    groups_QC: dict[str, Ints] = field(default_factory=dict)  # each candidate's category and brand
    sequence: SequenceModel | None = None
    towers: TowersStart | None = None  # those who answer go on from it with all they know
    mixture: Weights | None = None  # what found the candidates; those who answer need the same


def kept_columns(names: list[str], values_QCF: Floats, left_out: tuple[str, ...]) -> tuple[list[str], Floats]:
    """Without the columns whose names start so."""
    kept = [place for place, name in enumerate(names) if not name.startswith(left_out)]
    if len(kept) == len(names):
        return names, values_QCF
    return [names[place] for place in kept], values_QCF[:, :, kept]


class Collector:
    """Batches of columns and labels, scaled once enough of them are there to know their scale."""

    def __init__(self, candidates: int, left_out: tuple[str, ...], seed: int) -> None:
        self.candidates, self.left_out, self.seed = candidates, left_out, seed
        self.names: tuple[str, ...] = ()
        self.scaler: Scaler | None = None
        self.first: list[Floats] = []  # values that wait for their scale
        self.scaled: list[Halves] = []
        self.labels: list[tuple[Floats, Mask, Ints]] = []

    def add(self, batch: Batch, wanted: Callable[[Ints], Floats]) -> None:
        rows_QC = batch.candidates(self.candidates)
        wanted_QC = wanted(rows_QC)
        names, values_QCF = kept_columns(*columns(batch, rows_QC), self.left_out)
        self.names = tuple(names)
        useful_Q = wanted_QC.any(axis=1)
        new_QC = np.take_along_axis(batch.own.toarray(), rows_QC, axis=1) == 0
        self.labels.append((wanted_QC[useful_Q], new_QC[useful_Q], rows_QC[useful_Q]))
        if self.scaler is not None:
            self.scaled.append(self.scaler.apply(values_QCF[useful_Q]))
            return
        self.first.append(values_QCF[useful_Q])
        if sum(map(len, self.first)) >= _SCALED_BY:
            self._scale()

    def _scale(self) -> Scaler:
        values_QCF = np.concatenate(self.first)
        self.scaler = Scaler.fit(values_QCF, self.seed)
        self.scaled.append(self.scaler.apply(values_QCF))
        self.first.clear()
        return self.scaler

    def _joined(self) -> Halves:
        """The scaled values as one array, each part let go as it is copied: they fill most of the memory."""
        joined_QCF = np.empty((sum(map(len, self.scaled)), *self.scaled[0].shape[1:]), dtype=np.float16)
        start = 0
        self.scaled.reverse()
        while self.scaled:
            part = self.scaled.pop()
            joined_QCF[start : start + len(part)] = part
            start += len(part)
        return joined_QCF

    def examples(self, facts: ItemFacts, mixture: Weights | None) -> Examples:
        if not any(len(wanted_QC) for wanted_QC, *_ in self.labels):
            raise NothingToLearn("interactions: no shopper's next item is among the candidates; nothing to learn from")
        scaler = self.scaler or self._scale()
        scaled_QCF = self._joined()
        wanted_QC, new_QC, rows_QC = (np.concatenate(column) for column in zip(*self.labels, strict=True))
        groups = {name: facts.groups[name][rows_QC].astype(np.int32) for name in GROUPED}
        return Examples(self.names, scaler, scaled_QCF, wanted_QC, new_QC, groups, mixture=mixture)
