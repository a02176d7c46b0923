"""Fitting the ranker: among a shopper's candidates at a moment, tell those they came for afterwards.

It knows a bundle that has seen nothing after the moment, and what followed.

Shape suffixes: C candidates of all shoppers, F columns, H hidden units, Q shoppers of a step.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.artifacts import ModelBundle
from recommender.candidates import retrieve
from recommender.matrix import COLUMNS, feature_matrix
from recommender.profiles import profile_vectors
from recommender.scorer import Ranker
from recommender.shoppers import Shopper
from training.dataset import Window
from training.params import FitParams

HIDDEN = 32
SHOPPERS_A_STEP = 16


@dataclass(frozen=True)
class Examples:
    """Candidates of all shoppers on top of each other; shopper q's are `bounds[q]:bounds[q + 1]`."""

    features_CF: NDArray[np.float32]
    wanted_C: NDArray[np.bool_]
    bounds: NDArray[np.int64]


def make_examples(bundle: ModelBundle, shoppers: list[Shopper], examples: Window) -> Examples:
    allowed_N = np.ones(len(bundle.catalogue), dtype=bool)
    matrices, labels = [], []
    for start in range(0, len(shoppers), 256):
        batch = shoppers[start : start + 256]
        for shopper, vector, wanted in zip(
            batch, profile_vectors(bundle, batch), examples.wanted[start:], strict=False
        ):
            candidates = retrieve(bundle, shopper, vector, allowed_N)
            matrices.append(feature_matrix(bundle, shopper, candidates))
            labels.append(np.isin(candidates.rows_C, wanted))
    bounds = np.cumsum([0, *map(len, labels)])
    return Examples(np.concatenate(matrices), np.concatenate(labels), bounds)


class _Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(len(COLUMNS), HIDDEN)
        self.second = nn.Linear(HIDDEN, HIDDEN)
        self.last = nn.Linear(HIDDEN, 1)

    def forward(self, x_CF: Tensor) -> Tensor:
        hidden_CH = torch.relu(self.second(torch.relu(self.first(x_CF))))
        scores_C: Tensor = self.last(hidden_CH)[:, 0]
        return scores_C


def fit_ranker(examples: Examples, params: FitParams) -> Ranker:
    torch.manual_seed(params.seed)
    rng = np.random.default_rng(params.seed)
    mean_F = examples.features_CF.mean(axis=0)
    scale_F = examples.features_CF.std(axis=0) + 1e-3
    network = _Network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-3)
    useful = np.flatnonzero(np.add.reduceat(examples.wanted_C, examples.bounds[:-1]) > 0)
    steps = max(1, params.ranker_epochs * -(-len(useful) // SHOPPERS_A_STEP))
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(params.ranker_epochs):
        order = rng.permutation(useful)
        for start in range(0, len(order), SHOPPERS_A_STEP):
            loss = _loss(network, examples, order[start : start + SHOPPERS_A_STEP], mean_F, scale_F)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return _read(network, mean_F, scale_F)


def _loss(
    network: _Network,
    examples: Examples,
    chosen_Q: NDArray[np.int64],
    mean_F: NDArray[np.float32],
    scale_F: NDArray[np.float32],
) -> Tensor:
    """Each candidate's own odds, and the wanted ones against the shopper's whole list."""
    spans = [slice(examples.bounds[q], examples.bounds[q + 1]) for q in chosen_Q]
    features_CF = np.concatenate([examples.features_CF[span] for span in spans])
    x_CF = torch.from_numpy(np.clip((features_CF - mean_F) / scale_F, -8, 8))
    wanted_C = torch.from_numpy(np.concatenate([examples.wanted_C[span] for span in spans])).float()
    scores_C = network(x_CF)
    owner_C = torch.repeat_interleave(torch.arange(len(spans)), torch.tensor([s.stop - s.start for s in spans]))
    peak = scores_C.detach().max()
    mass_Q = torch.zeros(len(spans)).index_add(0, owner_C, torch.exp(scores_C - peak))
    listed_C = scores_C - peak - torch.log(mass_Q)[owner_C]
    among = -(wanted_C * listed_C).sum() / wanted_C.sum().clamp(min=1)
    odds = nn.functional.binary_cross_entropy_with_logits(scores_C, wanted_C)
    loss: Tensor = among + 10 * odds
    return loss


def _read(network: _Network, mean_F: NDArray[np.float32], scale_F: NDArray[np.float32]) -> Ranker:
    state = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    return Ranker(
        mean_F=mean_F.astype(np.float32),
        scale_F=scale_F.astype(np.float32),
        weight_FH=state["first.weight"].T.copy(),
        bias_H=state["first.bias"],
        weight_HH=state["second.weight"].T.copy(),
        bias2_H=state["second.bias"],
        weight_H=state["last.weight"][0],
        bias=state["last.bias"],
    )
