"""Fitting the sequence model: the next item of every place against all items, or against a common sample of many.

It knows a log. Wide catalogues are sampled by popularity and corrected for it (logQ).

Shape suffixes: B sequences of a step, L places, P positions known in a step, D width, N items, S items of a sample.
"""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.baselines.log import Log, Queries
from benchmarks.baselines.sasrec import LENGTH, SasRec, SequenceModel, padded

STEP, EPOCHS = 128, 30
WIDE, SAMPLED = 20_000, 4096
BUDGET = 1.2e11  # places times classes, over all epochs
_RATE = 2e-3


def fit_sequence(log: Log, items: int, seed: int, budget: float = BUDGET) -> SequenceModel:
    torch.manual_seed(seed)
    network = SasRec(items)
    optimizer = torch.optim.Adam(network.parameters(), lr=_RATE)
    counts_N = np.bincount(log.items_L, minlength=items) + 1.0
    chances_N = counts_N / counts_N.sum()
    for epoch in range(_epochs(log, items, budget)):
        rng = np.random.default_rng((seed, epoch))
        for items_BL in _steps(log, rng):
            hidden_BLD = network.train()(items_BL[:, :-1])
            known = items_BL[:, 1:] > 0
            loss = _loss(network, hidden_BLD[known], items_BL[:, 1:][known] - 1, chances_N, rng)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return SequenceModel(network.eval())


def _epochs(log: Log, items: int, budget: float) -> int:
    places = np.minimum(log.lengths_U, LENGTH).sum()
    return int(np.clip(budget / max(places * min(items, WIDE), 1), 2, EPOCHS))


def _loss(
    network: SasRec, hidden_PD: Tensor, right_P: Tensor, chances_N: np.ndarray, rng: np.random.Generator
) -> Tensor:
    if len(chances_N) <= WIDE:
        return nn.functional.cross_entropy(network.logits(hidden_PD), right_P)
    sampled_S = torch.from_numpy(rng.choice(len(chances_N), SAMPLED, p=chances_N))
    expected_S = torch.from_numpy(np.log(chances_N[sampled_S.numpy()] * SAMPLED)).float()
    logits_PS = hidden_PD @ network.items.weight[1 + sampled_S].T - expected_S
    logits_PS = logits_PS.masked_fill(sampled_S == right_P[:, None], -1e4)
    right_P1 = (hidden_PD * network.items.weight[1 + right_P]).sum(1, keepdim=True)
    first_X = torch.zeros(len(right_P), dtype=torch.int64)
    return nn.functional.cross_entropy(torch.cat([right_P1, logits_PS], dim=1), first_X)


def _steps(log: Log, rng: np.random.Generator) -> Iterator[Tensor]:
    users = rng.permutation(np.flatnonzero(log.lengths_U > 1))
    for start in range(0, len(users), STEP):
        chosen = users[start : start + STEP]
        queries = Queries(log, chosen, log.bounds_U[chosen + 1], np.zeros(len(chosen)))
        yield torch.from_numpy(padded(queries, min(LENGTH + 1, int(log.lengths_U[chosen].max()))))
