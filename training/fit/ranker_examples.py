"""Examples for the ranker: each shopper's candidates at a moment, and which of them they then came for.

It knows a bundle that has seen nothing after the moment, and what followed.

Shape suffixes: C candidates of all shoppers, F columns, Q shoppers of a step, N items,
K the shopper's distinct items.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommender.models.bundle import ModelBundle
from recommender.models.ranker import Scaler
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import Shopper
from recommender.retrieval import retrieve
from recommender.retrieval.columns import feature_matrix
from recommender.retrieval.sources.own_purchases import without_unwanted
from training.data.examples import LabelledWindow
from training.data.interactions import Window
from training.fit.auxiliary_tasks import Targets, targets_of
from training.fit.mixture import learn_mixture

# of the candidates that weren't wanted stay in an example; each stands for as many as it was drawn from
NEGATIVES = 240
SCALED_ON = 200_000  # candidates, at most
SCALED_BY = 500  # shoppers


@dataclass(frozen=True)
class Examples:
    """Candidates of all shoppers on top of each other; shopper q's are `bounds[q]:bounds[q + 1]`."""

    scaler: Scaler
    scaled_CF: NDArray[np.float16]
    wanted_C: NDArray[np.float32]  # how much each is what they came for; 0 for most
    new_C: NDArray[np.bool_]  # the shopper never had it before
    bounds: NDArray[np.int64]
    context_Q2F: NDArray[np.float16]  # the greatest and mean values of each whole list
    stands_Q: NDArray[np.float32]  # how many candidates each kept one that wasn't wanted stands for
    targets: Targets | None = None  # of further tasks
    mixture: dict[str, float] = field(default_factory=dict)  # by which the candidates were chosen
    columns: tuple[str, ...] = ()

    @cached_property
    def all_new(self) -> bool:
        """Whether no candidate is one that its shopper had."""
        return bool(self.new_C.all())

    @classmethod
    def joined(cls, parts: Sequence["Examples"]) -> "Examples":
        """All of them, of one scale, one after the other."""
        if len(parts) == 1:
            return parts[0]
        starts = np.cumsum([0, *(part.bounds[-1] for part in parts)])
        targets = [part.targets for part in parts if part.targets is not None]
        return cls(
            scaler=parts[0].scaler,
            scaled_CF=np.concatenate([part.scaled_CF for part in parts]),
            wanted_C=np.concatenate([part.wanted_C for part in parts]),
            new_C=np.concatenate([part.new_C for part in parts]),
            bounds=np.concatenate([[0], *(s + part.bounds[1:] for s, part in zip(starts, parts, strict=False))]),
            context_Q2F=np.concatenate([part.context_Q2F for part in parts]),
            stands_Q=np.concatenate([part.stands_Q for part in parts]),
            targets=Targets.joined(targets) if len(targets) == len(parts) else None,
        )


def make_examples(asked: Iterable[LabelledWindow], seed: int = 0) -> Examples:
    """The candidates of each shopper, at least one a moment, and which of them they then wanted.

    Those of the first moment give the scale.
    """
    scaler, parts, rng = None, [], np.random.default_rng(seed)
    mixture: dict[str, float] | None = None
    for bundle, shoppers, examples in asked:
        if mixture is None:
            mixture = {} if bundle.manifest.repeats else learn_mixture(bundle, shoppers, examples, seed)
        bundle = replace(bundle, manifest=bundle.manifest.model_copy(update={"mixture": mixture}))
        with threadpool_limits(limits=1, user_api="blas"):  # many small products: a second thread only waits
            lists = _lists(bundle, shoppers, examples)
            if scaler is None:
                first = list(islice(lists, SCALED_BY))
                scaler, lists = _scaler([one.matrix_CF for one in first], seed), chain(first, lists)
            kept = [_sample_negatives(one, scaler, rng) for one in lists]
        rows = [one.rows_C for one in kept]
        parts.append(Examples(
            scaler=scaler,
            scaled_CF=np.concatenate([one.scaled_CF for one in kept]),
            wanted_C=np.concatenate([one.wanted_C for one in kept]),
            new_C=np.concatenate([one.new_C for one in kept]),
            bounds=np.cumsum([0, *map(len, rows)]),
            context_Q2F=np.stack([one.context_2F for one in kept]),
            stands_Q=np.array([one.stands for one in kept], dtype=np.float32),
            targets=targets_of(bundle, rows, examples.actions) if examples.actions else None,
        ))  # fmt: skip
    return replace(Examples.joined(parts), mixture=mixture or {}, columns=bundle.manifest.ranker_columns)


@dataclass(frozen=True)
class _List:
    """One shopper's candidates."""

    matrix_CF: NDArray[np.float32]
    wanted_C: NDArray[np.float32]
    new_C: NDArray[np.bool_]
    rows_C: NDArray[np.int64]


@dataclass(frozen=True)
class _Example:
    """What stays of a list: all that was wanted and some of the others."""

    scaled_CF: NDArray[np.float16]
    wanted_C: NDArray[np.float32]
    new_C: NDArray[np.bool_]
    rows_C: NDArray[np.int64]
    context_2F: NDArray[np.float16]
    stands: float


def _sample_negatives(one: _List, scaler: Scaler, rng: np.random.Generator) -> _Example:
    scaled_CF = scaler.apply(one.matrix_CF)
    context_2F = np.concatenate([scaled_CF.max(axis=0), scaled_CF.mean(axis=0)]).astype(np.float16)
    others = np.flatnonzero(one.wanted_C == 0)
    drawn = np.sort(rng.permutation(others)[:NEGATIVES])
    chosen = np.union1d(np.flatnonzero(one.wanted_C > 0), drawn)
    return _Example(
        scaled_CF[chosen].astype(np.float16), one.wanted_C[chosen], one.new_C[chosen], one.rows_C[chosen], context_2F,
        len(others) / max(len(drawn), 1),
    )  # fmt: skip


def _lists(bundle: ModelBundle, shoppers: list[Shopper], examples: Window) -> Iterator[_List]:
    """Each shopper's candidates as they are served, with their columns, how wanted each was, and which were new."""
    everything_N = np.ones(len(bundle.catalogue), dtype=bool)
    weight_N = np.zeros(len(bundle.catalogue), dtype=np.float32)
    weights = examples.weights or [np.ones(len(wanted)) for wanted in examples.wanted]
    for start in range(0, len(shoppers), 256):
        batch = shoppers[start : start + 256]
        vectors = profile_vectors(bundle, batch)
        for place, (shopper, vector) in enumerate(zip(batch, vectors, strict=True), start=start):
            candidates = retrieve(bundle, shopper, vector, without_unwanted(bundle, shopper, everything_N))
            rows_C = candidates.rows_C
            weight_N[examples.wanted[place]] = weights[place]
            wanted_C = weight_N[rows_C]
            weight_N[examples.wanted[place]] = 0
            yield _List(feature_matrix(bundle, candidates), wanted_C, ~np.isin(rows_C, shopper.rows_K), rows_C)


def _scaler(matrices: list[NDArray[np.float32]], seed: int) -> Scaler:
    order = np.random.default_rng(seed).permutation(len(matrices))
    sizes = np.cumsum([len(matrices[place]) for place in order])
    enough = int(np.searchsorted(sizes, SCALED_ON)) + 1
    return Scaler.fit(np.concatenate([matrices[place] for place in order[:enough]]))
