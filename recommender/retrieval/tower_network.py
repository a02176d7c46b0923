"""Fitting the towers: from what stood around an event to the event, among items drawn by popularity.

Two towers with a sampled softmax, corrected for how the wrong items are drawn (logQ: Yi et al.,
"Sampling-Bias-Corrected Neural Modeling for Large Corpus Item Recommendations", RecSys 2019). A fit goes on from the
greatest earlier one whose events are all among its own: so the moments of a training share what they may share.

Shape suffixes: X events of a step, H places of a context, U distinct items, D width, S sampled items, N items,
E width of the content.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from recommender.models.item_statistics import Events
from recommender.models.tensors import Tensors
from recommender.retrieval.towers import unit

Floats = NDArray[np.float32]
WIDTH, STEP, SAMPLED = 64, 1024, 1024
PLACES, DECAY = 10, 0.7  # how far a context reaches
EPOCHS, MORE_EPOCHS, MOST_STEPS = 4.0, 0.5, 1600
RATE, MORE_RATE, OWN_DECAY, OWN_DROPOUT = 5e-3, 2e-3, 1e-5, 0.3
FLATTENED = 0.75  # the power of popularity that items are drawn by
SEED = 0


class TowerNetwork(nn.Module):
    """Both towers, a bias of each item, and how sharply cosines tell items apart."""

    def __init__(self, items: int, content: int) -> None:
        super().__init__()
        self.content_in, self.content_out = nn.Linear(content, WIDTH), nn.Linear(content, WIDTH)
        self.own_in, self.own_out = nn.Embedding(items, WIDTH), nn.Embedding(items, WIDTH)
        nn.init.zeros_(self.own_in.weight)
        nn.init.zeros_(self.own_out.weight)
        self.bias = nn.Parameter(torch.zeros(items))
        self.sharpness = nn.Parameter(torch.tensor(2.0))  # its logarithm

    def embed_in(self, content_NE: Tensor, items: Tensor) -> Tensor:
        both: Tensor = self.content_in(content_NE[items]) + self._own(self.own_in, items)
        return both

    def embed_out(self, content_NE: Tensor, items: Tensor) -> Tensor:
        both: Tensor = self.content_out(content_NE[items]) + self._own(self.own_out, items)
        return nn.functional.normalize(both, dim=-1)

    def _own(self, table: nn.Embedding, items: Tensor) -> Tensor:
        """Left out by chance while learning, so that items are known by their content too."""
        own: Tensor = table(items)
        if self.training:
            own = own * (torch.rand(len(items), 1) > OWN_DROPOUT)
        return own


@dataclass(frozen=True)
class Contexts:
    """Events with what came before them, and once more with what came after."""

    around_XH: Tensor
    weights_XH: Tensor
    right_X: Tensor

    @classmethod
    def of(cls, events: Events) -> "Contexts":
        around, weights, right = [], [], []
        items, users = events.items.astype(np.int64), events.users
        for direction in (-1, 1):
            places_LH = np.arange(len(items))[:, None] + direction * np.arange(1, PLACES + 1)
            inside_LH = places_LH.clip(0, len(items) - 1)
            there_LH = (places_LH == inside_LH) & (users[inside_LH] == users[:, None])
            some_L = there_LH[:, 0]
            around.append(items[inside_LH[some_L]])
            weights.append((there_LH[some_L] * DECAY ** np.arange(PLACES)).astype(np.float32))
            right.append(items[some_L])
        return cls(*(torch.from_numpy(np.concatenate(parts)) for parts in (around, weights, right)))

    def __len__(self) -> int:
        return len(self.right_X)


def fit_towers(events: Events, content_NE: Floats, memo: dict[str, Any]) -> Tensors:
    """The towers' arrays; `memo` keeps each network with the events that it saw, for fits that saw these too."""
    seen: list[tuple[NDArray[np.int64], TowerNetwork]] = memo.setdefault("tower networks", [])
    keys = _keys(events)
    earlier = [(len(known), network) for known, network in seen if np.isin(known, keys).all()]
    network = train(events, content_NE, max(earlier, key=lambda one: one[0])[1] if earlier else None)
    seen.append((keys, network))
    return as_tensors(network, content_NE)


def _keys(events: Events) -> NDArray[np.int64]:
    """A number for each event, the same in every log of one training."""
    mixed = (events.users.astype(np.uint64) << np.uint64(32)) ^ events.items.astype(np.uint64)
    mixed = mixed * np.uint64(0x9E3779B97F4A7C15) ^ events.times.astype(np.uint64)
    return np.unique(mixed).view(np.int64)


def train(events: Events, content_NE: Floats, start: TowerNetwork | None = None) -> TowerNetwork:
    """Learned from the beginning, or going on from `start`, which stays as it is."""
    contexts, rng = Contexts.of(events), np.random.default_rng(SEED)
    flattened = (np.bincount(events.items, minlength=len(content_NE)) + 1.0) ** FLATTENED
    drawn_N = flattened / flattened.sum()
    log_N = torch.from_numpy(np.log(drawn_N * SAMPLED)).float()
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        network = TowerNetwork(*content_NE.shape)
        with torch.no_grad():
            network.bias.copy_(log_N / (2 * FLATTENED))
        if start is not None:
            network.load_state_dict(start.state_dict())
        steps = steps_of(len(contexts), going_on=start is not None)
        optimizer, schedule = _optimizer(network, RATE if start is None else MORE_RATE, steps)
        content = torch.from_numpy(content_NE)
        for chosen in _batches(len(contexts), steps, rng):
            wrong_S = torch.from_numpy(rng.choice(len(content_NE), SAMPLED, p=drawn_N))
            loss = _loss(network.train(), content, contexts, chosen, wrong_S, log_N)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval()


def steps_of(events: int, going_on: bool) -> int:
    steps = -(-int(events * (MORE_EPOCHS if going_on else EPOCHS)) // STEP)
    return min(steps, int(MOST_STEPS * MORE_EPOCHS / EPOCHS) if going_on else MOST_STEPS)


def _optimizer(
    network: TowerNetwork, rate: float, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    own = [network.own_in.weight, network.own_out.weight]
    others = [parameter for name, parameter in network.named_parameters() if not name.startswith("own")]
    groups = [{"params": others, "weight_decay": 0.0}, {"params": own, "weight_decay": OWN_DECAY}]
    optimizer = torch.optim.AdamW(groups, lr=rate)
    return optimizer, torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=max(steps, 30), pct_start=0.1)


def _batches(events: int, steps: int, rng: np.random.Generator) -> Iterator[Tensor]:
    while steps > 0:
        order = torch.from_numpy(rng.permutation(events))
        for chosen in torch.split(order, STEP)[:steps]:
            yield chosen
            steps -= 1


def _loss(
    network: TowerNetwork, content_NE: Tensor, contexts: Contexts, chosen: Tensor, wrong_S: Tensor, log_N: Tensor
) -> Tensor:
    right_X, weights_XH = contexts.right_X[chosen], contexts.weights_XH[chosen]
    distinct_U, number_XH = torch.unique(contexts.around_XH[chosen], return_inverse=True)
    led_XHD = nn.functional.embedding(number_XH, network.embed_in(content_NE, distinct_U))
    led_XD = nn.functional.normalize((led_XHD * weights_XH[..., None]).sum(1), dim=-1) * network.sharpness.exp()
    right_X1 = (led_XD * network.embed_out(content_NE, right_X)).sum(-1, keepdim=True)
    right_X1 = right_X1 + (network.bias - log_N)[right_X][:, None]
    logits_XS = led_XD @ network.embed_out(content_NE, wrong_S).T + (network.bias - log_N)[wrong_S]
    logits_XS = logits_XS.masked_fill(wrong_S == right_X[:, None], -1e4)
    first_X = torch.zeros(len(right_X), dtype=torch.int64)
    return nn.functional.cross_entropy(torch.cat([right_X1, logits_XS], dim=1), first_X)


@torch.inference_mode()
def as_tensors(network: TowerNetwork, content_NE: Floats) -> Tensors:
    """The learned vectors of all items as arrays; what leads to an item has length 1."""
    content = torch.from_numpy(content_NE)
    content_in, content_out = network.content_in(content).numpy(), network.content_out(content).numpy()
    return {
        "in_ND": content_in + network.own_in.weight.numpy(),
        "out_ND": unit(content_out + network.own_out.weight.numpy()),
        "content_in_ND": content_in,
        "content_out_ND": unit(content_out),
        "bias_N": network.bias.numpy().copy(),
        "sharpness": np.array([float(network.sharpness.exp())], dtype=np.float32),
    }
