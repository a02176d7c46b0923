"""Further tasks the ranker learns beside what comes next: category, price level, whether it is bought, its stars.

They share the ranker's layers and shape what these see; in service only the first task's score is read. A task that a
shop has no examples of (no ratings, no prices, purchases alone) is left out by itself.

Shape suffixes: C candidates, N items, Q shoppers of a step, G groups.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.data.event_weights import PURCHASE, RATING, REVIEW
from recommender.models.bundle import ModelBundle
from training.data.interactions import Actions

MIDDLE, SPREAD = 3.0, 2.0  # of stars


@dataclass(frozen=True)
class Targets:
    """Of candidates on top of each other. `bought_C` and `stars_C` are NaN for what wasn't touched or rated."""

    groups: dict[str, NDArray[np.int32]]  # category and price level
    bought_C: NDArray[np.float32]
    stars_C: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: Sequence["Targets"]) -> "Targets":
        """All of them, one after the other."""
        groups = {name: np.concatenate([part.groups[name] for part in parts]) for name in parts[0].groups}
        bought_C, stars_C = ([getattr(part, name) for part in parts] for name in ("bought_C", "stars_C"))
        return cls(groups, np.concatenate(bought_C), np.concatenate(stars_C))


def targets_of(bundle: ModelBundle, rows: list[NDArray[np.int64]], actions: list[Actions]) -> Targets:
    """Of each shopper's candidates, by what the shopper did afterwards."""
    every = np.concatenate(rows)
    levels_N = np.digitize(bundle.catalogue.prices, bundle.price_thirds).astype(np.int32)
    levels_N[~np.isfinite(bundle.catalogue.prices)] = len(bundle.price_thirds) + 1
    groups = {"category": bundle.groups["category"][0][every].astype(np.int32), "price": levels_N[every]}
    targets = [_targets_of_one(theirs, action) for theirs, action in zip(rows, actions, strict=True)]
    return Targets(groups, np.concatenate([one for one, _ in targets]), np.concatenate([one for _, one in targets]))


def _targets_of_one(rows_C: NDArray[np.int64], actions: Actions) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    bought_C, stars_C = (np.full(len(rows_C), np.nan, dtype=np.float32) for _ in range(2))
    bought_C[np.isin(rows_C, actions.rows)] = 0
    bought_C[np.isin(rows_C, actions.rows[actions.kinds == PURCHASE])] = 1
    rated = np.isin(actions.kinds, (RATING, REVIEW)) & np.isfinite(actions.values)
    stars = dict(zip(actions.rows[rated].tolist(), actions.values[rated].tolist(), strict=True))  # the last counts
    places = np.flatnonzero(np.isin(rows_C, list(stars)))
    stars_C[places] = [stars[row] for row in rows_C[places].tolist()]
    return bought_C, stars_C


class Heads(nn.Module):
    """Whether an item that is touched is bought, and its stars, out of the ranker's last hidden layer."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.bought = nn.Linear(hidden, 1)
        self.stars = nn.Linear(hidden, 1)


def task_loss(
    heads: Heads,
    targets: Targets,
    places_QC: NDArray[np.int64],
    there: Tensor,
    listed_QC: Tensor,
    wanted_QC: Tensor,
    hidden_QCH: Tensor,
) -> Tensor:
    """All further tasks of a step together."""
    loss = listed_QC.new_zeros(())
    for codes_C in targets.groups.values():
        codes_QC = codes_C[places_QC].astype(np.int64)
        if codes_QC.min() < codes_QC.max():
            loss = loss + _against_groups(listed_QC, wanted_QC, torch.from_numpy(codes_QC))
    bought = torch.from_numpy(targets.bought_C[places_QC])
    known = there & torch.isfinite(bought)
    if bool(known.any()) and 0 < float(bought[known].mean()) < 1:
        logits = heads.bought(hidden_QCH[known]).squeeze(-1)
        loss = loss + nn.functional.binary_cross_entropy_with_logits(logits, bought[known])
    stars = torch.from_numpy(targets.stars_C[places_QC])
    known = there & torch.isfinite(stars)
    if bool(known.any()):
        guessed = heads.stars(hidden_QCH[known]).squeeze(-1)
        loss = loss + nn.functional.mse_loss(guessed, (stars[known] - MIDDLE) / SPREAD)
    return loss


def _against_groups(scores_QC: Tensor, wanted_QC: Tensor, codes_QC: Tensor) -> Tensor:
    """What all candidates of a group got together, against the groups of what was wanted."""
    shares_QC = wanted_QC / wanted_QC.sum(1, keepdim=True).clamp(min=1e-9)
    chances_QC = torch.softmax(scores_QC, dim=1)
    groups = int(codes_QC.max()) + 1
    chances_QG = chances_QC.new_zeros(len(codes_QC), groups).scatter_add(1, codes_QC, chances_QC)
    of_wanted_QC = chances_QG.gather(1, codes_QC).clamp(min=1e-9)
    return -(of_wanted_QC.log() * shares_QC).sum(1).mean()
