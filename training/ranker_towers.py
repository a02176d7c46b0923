"""Fitting the towers: from what stood around an event to the event, among items drawn by popularity (logQ corrected).

It knows a log and the items' content. A fit can go on from an earlier one: that is how folds share what they may share.

Shape suffixes: X events of a step, H places of a context, U distinct items, D width, S sampled items, N items.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.ranker.graphs import unit
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Log
from recommender.ranker.towers import Towers, content_of

WIDTH, STEP, SAMPLED = 64, 1024, 2048
PLACES, DECAY = 10, 0.7  # how far a context reaches
EPOCHS, MORE_EPOCHS, MOST_STEPS = 4.0, 1.5, 1600
_RATE, _MORE_RATE, _OWN_DECAY, _OWN_DROPOUT = 5e-3, 2e-3, 1e-5, 0.3
_FLATTENED = 0.75  # the power of popularity that items are drawn by


class TowersNetwork(nn.Module):
    def __init__(self, items: int, content: int) -> None:
        super().__init__()
        self.content_in, self.content_out = nn.Linear(content, WIDTH), nn.Linear(content, WIDTH)
        self.own_in, self.own_out = nn.Embedding(items, WIDTH), nn.Embedding(items, WIDTH)
        nn.init.zeros_(self.own_in.weight)
        nn.init.zeros_(self.own_out.weight)
        self.bias = nn.Parameter(torch.zeros(items))
        self.sharpness = nn.Parameter(torch.tensor(2.0))  # its logarithm

    def led(self, content_NE: Tensor, items: Tensor) -> Tensor:
        both: Tensor = self.content_in(content_NE[items]) + self._own(self.own_in, items)
        return both

    def leading(self, content_NE: Tensor, items: Tensor) -> Tensor:
        both: Tensor = self.content_out(content_NE[items]) + self._own(self.own_out, items)
        return nn.functional.normalize(both, dim=-1)

    def _own(self, table: nn.Embedding, items: Tensor) -> Tensor:
        """Left out by chance while learning, so that items are known by their content too."""
        own: Tensor = table(items)
        if self.training:
            own = own * (torch.rand(len(items), 1) > _OWN_DROPOUT)
        return own


@dataclass(frozen=True)
class TowersStart:
    """What was learned of events that nobody is asked for, to go on from; nothing, to begin anew each time."""

    content_NE: Floats
    seed: int
    network: TowersNetwork | None = None

    @classmethod
    def of(cls, facts: ItemFacts, log: Log, seed: int) -> "TowersStart":
        content_NE = content_of(facts, seed)
        return cls(content_NE, seed, fit_towers(log, content_NE, seed))

    def on(self, log: Log) -> Towers:
        return as_towers(fit_towers(log, self.content_NE, self.seed, self.network), self.content_NE)


@dataclass(frozen=True)
class Contexts:
    """Events with what came before them, and once more with what came after."""

    around_XH: Tensor
    weights_XH: Tensor
    right_X: Tensor

    @classmethod
    def of(cls, log: Log) -> "Contexts":
        around, weights, right = [], [], []
        for direction in (-1, 1):
            places_LH = np.arange(len(log.items_L))[:, None] + direction * np.arange(1, PLACES + 1)
            inside_LH = places_LH.clip(0, len(log.items_L) - 1)
            there_LH = (places_LH == inside_LH) & (log.users_L[inside_LH] == log.users_L[:, None])
            some_L = there_LH[:, 0]
            around.append(log.items_L[inside_LH[some_L]])
            weights.append((there_LH[some_L] * DECAY ** np.arange(PLACES)).astype(np.float32))
            right.append(log.items_L[some_L])
        return cls(*(torch.from_numpy(np.concatenate(parts)) for parts in (around, weights, right)))


@dataclass(frozen=True)
class Chances:
    """How items are drawn to be wrong, and what that takes from their odds."""

    of_N: NDArray[np.float64]
    log_N: Tensor

    @classmethod
    def of(cls, log: Log, items: int) -> "Chances":
        flattened = (np.bincount(log.items_L, minlength=items) + 1.0) ** _FLATTENED
        of_N = flattened / flattened.sum()
        return cls(of_N, torch.from_numpy(np.log(of_N * SAMPLED)).float())


def fit_towers(log: Log, content_NE: Floats, seed: int, start: TowersNetwork | None = None) -> TowersNetwork:
    """Learned from the beginning, or going on from `start`, which stays as it is."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = TowersNetwork(*content_NE.shape)
    contexts, chances = Contexts.of(log), Chances.of(log, len(content_NE))
    with torch.no_grad():
        network.bias.copy_(chances.log_N / (2 * _FLATTENED))
    if start is not None:
        network.load_state_dict(start.state_dict())
    rate = _RATE if start is None else _MORE_RATE
    own = [network.own_in.weight, network.own_out.weight]
    others = [parameter for name, parameter in network.named_parameters() if not name.startswith("own")]
    groups = [{"params": others, "weight_decay": 0.0}, {"params": own, "weight_decay": _OWN_DECAY}]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    steps = _steps(len(contexts.right_X), start is not None)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(steps, 2), pct_start=0.1)
    content = torch.from_numpy(content_NE)
    for chosen in _steps_of(len(contexts.right_X), steps, rng):
        wrong_S = torch.from_numpy(rng.choice(len(content_NE), SAMPLED, p=chances.of_N))
        loss = _loss(network.train(), content, contexts, chosen, wrong_S, chances.log_N)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    return network.eval()


def _steps_of(events: int, steps: int, rng: np.random.Generator) -> Iterator[Tensor]:
    while steps > 0:
        order = torch.from_numpy(rng.permutation(events))
        for chosen in torch.split(order, STEP)[:steps]:
            yield chosen
            steps -= 1


def _steps(events: int, more: bool) -> int:
    steps = -(-int(events * (MORE_EPOCHS if more else EPOCHS)) // STEP)
    return min(steps, int(MOST_STEPS * MORE_EPOCHS / EPOCHS) if more else MOST_STEPS)


def _loss(
    network: TowersNetwork, content_NE: Tensor, contexts: Contexts, chosen: Tensor, wrong_S: Tensor, log_N: Tensor
) -> Tensor:
    right_X, weights_XH = contexts.right_X[chosen], contexts.weights_XH[chosen]
    distinct_U, number_XH = torch.unique(contexts.around_XH[chosen], return_inverse=True)
    led_XHD = nn.functional.embedding(number_XH, network.led(content_NE, distinct_U))
    led_XD = nn.functional.normalize((led_XHD * weights_XH[..., None]).sum(1), dim=-1) * network.sharpness.exp()
    right_X1 = (led_XD * network.leading(content_NE, right_X)).sum(-1, keepdim=True)
    right_X1 = right_X1 + (network.bias - log_N)[right_X][:, None]
    logits_XS = led_XD @ network.leading(content_NE, wrong_S).T + (network.bias - log_N)[wrong_S]
    logits_XS = logits_XS.masked_fill(wrong_S == right_X[:, None], -1e4)
    first_X = torch.zeros(len(right_X), dtype=torch.int64)
    return nn.functional.cross_entropy(torch.cat([right_X1, logits_XS], dim=1), first_X)


def as_towers(network: TowersNetwork, content_NE: Floats) -> Towers:
    """The learned vectors of all items as arrays."""
    content = torch.from_numpy(content_NE)
    with torch.inference_mode():
        content_in, content_out = network.content_in(content).numpy(), network.content_out(content).numpy()
        own_in, own_out = network.own_in.weight.numpy(), network.own_out.weight.numpy()
        return Towers(
            in_ND=content_in + own_in,
            out_ND=unit(content_out + own_out),
            content_in_ND=content_in,
            content_out_ND=unit(content_out),
            bias_N=network.bias.numpy().copy(),
            sharpness=float(network.sharpness.exp()),
        )
