"""Fitting the ranker: all of a shopper's candidates at a moment compete, those they came for afterwards should win.

It knows a bundle that has seen nothing after the moment, and what followed. Two lists are judged: all candidates, and
those the shopper never had.

Shape suffixes: C candidates of all shoppers, F columns, H hidden units, Q shoppers of a step.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from recommender.artifacts import ModelBundle
from recommender.candidates import retrieve
from recommender.matrix import feature_matrix
from recommender.profiles import profile_vectors
from recommender.scorer import Ranker, Scaler
from recommender.shoppers import Shopper
from training.dataset import Window
from training.params import FitParams
from training.tasks import Heads, Targets, targets_of, task_loss

HIDDEN = 64
SHOPPERS_A_STEP = 8
LISTED = 256  # of a shopper's candidates are compared in a step; another draw in each pass
LEARNING_RATE = 3e-3
NEW_WEIGHT = 1.0  # of the list of items new to the shopper, beside the list of all
ODDS_WEIGHT = 10.0
SCALED_ON = 200_000  # candidates, at most
_OUT = -1e4

Asked = tuple[ModelBundle, list[Shopper], Window]  # at one moment: what was known, who is asked, what they then did


@dataclass(frozen=True)
class Examples:
    """Candidates of all shoppers on top of each other; shopper q's are `bounds[q]:bounds[q + 1]`."""

    scaler: Scaler
    scaled_CF: NDArray[np.float16]
    wanted_C: NDArray[np.float32]  # how much each is what they came for; 0 for most
    new_C: NDArray[np.bool_]  # the shopper never had it before
    bounds: NDArray[np.int64]
    targets: Targets | None = None  # of further tasks

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
            targets=Targets.joined(targets) if len(targets) == len(parts) else None,
        )


def make_examples(asked: Iterable[Asked], seed: int = 0) -> Examples:
    """The candidates of each shopper, at least one a moment, and which of them they then wanted.

    Those of the first moment give the scale.
    """
    scaler, parts = None, []
    for bundle, shoppers, examples in asked:
        with threadpool_limits(limits=1, user_api="blas"):  # many small products: a second thread only waits
            lists = list(_lists(bundle, shoppers, examples))
        matrices, wanted, new, rows = (list(part) for part in zip(*lists, strict=True))
        scaler = scaler or _scaler(matrices, seed)
        parts.append(Examples(
            scaler=scaler,
            scaled_CF=np.concatenate([scaler.apply(matrix).astype(np.float16) for matrix in matrices]),
            wanted_C=np.concatenate(wanted),
            new_C=np.concatenate(new),
            bounds=np.cumsum([0, *map(len, matrices)]),
            targets=targets_of(bundle, rows, examples.deeds) if examples.deeds else None,
        ))  # fmt: skip
    return Examples.joined(parts)


def _lists(
    bundle: ModelBundle, shoppers: list[Shopper], examples: Window
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]]:
    """Of each shopper's candidates: the columns, which were wanted, which were new, and their rows."""
    allowed_N = np.ones(len(bundle.catalogue), dtype=bool)
    for start in range(0, len(shoppers), 256):
        batch = shoppers[start : start + 256]
        vectors = profile_vectors(bundle, batch)
        for shopper, vector, wanted in zip(batch, vectors, examples.wanted[start:], strict=False):
            candidates = retrieve(bundle, shopper, vector, allowed_N)
            rows_C = candidates.rows_C
            was_wanted = np.isin(rows_C, wanted).astype(np.float32)
            yield feature_matrix(bundle, shopper, candidates), was_wanted, ~np.isin(rows_C, shopper.rows_K), rows_C


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
        nn.init.zeros_(self.line.weight)
        self.heads = Heads(HIDDEN // 2)

    def forward(self, x_QCF: Tensor, context_QG: Tensor) -> Tensor:
        """Scores of shape (Q, C); the context is of the whole list, of which x may be a part."""
        return self.scored(x_QCF, context_QG)[0]

    def scored(self, x_QCF: Tensor, context_QG: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and the last hidden layer, from which further tasks go on."""
        hidden_QCH = nn.functional.silu(self.candidate(x_QCF) + self.context(context_QG)[:, None])
        hidden_QCH = nn.functional.silu(self.second(hidden_QCH))
        return (self.last(hidden_QCH) + self.line(x_QCF)).squeeze(-1), hidden_QCH


def fit_ranker(examples: Examples, params: FitParams) -> Ranker:
    """So many passes over the examples, each shopper's candidates against each other."""
    torch.manual_seed(params.seed)
    rng = np.random.default_rng(params.seed)
    network = ListwiseNetwork(examples.scaled_CF.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-3)
    context_QG = _contexts(examples)
    useful = np.flatnonzero(np.add.reduceat(examples.wanted_C, examples.bounds[:-1]) > 0)
    steps = params.ranker_epochs * -(-len(useful) // SHOPPERS_A_STEP)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=max(steps, 2), pct_start=0.15)
    network.train()
    for _ in range(params.ranker_epochs):
        order = rng.permutation(useful)
        for start in range(0, len(order), SHOPPERS_A_STEP):
            chosen_Q = order[start : start + SHOPPERS_A_STEP]
            loss = _loss(network, examples, context_QG, chosen_Q, rng, params.task_weight)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return read(network, examples.scaler)


def _contexts(examples: Examples) -> NDArray[np.float32]:
    """The greatest and mean values of each list."""
    spans = zip(examples.bounds[:-1], examples.bounds[1:], strict=True)
    lists = (examples.scaled_CF[start:end].astype(np.float32) for start, end in spans)
    return np.stack([np.concatenate([one.max(axis=0), one.mean(axis=0)]) for one in lists])


def _loss(
    network: ListwiseNetwork,
    examples: Examples,
    context_QG: NDArray[np.float32],
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
        torch.from_numpy(examples.scaled_CF[places_QC].astype(np.float32)), torch.from_numpy(context_QG[chosen_Q])
    )
    stands_for = torch.from_numpy(stands_for_QC)
    listed_QC = (scores_QC + torch.log(stands_for.clamp(min=1))).masked_fill(~there, _OUT)
    among_new = _against_the_list(listed_QC.masked_fill(~new, _OUT), wanted * new)
    odds = nn.functional.binary_cross_entropy_with_logits(scores_QC[there], wanted[there], stands_for[there])
    loss: Tensor = _against_the_list(listed_QC, wanted) + NEW_WEIGHT * among_new + ODDS_WEIGHT * odds
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
    each_Q1 = np.maximum(sizes_Q[:, None] - known_Q1, 1) / others_Q1
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
        second_HJ=state["second.weight"].T.copy(),
        bias_J=state["second.bias"],
        last_J=state["last.weight"][0],
        line_F=state["line.weight"][0],
        bias=state["last.bias"],
    )
