"""Fitting the ranker: all of a shopper's candidates at a moment compete, those they came for afterwards should win.

It knows a bundle that has seen nothing after the moment, and what followed. Two lists are judged: all candidates, and
those the shopper never had.

Shape suffixes: C candidates of all shoppers, F columns, H hidden units, Q shoppers of a step.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, islice

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from recommender.models.bundle import ModelBundle
from recommender.models.ranker import Ranker, Scaler
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import Shopper
from recommender.ranking.metrics import ndcg_at
from recommender.retrieval import retrieve
from recommender.retrieval.columns import feature_matrix
from recommender.retrieval.own import without_unwanted
from training.config import FitParams
from training.data.budget import networks_of
from training.data.examples import Asked
from training.data.interactions import Window
from training.fit.auxiliary_tasks import Heads, Targets, targets_of, task_loss
from training.fit.caution import believed_share, mixed
from training.fit.mixture import learn_mixture

HIDDEN = 64
BEGINNINGS = ("score fusion", "transition graph + text", "own lasting")  # columns, of which a network starts from one
FEWEST_A_STEP, MOST_A_STEP = 8, 48  # shoppers
STEPS_A_PASS = 120  # where examples allow it
MOST_COMPARED, PLACES = 2_000, 20  # examples, and places of each, by which the beginning is chosen
KEPT = 240  # of the candidates that weren't wanted stay in an example; each stands for as many as it was drawn from
DROPPED = 0.1  # of hidden units
LISTED = 128  # of a shopper's candidates are compared in a step; another draw in each pass
LEARNING_RATE = 1.1e-3  # of a shopper, growing with the root of their number in a step
ENOUGH, CAUTION = 1_000, 0.7  # of fewer examples less is learned and believed
NEW_WEIGHT = 1.0  # of the list of items new to the shopper, beside the list of all
ODDS_WEIGHT = 10.0
SCALED_ON = 200_000  # candidates, at most
SCALED_BY = 500  # shoppers
_OUT = -1e4


@dataclass(frozen=True)
class Examples:
    """Candidates of all shoppers on top of each other; shopper q's are `bounds[q]:bounds[q + 1]`."""

    scaler: Scaler
    scaled_CF: NDArray[np.float16]
    wanted_C: NDArray[np.float32]  # how much each is what they came for; 0 for most
    new_C: NDArray[np.bool_]  # the shopper never had it before
    bounds: NDArray[np.int64]
    context_QG: NDArray[np.float16]  # the greatest and mean values of each whole list
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
            context_QG=np.concatenate([part.context_QG for part in parts]),
            stands_Q=np.concatenate([part.stands_Q for part in parts]),
            targets=Targets.joined(targets) if len(targets) == len(parts) else None,
        )


def make_examples(asked: Iterable[Asked], seed: int = 0) -> Examples:
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
            kept = [_kept(one, scaler, rng) for one in lists]
        rows = [one.rows_C for one in kept]
        parts.append(Examples(
            scaler=scaler,
            scaled_CF=np.concatenate([one.scaled_CF for one in kept]),
            wanted_C=np.concatenate([one.wanted_C for one in kept]),
            new_C=np.concatenate([one.new_C for one in kept]),
            bounds=np.cumsum([0, *map(len, rows)]),
            context_QG=np.stack([one.context_G for one in kept]),
            stands_Q=np.array([one.stands for one in kept], dtype=np.float32),
            targets=targets_of(bundle, rows, examples.deeds) if examples.deeds else None,
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
class _Kept:
    """What stays of a list: all that was wanted and some of the others."""

    scaled_CF: NDArray[np.float16]
    wanted_C: NDArray[np.float32]
    new_C: NDArray[np.bool_]
    rows_C: NDArray[np.int64]
    context_G: NDArray[np.float16]
    stands: float


def _kept(one: _List, scaler: Scaler, rng: np.random.Generator) -> _Kept:
    scaled_CF = scaler.apply(one.matrix_CF)
    context_G = np.concatenate([scaled_CF.max(axis=0), scaled_CF.mean(axis=0)]).astype(np.float16)
    others = np.flatnonzero(one.wanted_C == 0)
    drawn = np.sort(rng.permutation(others)[:KEPT])
    chosen = np.union1d(np.flatnonzero(one.wanted_C > 0), drawn)
    return _Kept(
        scaled_CF[chosen].astype(np.float16), one.wanted_C[chosen], one.new_C[chosen], one.rows_C[chosen], context_G,
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


class ListwiseNetwork(nn.Module):
    """Two layers over each candidate and, as context, the list's greatest and mean values; plus a straight line."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.candidate = nn.Linear(columns, HIDDEN)
        self.context = nn.Linear(2 * columns, HIDDEN, bias=False)
        self.second = nn.Linear(HIDDEN, HIDDEN // 2)
        self.last = nn.Linear(HIDDEN // 2, 1)
        self.line = nn.Linear(columns, 1, bias=False)
        self.dropout = nn.Dropout(DROPPED)
        nn.init.zeros_(self.line.weight)
        nn.init.zeros_(self.last.weight)
        self.heads = Heads(HIDDEN // 2)

    def forward(self, x_QCF: Tensor, context_QG: Tensor) -> Tensor:
        """Scores of shape (Q, C); the context is of the whole list, of which x may be a part."""
        return self.scored(x_QCF, context_QG)[0]

    def scored(self, x_QCF: Tensor, context_QG: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and the last hidden layer, from which further tasks go on."""
        hidden_QCH = nn.functional.silu(self.candidate(x_QCF) + self.context(context_QG)[:, None])
        hidden_QCH = self._silenced(nn.functional.silu(self.second(self._silenced(hidden_QCH))))
        return (self.last(hidden_QCH) + self.line(x_QCF)).squeeze(-1), hidden_QCH

    def _silenced(self, hidden_QCH: Tensor) -> Tensor:
        """While learning some units are silent, the same for all candidates of a list, which stay comparable."""
        silenced_QCH: Tensor = hidden_QCH * self.dropout(hidden_QCH.new_ones(len(hidden_QCH), 1, hidden_QCH.shape[2]))
        return silenced_QCH


def start_from(network: ListwiseNetwork, place: int | None) -> None:
    """Before it has learned anything, a network ranks as this column does."""
    if place is not None:
        with torch.no_grad():
            network.line.weight[0, place] = 1.0


def best_beginning(examples: Examples) -> int | None:
    """The place of the plain method's column that ranks the examples best by itself; None where there is none."""
    places = [place for place, column in enumerate(examples.columns) if column in BEGINNINGS]
    useful = np.flatnonzero(np.add.reduceat(examples.wanted_C, examples.bounds[:-1]) > 0)[:MOST_COMPARED]
    return max(places, key=lambda place: _gain_of(examples, place, useful)) if places else None


def _gain_of(examples: Examples, place: int, useful: NDArray[np.int64]) -> float:
    """Mean NDCG of examples that are ranked by one column."""
    gains = []
    for start, end in zip(examples.bounds[useful], examples.bounds[useful + 1], strict=True):
        order = np.argsort(-examples.scaled_CF[start:end, place].astype(np.float32), kind="stable")
        wanted = examples.wanted_C[start:end][order] > 0
        gains.append(ndcg_at(wanted[None, :PLACES], np.array([int(wanted.sum())]), PLACES))
    return float(np.mean(gains)) if gains else 0.0


def fit_ranker(examples: Examples, params: FitParams) -> Ranker:
    """Networks that differ by chance alone; their mean is better than each of them."""
    useful = np.flatnonzero(np.add.reduceat(examples.wanted_C, examples.bounds[:-1]) > 0)
    seeds = [params.seed + 1000 * number for number in range(networks_of(params))]
    beginning = best_beginning(examples)
    learned = Ranker.joined([_fit_network(examples, params, seed, useful, beginning) for seed in seeds])
    if len(useful) >= ENOUGH or beginning is None:
        return learned
    start = _start(examples, beginning)
    share = believed_share(
        start, lambda some: _fit_network(examples, params, params.seed, some, beginning),
        lambda ranker, example: _scores_of(ranker, examples, example), useful, params.seed,
    )  # fmt: skip
    return mixed(start, learned, share)


def _start(examples: Examples, beginning: int) -> Ranker:
    network = ListwiseNetwork(examples.scaled_CF.shape[1])
    start_from(network, beginning)
    nn.init.zeros_(network.last.bias)
    return read(network, examples.scaler)


def _scores_of(ranker: Ranker, examples: Examples, example: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    span = slice(examples.bounds[example], examples.bounds[example + 1])
    context = examples.context_QG[example].astype(np.float32)
    return ranker.score_scaled(examples.scaled_CF[span].astype(np.float32), context), examples.wanted_C[span] > 0


def _fit_network(
    examples: Examples, params: FitParams, seed: int, useful: NDArray[np.int64], beginning: int | None
) -> Ranker:
    """So many passes over these examples, each shopper's candidates against each other."""
    torch.manual_seed(seed)
    network = ListwiseNetwork(examples.scaled_CF.shape[1])
    start_from(network, beginning)
    with one_torch_thread():
        _learn(network, examples, params, seed, useful)
    return read(network, examples.scaler)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """For networks this small, whose threads would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _learn(
    network: ListwiseNetwork, examples: Examples, params: FitParams, seed: int, useful: NDArray[np.int64]
) -> None:
    rng = np.random.default_rng(seed)
    a_step = int(np.clip(len(useful) // STEPS_A_PASS, FEWEST_A_STEP, MOST_A_STEP))
    rate = LEARNING_RATE * math.sqrt(a_step) * min(1.0, (max(len(useful), 1) / ENOUGH) ** CAUTION)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=1e-3)
    steps = params.ranker_epochs * -(-len(useful) // a_step)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(steps, 2), pct_start=0.15)
    network.train()
    for _ in range(params.ranker_epochs):
        order = rng.permutation(useful)
        for start in range(0, len(order), a_step):
            loss = _loss(network, examples, order[start : start + a_step], rng, params.task_weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()


def _loss(
    network: ListwiseNetwork,
    examples: Examples,
    chosen_Q: NDArray[np.int64],
    rng: np.random.Generator,
    task_weight: float,
) -> Tensor:
    """The wanted ones against the whole list and against what is new to the shopper; each one's odds; further tasks."""
    places_QC, stands_for_QC = drawn(examples, chosen_Q, rng)
    there = torch.from_numpy(stands_for_QC > 0)
    wanted = torch.from_numpy(examples.wanted_C[places_QC]) * there
    new = torch.from_numpy(examples.new_C[places_QC])
    scores_QC, hidden_QCH = network.scored(
        torch.from_numpy(examples.scaled_CF[places_QC].astype(np.float32)),
        torch.from_numpy(examples.context_QG[chosen_Q].astype(np.float32)),
    )
    stands_for = torch.from_numpy(stands_for_QC)
    listed_QC = (scores_QC + torch.log(stands_for.clamp(min=1))).masked_fill(~there, _OUT)
    odds = nn.functional.binary_cross_entropy_with_logits(scores_QC[there], wanted[there], stands_for[there])
    loss: Tensor = _against_the_list(listed_QC, wanted) + ODDS_WEIGHT * odds
    if not examples.all_new:  # else the second list is the first
        loss = loss + NEW_WEIGHT * _against_the_list(listed_QC.masked_fill(~new, _OUT), wanted * new)
    if task_weight and examples.targets is not None:
        tasks = task_loss(network.heads, examples.targets, places_QC, there, listed_QC, wanted, hidden_QCH)
        loss = loss + task_weight * tasks
    return loss


def drawn(
    examples: Examples, chosen_Q: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Some of each list, drawn anew each time: all that is wanted and others by chance; and how many each stands for.

    Another one stands for all the others it was drawn from, a place without a candidate for none.
    """
    starts_Q, sizes_Q = examples.bounds[chosen_Q], np.diff(examples.bounds)[chosen_Q]
    offsets = np.arange(sizes_Q.max())
    there_QC = offsets[None, :] < sizes_Q[:, None]
    places_QC = np.where(there_QC, starts_Q[:, None] + offsets[None, :], 0)
    wanted_QC = (examples.wanted_C[places_QC] > 0) & there_QC
    chance_QC = np.where(there_QC, rng.random(places_QC.shape), 2.0) - wanted_QC
    drawn = np.argpartition(chance_QC, min(LISTED, len(offsets)) - 1, axis=1)[:, :LISTED]
    places_QC, there_QC, wanted_QC = (np.take_along_axis(x, drawn, axis=1) for x in (places_QC, there_QC, wanted_QC))
    known_Q1 = wanted_QC.sum(axis=1, keepdims=True)
    others_Q1 = np.maximum(there_QC.sum(axis=1, keepdims=True) - known_Q1, 1)
    each_Q1 = examples.stands_Q[chosen_Q][:, None] * np.maximum(sizes_Q[:, None] - known_Q1, 1) / others_Q1
    return places_QC, np.where(wanted_QC, 1.0, each_Q1 * there_QC).astype(np.float32)


def _against_the_list(scores_QC: Tensor, wanted_QC: Tensor) -> Tensor:
    """Softmax cross-entropy over all candidates, the answers of a shopper sharing a weight of 1."""
    shares_QC = wanted_QC / wanted_QC.sum(1, keepdim=True).clamp(min=1e-9)
    return -(torch.log_softmax(scores_QC, dim=1) * shares_QC).sum(1).mean()


def read(network: ListwiseNetwork, scaler: Scaler) -> Ranker:
    state = {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}  # heads stay behind
    return Ranker(
        scaler=scaler,
        candidate_FH=state["candidate.weight"].T.copy(),
        context_2FH=state["context.weight"].T.copy(),
        bias_H=state["candidate.bias"],
        second_MHJ=state["second.weight"].T[None].copy(),
        bias_MJ=state["second.bias"][None],
        last_MJ=state["last.weight"],
        line_F=state["line.weight"][0],
        bias=state["last.bias"],
    )
