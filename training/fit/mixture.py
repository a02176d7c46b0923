"""A shop's own weights for the plain mixture that decides which of all that was found the ranker sees.

It knows a model without a ranker and questions with known answers. An answer competes with all that the sources found;
the weights start from given ones and stay near them unless the data says more.

Shape suffixes: C candidates of a question, F columns of the mixture.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import profile_vectors
from recommender.profiles.user_state import Shopper
from recommender.retrieval import active_sources, retrieve
from recommender.retrieval.base import read_columns
from training.data.interactions import Window

# found on Amazon Beauty's validation items; those of 0 are there to be learned
GIVEN = {
    "damped near": 1.0, "words near": 0.2, "text then step near": 6.0, "text": 0.4, "place near": 0.3, "popular": 0.03,
    "step then text near": 0.0, "onward near": 0.0, "companions near": 0.0, "companions far": 0.0, "sequence": 0.0,
    "together near": 0.0, "alike wide": 0.0, "text nearest": 0.0, "place nearest": 0.0,
}  # fmt: skip
SHARPNESS = 10.0  # what the given weights are multiplied by to be log-odds
QUESTIONS = 800
LOYALTY = 0.02
ROUNDS = 25


@dataclass(frozen=True)
class Question:
    """The mixture's columns of all that was found, answers first."""

    values_CF: Tensor
    answers: int


def learn_mixture(bundle: ModelBundle, shoppers: list[Shopper], window: Window, seed: int) -> dict[str, float]:
    """Multinomial regression of the answer among what was found; the given weights where there is nothing to ask."""
    known = {column for source in active_sources(bundle) for column in source.columns}
    names = [name for name in GIVEN if name in known]
    questions = _questions(bundle, shoppers, window, names, seed)
    if not questions:
        return {name: GIVEN[name] for name in names if GIVEN[name]}
    spread_F = torch.cat([question.values_CF for question in questions[:200]]).std(0)
    scale_F = (spread_F > 1e-9).float() / (spread_F + 1e-9)
    first_F = SHARPNESS * torch.tensor([GIVEN[name] for name in names]) * spread_F
    weights_F = first_F.clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([weights_F], max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        total = _loss(questions, weights_F * scale_F) + LOYALTY * (weights_F - first_F).square().sum()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    found_F = (weights_F.detach() * scale_F / SHARPNESS).numpy()
    if not np.isfinite(found_F).all():
        return {name: GIVEN[name] for name in names if GIVEN[name]}
    return {name: float(weight) for name, weight in zip(names, found_F, strict=True)}


def _loss(questions: Sequence[Question], weights_F: Tensor) -> Tensor:
    parts = []
    for question in questions:
        scores_C = question.values_CF @ weights_F
        parts.append(torch.logsumexp(scores_C, 0) - scores_C[: question.answers].mean())
    return torch.stack(parts).mean()


def _questions(
    bundle: ModelBundle, shoppers: list[Shopper], window: Window, names: list[str], seed: int
) -> list[Question]:
    chosen = np.sort(np.random.default_rng(seed).permutation(len(shoppers))[:QUESTIONS])
    everything = np.ones(len(bundle.catalogue), dtype=bool)
    vectors = profile_vectors(bundle, [shoppers[place] for place in chosen])
    bundle = replace(bundle, manifest=bundle.manifest.model_copy(update={"mixture": {}}))
    questions = []
    for place, vector in zip(chosen.tolist(), vectors, strict=True):
        candidates = retrieve(bundle, shoppers[place], vector, everything)
        rows_C = np.setdiff1d(candidates.rows_C, shoppers[place].rows_K)
        is_answer_C = np.isin(rows_C, window.wanted[place])
        if is_answer_C.any():
            rows_C = rows_C[np.argsort(~is_answer_C, kind="stable")]
            values_CF = read_columns(candidates.query, rows_C, names).T
            questions.append(Question(torch.from_numpy(np.ascontiguousarray(values_CF)), int(is_answer_C.sum())))
    return questions
