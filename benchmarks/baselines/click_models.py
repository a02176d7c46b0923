"""DIN and DCN as rankers over the same candidates as ours: the usual click models, in torch after DeepCTR's.

It knows a task and the candidates that the best plain method finds; both models learn single candidates as right or
wrong, from embeddings of item, category and brand and the score by which the candidate was found. DIN attends to the
history for each candidate, DCN crosses all fields.

Shape suffixes: B pairs of a step, L places of a history, D width, Q queries, C candidates, N items.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.baselines.log import Floats, Ints, Queries
from benchmarks.baselines.plain import Fit, Fitted, transition_graph_and_text
from benchmarks.quality.measure import first_places
from benchmarks.quality.protocols import Task

WIDTH, LENGTH, CANDIDATES = 32, 20, 400
DENSE = 3  # how often the item sold, how long the history is, the score by which the method found the candidate
EPOCHS, STEP, WRONG = 3, 2048, 4
LEAST_STEPS = 200
_QUERIES, _ANSWERS = 20_000, 5


class Fields(nn.Module):
    """An item as its own embedding beside its category's and its brand's; the last number of each stands for none."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.items = task.items
        groups = [task.facts.groups[name] for name in ("category", "brand")]
        codes = [np.arange(task.items), *groups]
        self.codes = torch.from_numpy(np.stack([np.append(code, code.max(initial=0) + 1) for code in codes]))
        tables = [nn.Embedding(int(code[-1]) + 1, WIDTH) for code in self.codes]
        for table in tables:
            nn.init.normal_(table.weight, std=0.05)
        self.tables = nn.ModuleList(tables)
        counts_N = np.bincount(task.log.items_L, minlength=task.items)
        self.sold = torch.from_numpy(np.append(np.log1p(counts_N), 0) / max(np.log1p(counts_N.max(initial=0)), 1))

    def forward(self, items: Tensor) -> Tensor:
        return torch.cat([table(code[items]) for table, code in zip(self.tables, self.codes, strict=True)], dim=-1)

    def dense(self, items_B: Tensor, history_BL: Tensor, found_B: Tensor) -> Tensor:
        length_B = (history_BL < self.items).sum(1).float().log1p()
        return torch.stack([self.sold[items_B].float(), length_B, found_B], dim=-1)


class Din(nn.Module):
    """Deep interest network (Zhou et al. 2018)."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.fields, size = Fields(task), 3 * WIDTH
        self.attention = nn.Sequential(nn.Linear(4 * size, 64), nn.PReLU(), nn.Linear(64, 1))
        self.deep = nn.Sequential(
            nn.Linear(2 * size + DENSE, 128),
            nn.PReLU(),
            nn.Dropout(0.2),
            nn.Linear(128, 64),
            nn.PReLU(),
            nn.Linear(64, 1),
        )

    def forward(self, history_BL: Tensor, items_B: Tensor, found_B: Tensor) -> Tensor:
        past_BLD, item_BD = self.fields(history_BL), self.fields(items_B)
        item_BLD = item_BD[:, None].expand_as(past_BLD)
        parts = [past_BLD, item_BLD, past_BLD - item_BLD, past_BLD * item_BLD]
        weight_BL1 = self.attention(torch.cat(parts, dim=-1)).masked_fill(
            (history_BL == self.fields.items)[..., None], 0
        )
        interest_BD = (weight_BL1 * past_BLD).sum(1)
        joined = torch.cat([interest_BD, item_BD, self.fields.dense(items_B, history_BL, found_B)], dim=-1)
        logits_B: Tensor = self.deep(joined).squeeze(-1)
        return logits_B


class Dcn(nn.Module):
    """Deep and cross network (Wang et al. 2017); the history is its mean."""

    def __init__(self, task: Task, crosses: int = 3) -> None:
        super().__init__()
        self.fields, size = Fields(task), 6 * WIDTH + DENSE
        self.crosses = nn.ModuleList(nn.Linear(size, 1, bias=False) for _ in range(crosses))
        self.biases = nn.Parameter(torch.zeros(crosses, size))
        self.deep = nn.Sequential(nn.Linear(size, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU())
        self.last = nn.Linear(size + 64, 1)

    def forward(self, history_BL: Tensor, items_B: Tensor, found_B: Tensor) -> Tensor:
        there_BL1 = (history_BL < self.fields.items)[..., None].float()
        mean_BD = (self.fields(history_BL) * there_BL1).sum(1) / there_BL1.sum(1).clamp(min=1)
        x_BD = torch.cat([mean_BD, self.fields(items_B), self.fields.dense(items_B, history_BL, found_B)], dim=-1)
        crossed_BD = x_BD
        for layer, bias_D in zip(self.crosses, self.biases, strict=True):
            crossed_BD = x_BD * layer(crossed_BD) + bias_D + crossed_BD
        logits_B: Tensor = self.last(torch.cat([crossed_BD, self.deep(x_BD)], dim=-1)).squeeze(-1)
        return logits_B


@dataclass(frozen=True)
class Pairs:
    """Histories, and beside each the answer and some candidates that weren't it."""

    history_PL: Tensor
    items_PK: Tensor  # the answer first
    found_PK: Tensor


def ranked_by(model_of: Callable[[Task], nn.Module]) -> Fit:
    def fit(task: Task, seed: int) -> Fitted:
        torch.manual_seed(seed)
        finder = transition_graph_and_text(task, seed)
        model = model_of(task)
        _learn(model, _pairs(task, finder, seed), seed)

        def scores(queries: Queries) -> Floats:
            scores_QN = finder.scores(queries)
            rows_QC = first_places(scores_QN, CANDIDATES)
            found_QC = np.take_along_axis(scores_QN, rows_QC, axis=1)
            total_QN = np.full((len(queries), task.items), -np.inf, dtype=np.float32)
            history_QL = _histories(queries, task.items)
            with torch.inference_mode():
                for history_L, rows_C, found_C, total_N in zip(history_QL, rows_QC, found_QC, total_QN, strict=True):
                    asked = history_L.expand(len(rows_C), -1), torch.from_numpy(rows_C), torch.from_numpy(found_C)
                    total_N[rows_C] = model.eval()(*asked).numpy()
            return total_QN

        return Fitted(scores, sum(parameter.numel() for parameter in model.parameters()))

    return fit


def _pairs(task: Task, finder: Fitted, seed: int) -> Pairs:
    """Moments of the past, the events that followed, and wrong candidates of the same moment."""
    rng, log = np.random.default_rng(seed), task.log
    place_L = np.arange(len(log.items_L)) - log.bounds_U[log.users_L]
    ends = np.flatnonzero(place_L > 0)
    ends = np.sort(rng.permutation(ends)[: _QUERIES // (_ANSWERS if task.repeats else 1)])
    queries = Queries(log, log.users_L[ends], ends, log.times_L[ends])
    histories, items, found = [], [], []
    for start in range(0, len(ends), 100):
        part = queries.take(slice(start, start + 100))
        scores_QN = finder.scores(part)
        rows_QC = first_places(scores_QN, CANDIDATES)
        history_QL = _histories(part, task.items)
        for step in range(_ANSWERS if task.repeats else 1):
            answer_Q = part.ends_Q + step
            there = answer_Q < log.bounds_U[part.users_Q + 1]
            right_Q = log.items_L[answer_Q[there]]
            wrong_QK = rows_QC[there][:, rng.integers(0, rows_QC.shape[1], WRONG)]
            wrong_QK = np.where(wrong_QK == right_Q[:, None], rng.integers(0, task.items, wrong_QK.shape), wrong_QK)
            histories.append(history_QL[torch.from_numpy(there)])
            items.append(np.concatenate([right_Q[:, None], wrong_QK], axis=1))
            found.append(np.take_along_axis(scores_QN[there], items[-1], axis=1))
    return Pairs(torch.cat(histories), *(torch.from_numpy(np.concatenate(parts)) for parts in (items, found)))


def _learn(model: nn.Module, pairs: Pairs, seed: int) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    step = min(STEP // pairs.items_PK.shape[1], max(len(pairs.items_PK) // 10, 32))
    steps = -(-len(pairs.items_PK) // step)
    for epoch in range(max(EPOCHS, LEAST_STEPS // steps)):
        order = torch.from_numpy(np.random.default_rng((seed, epoch)).permutation(len(pairs.items_PK)))
        for start in range(0, len(order), step):
            chosen = order[start : start + step]
            items_PK = pairs.items_PK[chosen]
            history_BL = pairs.history_PL[chosen].repeat_interleave(items_PK.shape[1], dim=0)
            wanted_PK = torch.zeros(items_PK.shape)
            wanted_PK[:, 0] = 1
            logits_B = model.train()(history_BL, items_PK.flatten(), pairs.found_PK[chosen].flatten())
            loss = nn.functional.binary_cross_entropy_with_logits(logits_B, wanted_PK.flatten())
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()


def _histories(queries: Queries, items: int) -> Tensor:
    latest_QL, there_QL = queries.latest(LENGTH)
    history: Ints = np.where(there_QL, latest_QL, items)
    return torch.from_numpy(history)


RANKERS: dict[str, Fit] = {"DIN": ranked_by(Din), "DCN": ranked_by(Dcn)}
