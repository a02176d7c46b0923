"""Neural baselines: SASRec with cross-entropy over all items, and a two-tower retrieval model.

It knows a task's log as padded sequences. Both are the usual small sizes for a CPU; neither reads texts.

Shape suffixes: B sequences of a step, L places, D width.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.baselines.log import Floats, Queries
from benchmarks.baselines.plain import Fitted
from benchmarks.baselines.sasrec import padded
from benchmarks.baselines.sasrec_fitting import fit_sequence
from benchmarks.quality.protocols import Task

WIDTH, TOWER_EPOCHS = 64, 10
_TOWER_LATEST = 20


def sasrec(task: Task, seed: int) -> Fitted:
    model = fit_sequence(task.log, task.items, seed)
    return Fitted(model.scores, model.parameters)


class TwoTower(nn.Module):
    """A shopper is what they touched last, through two layers; an item is its embedding, through one."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 1, WIDTH, padding_idx=0)
        self.query = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.ReLU(), nn.Linear(2 * WIDTH, WIDTH))
        self.candidate = nn.Linear(WIDTH, WIDTH)

    def shopper(self, items_BL: Tensor) -> Tensor:
        there_BL1 = (items_BL > 0)[..., None].float()
        mean_BD = (self.items(items_BL) * there_BL1).sum(1) / there_BL1.sum(1).clamp(min=1)
        vectors_BD: Tensor = nn.functional.normalize(self.query(mean_BD), dim=-1)
        return vectors_BD

    def item(self, items: Tensor) -> Tensor:
        vectors: Tensor = nn.functional.normalize(self.candidate(self.items(items)), dim=-1)
        return vectors


def two_tower(task: Task, seed: int, temperature: float = 0.07) -> Fitted:
    """In-batch negatives, corrected by how often each item stands in a batch (logQ)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = TwoTower(task.items)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    counts_N = np.bincount(task.log.items_L, minlength=task.items) + 1.0
    log_share_N = torch.from_numpy(np.log(counts_N / counts_N.sum())).float()
    places = np.flatnonzero(np.arange(len(task.log.items_L)) > task.log.bounds_U[task.log.users_L])
    for _ in range(TOWER_EPOCHS):
        order = rng.permutation(places)
        for start in range(0, len(order), 512):
            ends = order[start : start + 512]
            queries = Queries(task.log, task.log.users_L[ends], ends, task.log.times_L[ends])
            wanted = torch.from_numpy(task.log.items_L[ends])
            shopper_BD = model.shopper(torch.from_numpy(padded(queries, _TOWER_LATEST)))
            logits_BB = shopper_BD @ model.item(wanted + 1).T / temperature - log_share_N[wanted]
            same_BB = (wanted[:, None] == wanted[None, :]) & ~torch.eye(len(ends), dtype=torch.bool)
            loss = nn.functional.cross_entropy(logits_BB.masked_fill(same_BB, -1e4), torch.arange(len(ends)))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def scores(queries: Queries) -> Floats:
        with torch.inference_mode():
            shopper_BD = model.shopper(torch.from_numpy(padded(queries, _TOWER_LATEST)))
            result: NDArray[np.float32] = (shopper_BD @ model.item(torch.arange(1, task.items + 1)).T).numpy()
            return result

    return Fitted(scores, _count(model))


def _count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
