"""Neural baselines: SASRec with cross-entropy over all items, and a two-tower retrieval model.

It knows a task's log as padded sequences. Both are the usual small sizes for a CPU; neither reads texts.

Shape suffixes: B sequences of a step, L places, D width, N items.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.baselines import Fitted
from benchmarks.protocols import Task
from recommender.ranker.log import Floats, Ints, Log, Queries

LENGTH, WIDTH, STEP = 50, 64, 128
SASREC_EPOCHS, TOWER_EPOCHS = 30, 10
_LAYERS, _HEADS, _DROPOUT = 2, 2, 0.25
_TOWER_LATEST = 20


class SasRec(nn.Module):
    """Causal self-attention over item embeddings; the embeddings are the classes too. Item 0 is padding."""

    def __init__(self, items: int) -> None:
        super().__init__()
        self.items = nn.Embedding(items + 1, WIDTH, padding_idx=0)
        self.places = nn.Embedding(LENGTH, WIDTH)
        layer = nn.TransformerEncoderLayer(
            WIDTH, _HEADS, WIDTH * 2, _DROPOUT, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, _LAYERS, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(WIDTH)
        nn.init.normal_(self.items.weight, std=WIDTH**-0.5)

    def forward(self, items_BL: Tensor) -> Tensor:
        length = items_BL.shape[1]
        x_BLD = self.items(items_BL) * WIDTH**0.5 + self.places.weight[-length:]
        ahead_LL = torch.ones(length, length, dtype=torch.bool).triu(1)
        # sequences are padded in front, so that only padding looks at nothing but padding
        hidden_BLD: Tensor = self.norm(self.layers(x_BLD, mask=ahead_LL))
        return hidden_BLD

    def logits(self, hidden_XD: Tensor) -> Tensor:
        return hidden_XD @ self.items.weight[1:].T


def sasrec(task: Task, seed: int) -> Fitted:
    torch.manual_seed(seed)
    model = SasRec(task.items)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for epoch in range(SASREC_EPOCHS):
        for items_BL in _steps(task.log, seed * 1000 + epoch):
            hidden_BLD = model.train()(items_BL[:, :-1])
            known = items_BL[:, 1:] > 0
            loss = nn.functional.cross_entropy(model.logits(hidden_BLD[known]), items_BL[:, 1:][known] - 1)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def scores(queries: Queries) -> Floats:
        with torch.inference_mode():
            hidden_BLD = model.eval()(torch.from_numpy(_padded(queries, LENGTH)))
            result: NDArray[np.float32] = model.logits(hidden_BLD[:, -1]).numpy()
            return result

    return Fitted(scores, _count(model))


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
            shopper_BD = model.shopper(torch.from_numpy(_padded(queries, _TOWER_LATEST)))
            logits_BB = shopper_BD @ model.item(wanted + 1).T / temperature - log_share_N[wanted]
            same_BB = (wanted[:, None] == wanted[None, :]) & ~torch.eye(len(ends), dtype=torch.bool)
            loss = nn.functional.cross_entropy(logits_BB.masked_fill(same_BB, -1e4), torch.arange(len(ends)))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()

    def scores(queries: Queries) -> Floats:
        with torch.inference_mode():
            shopper_BD = model.shopper(torch.from_numpy(_padded(queries, _TOWER_LATEST)))
            result: NDArray[np.float32] = (shopper_BD @ model.item(torch.arange(1, task.items + 1)).T).numpy()
            return result

    return Fitted(scores, _count(model))


def _padded(queries: Queries, length: int) -> Ints:
    """Histories in order of time, padded in front with 0; items count from 1."""
    latest, there = queries.latest(length)
    return np.ascontiguousarray(np.where(there, latest + 1, 0)[:, ::-1])


def _steps(log: Log, seed: int) -> Iterator[Tensor]:
    users = np.random.default_rng(seed).permutation(np.flatnonzero(log.lengths_U > 1))
    for start in range(0, len(users), STEP):
        chosen = users[start : start + STEP]
        queries = Queries(log, chosen, log.bounds_U[chosen + 1], np.zeros(len(chosen)))
        items_BL = _padded(queries, min(LENGTH + 1, int(log.lengths_U[chosen].max())))
        yield torch.from_numpy(items_BL)


def _count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
