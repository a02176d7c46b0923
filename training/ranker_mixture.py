"""A shop's own weights for the mixture that finds candidates: a few numbers, learned from questions with known answers.

It knows batches and right answers. An answer competes with all items, or with a common sample of them in wide
catalogues: items that were picked because the given weights find them would teach that those weights are wrong. The
weights start from the given ones and stay near them unless the data says more.

Shape suffixes: Q queries, S sampled items, A answers of a query, P parts, N items.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.ranker.batch import Batch
from recommender.ranker.log import Ints, Mask
from recommender.ranker.mixture import Weights, given

SHARPNESS = 10.0  # what the given weights are multiplied by to be odds
SAMPLED = 6000
_ANSWERS = 20
_LOYALTY = 0.02
_ROUNDS = 25

Asked = Iterable[tuple[Batch, sp.csr_matrix]]  # with the right items of each query, of shape (Q, N)


@dataclass(frozen=True)
class Question:
    """Some queries: the parts' values for the answers and for what they compete with."""

    answers_QAP: Tensor
    shares_QA: Tensor  # how much each is an answer; they sum to 1
    others_QSP: Tensor
    left_out_QS: Tensor


def start_of(repeats: bool, left_out: tuple[str, ...] = ()) -> Weights:
    """The given weights without the parts whose names start so."""
    return {name: weight for name, weight in given(repeats).items() if not name.startswith(left_out)}


def learned_mixture(asked: Asked, start: Weights, seed: int, left_out: tuple[str, ...] = ()) -> Weights:
    """Multinomial regression of the answer among all items; `start` when there is nothing to ask."""
    rng = np.random.default_rng(seed)
    questions: list[Question] = []
    names: list[str] = []
    sampled_S: Ints = np.empty(0, dtype=np.int64)
    for batch, right in asked:
        if not names:
            names = [name for name in batch.parts if not name.startswith(left_out)]
            items = batch.sources.items
            sampled_S = np.sort(rng.permutation(items)[:SAMPLED])
        questions.append(_question(batch, right, names, sampled_S, rng))
    if not questions:
        return start
    each_stands_for = items / len(sampled_S)
    spread_P = _spread(questions)
    useful_P = (spread_P > 1e-9).float()
    scale_P = useful_P / (spread_P + 1e-9)
    first_P = SHARPNESS * torch.tensor([start.get(name, 0.0) for name in names]) * spread_P
    weights_P = first_P.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([weights_P], max_iter=_ROUNDS, line_search_fn="strong_wolfe")
    count = sum(len(question.shares_QA) for question in questions)

    def loss() -> Tensor:
        optimizer.zero_grad()
        total = _LOYALTY * (weights_P - first_P).square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        for question in questions:
            part = _loss(question, weights_P * scale_P, each_stands_for) / count
            part.backward()  # type: ignore[no-untyped-call]
            total = total.detach() + part.detach()
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    found_P = (weights_P.detach() * scale_P / SHARPNESS).numpy()
    if not np.isfinite(found_P).all():
        return start
    return {name: float(weight) for name, weight in zip(names, found_P, strict=True)}


def _loss(question: Question, weights_P: Tensor, each_stands_for: float) -> Tensor:
    """Of all the question's queries together."""
    others_QS = question.others_QSP @ weights_P + float(np.log(each_stands_for))
    others_QS = others_QS.masked_fill(question.left_out_QS, -1e4)
    answers_QA = question.answers_QAP @ weights_P
    against_Q1 = torch.logsumexp(others_QS, dim=1, keepdim=True)
    return ((torch.logaddexp(answers_QA, against_Q1) - answers_QA) * question.shares_QA).sum()


def _spread(questions: list[Question]) -> Tensor:
    """Of each part over the items of some queries."""
    return torch.cat([question.others_QSP[:4].flatten(0, 1) for question in questions]).std(0)


def _question(
    batch: Batch, right: sp.csr_matrix, names: list[str], sampled_S: Ints, rng: np.random.Generator
) -> Question:
    answers_QA, there_QA = _answers(right, rng)
    left_out_QN = (right.toarray() > 0) | ~np.isfinite(batch.mixed)
    parts = [batch.parts[name] for name in names]
    answers_QAP = np.stack([np.take_along_axis(part, answers_QA, axis=1) for part in parts], axis=-1)
    others_QSP = np.stack([part[:, sampled_S] for part in parts], axis=-1, dtype=np.float32, casting="same_kind")
    shares_QA = there_QA / np.maximum(there_QA.sum(axis=1, keepdims=True), 1)
    return Question(
        torch.from_numpy(answers_QAP.astype(np.float32)),
        torch.from_numpy(shares_QA.astype(np.float32)),
        torch.from_numpy(others_QSP),
        torch.from_numpy(left_out_QN[:, sampled_S]),
    )


def _answers(right: sp.csr_matrix, rng: np.random.Generator) -> tuple[Ints, Mask]:
    lengths = np.diff(right.indptr)
    most = max(1, min(_ANSWERS, int(lengths.max(initial=0))))
    rows: NDArray[np.int64] = np.zeros((right.shape[0], most), dtype=np.int64)
    for query, length in enumerate(lengths):
        chosen = rng.permutation(length)[:most]
        rows[query, : len(chosen)] = right.indices[right.indptr[query] + chosen]
    return rows, np.arange(most) < lengths[:, None]
