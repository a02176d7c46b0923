"""Fitting the ranker: all of a shopper's candidates at a moment compete, those they came for afterwards should win.

Two lists are judged: all candidates, and those the shopper never had.

Shape suffixes: C candidates of all shoppers, F columns, H hidden units, Q shoppers of a step.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.models.ranker import Ranker
from recommender.ranking.metrics import ndcg_at
from training.config import FitParams
from training.data.budget import networks_of
from training.fit.auxiliary_tasks import task_loss
from training.fit.curves import name_curve, note_loss
from training.fit.listwise_network import ListwiseNetwork, read, start_from
from training.fit.ranker_examples import Examples
from training.fit.small_sample_blend import estimate_believed_share, mix_rankers

BEGINNINGS = ("score fusion", "transition graph + text", "own lasting")  # columns, of which a network starts from one
FEWEST_A_STEP, MOST_A_STEP = 8, 48  # shoppers
STEPS_A_PASS = 120  # where examples allow it
MOST_COMPARED, PLACES = 2_000, 20  # examples, and places of each, by which the beginning is chosen
LISTED = 128  # of a shopper's candidates are compared in a step; another draw in each pass
LEARNING_RATE = 1.1e-3  # of a shopper, growing with the root of their number in a step
ENOUGH, CAUTION = 1_000, 0.7  # of fewer examples less is learned and believed
NEW_WEIGHT = 1.0  # of the list of items new to the shopper, beside the list of all
ODDS_WEIGHT = 10.0
_OUT = -1e4


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
    learned = Ranker.joined([_recorded(examples, params, seed, useful, beginning) for seed in seeds])
    if len(useful) >= ENOUGH or beginning is None:
        return learned
    start = _start(examples, beginning)
    share = estimate_believed_share(
        start, lambda some: _fit_network(examples, params, params.seed, some, beginning),
        lambda ranker, example: _scores_of(ranker, examples, example), useful, params.seed,
    )  # fmt: skip
    return mix_rankers(start, learned, share)


def _recorded(
    examples: Examples, params: FitParams, seed: int, useful: NDArray[np.int64], beginning: int | None
) -> Ranker:
    """A network whose losses are kept as a curve, pass by pass."""
    with name_curve(f"ranker_loss/network_{seed}"):
        return _fit_network(examples, params, seed, useful, beginning)


def _start(examples: Examples, beginning: int) -> Ranker:
    network = ListwiseNetwork(examples.scaled_CF.shape[1])
    start_from(network, beginning)
    nn.init.zeros_(network.last.bias)
    return read(network, examples.scaler)


def _scores_of(ranker: Ranker, examples: Examples, example: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    span = slice(examples.bounds[example], examples.bounds[example + 1])
    context = examples.context_Q2F[example].astype(np.float32)
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
        order, losses = rng.permutation(useful), []
        for start in range(0, len(order), a_step):
            loss = _loss(network, examples, order[start : start + a_step], rng, params.task_weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(loss.detach())
        note_loss(float(torch.stack(losses).mean()) if losses else 0.0)


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
        torch.from_numpy(examples.context_Q2F[chosen_Q].astype(np.float32)),
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
