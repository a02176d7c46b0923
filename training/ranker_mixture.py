"""A shop's own weights for the mixture that finds candidates: a few numbers, learned from questions with known answers.

It knows batches and right answers. The weights start from the given ones and stay near them unless the data says more;
none is negative, since a source that speaks against an item says little of all the others. Items drawn by chance stand
for all that are no near misses and weigh as many (the sampled softmax of Bengio and Senecal, 2008): without that, what
near misses have in common would count against everything.

Shape suffixes: Q queries, S sampled items, P parts, N items.
"""

from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray

from recommender.ranker.batch import Batch
from recommender.ranker.log import Floats, Ints, Mask
from recommender.ranker.mixture import Weights

SHARPNESS = 10.0  # what the given weights are multiplied by to be odds
_NEAR, _CHANCE, _ANSWERS = 200, 300, 20
_LOYALTY = 0.02
_OUT = -1e4

Asked = Iterable[tuple[Batch, sp.csr_matrix]]  # with the right items of each query, of shape (Q, N)


def learned_mixture(asked: Asked, start: Weights, seed: int) -> Weights:
    """Multinomial regression of the answer among all items; `start` when there is nothing to ask."""
    rng = np.random.default_rng(seed)
    samples = [_sample(batch, right, rng) for batch, right in asked]
    if not samples:
        return start
    names = samples[0][0]
    values_QSP = torch.from_numpy(np.concatenate([sample[1] for sample in samples]))
    shares_QS = torch.from_numpy(np.concatenate([sample[2] for sample in samples]))
    standing_QS = torch.from_numpy(np.concatenate([sample[3] for sample in samples]))
    spread_P = values_QSP.std((0, 1))
    useful_P = (spread_P > 1e-9).float()
    values_QSP = values_QSP / (spread_P + 1e-9) * useful_P
    first_P = SHARPNESS * torch.tensor([start.get(name, 0.0) for name in names]) * spread_P
    weights_P = first_P.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([weights_P], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        log_QS = torch.log_softmax(values_QSP @ weights_P.clamp(min=0) + standing_QS, dim=1)
        total = -(log_QS * shares_QS).sum(1).mean() + _LOYALTY * (weights_P - first_P).square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    found_P = (weights_P.detach().clamp(min=0) / (spread_P + 1e-9) / SHARPNESS * useful_P).numpy()
    if not np.isfinite(found_P).all():
        return start
    return {name: float(weight) for name, weight in zip(names, found_P, strict=True)}


def _sample(batch: Batch, right: sp.csr_matrix, rng: np.random.Generator) -> tuple[list[str], Floats, Floats, Floats]:
    """(names, values of shape (Q, S, P), how much each is an answer, the log of how many items it stands for)."""
    items, mixed_QN = batch.sources.items, batch.mixed
    near = min(_NEAR, items)
    near_QS = np.argpartition(-mixed_QN, near - 1, axis=1)[:, :near]
    answers_QA, there_QA = _answers(right, rng)
    chance_QS = rng.integers(0, items, (len(near_QS), _CHANCE))
    rows_QS = np.concatenate([answers_QA, near_QS, chance_QS], axis=1)
    mixed_QS = np.take_along_axis(mixed_QN, rows_QS, axis=1)
    count = answers_QA.shape[1]
    least_Q1 = mixed_QS[:, count : count + near].min(axis=1, keepdims=True)
    left_out_QS = np.take_along_axis(right.toarray() > 0, rows_QS, axis=1) | ~np.isfinite(mixed_QS)
    left_out_QS[:, count + near :] |= mixed_QS[:, count + near :] >= least_Q1  # near ones are there already
    left_out_QS[:, :count] = ~there_QA
    standing_QS = np.zeros(rows_QS.shape, dtype=np.float32)
    standing_QS[:, count + near :] = np.log(max(items - near, 1) / _CHANCE)
    standing_QS[left_out_QS] = _OUT
    shares_QS = np.zeros(rows_QS.shape, dtype=np.float32)
    shares_QS[:, :count] = there_QA / np.maximum(there_QA.sum(axis=1, keepdims=True), 1)
    found = batch.parts
    values = np.stack([np.take_along_axis(part, rows_QS, axis=1) for part in found.values()], axis=-1)
    return list(found), values.astype(np.float32), shares_QS, standing_QS


def _answers(right: sp.csr_matrix, rng: np.random.Generator) -> tuple[Ints, Mask]:
    lengths = np.diff(right.indptr)
    most = max(1, min(_ANSWERS, int(lengths.max(initial=0))))
    rows: NDArray[np.int64] = np.zeros((right.shape[0], most), dtype=np.int64)
    for query, length in enumerate(lengths):
        chosen = rng.permutation(length)[:most]
        rows[query, : len(chosen)] = right.indices[right.indptr[query] + chosen]
    return rows, np.arange(most) < lengths[:, None]
