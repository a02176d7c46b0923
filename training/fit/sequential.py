"""Fitting the sequence model: after each event, tell the items of the next few from all others.

It knows events as arrays in order of shopper and time, and the texts' vectors. Sampled softmax with logQ correction:
the negatives are drawn by popularity, and what that favours is taken out again.

Shape suffixes: B pieces of behaviour, L events, D width, P positions, S negatives of a sample, N items, T text width.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recommender.data.event_weights import DAY
from recommender.models.counting.event_arrays import Events
from recommender.models.sequential import SequenceModel
from recommender.models.sequential_numpy import SequenceShape
from training.config import FitParams
from training.fit.curves import note_loss

PIECES = 24  # of behaviour a step
NEGATIVES = 1024  # a step, fewer in a small shop
NEXT_EVENTS = 16  # the next events an event is to tell
FORGET_FREE = 0.2  # how often an item must speak by its text alone
ENOUGH_EVENTS = 8  # for an item to get a free vector of its own
STEPS_A_POINT = 20  # of the loss's curve
EPOCHS = 12  # over a small shop's events, at most


def vocabulary(events: Events, items: int) -> NDArray[np.int64]:
    """A number for each item that has been seen often enough to be learned by itself; 0 for the others."""
    often = np.bincount(events.items, minlength=items) >= ENOUGH_EVENTS
    return np.where(often, np.cumsum(often), 0)


def new_model(text_width: int, words: int, params: FitParams) -> SequenceModel:
    """An unfitted model with a free vector for each of `words` items; seeds PyTorch with the parameters' seed."""
    torch.manual_seed(params.seed)
    return SequenceModel(SequenceShape(text_width, params.width, words, params.sequence_length))


def fit_sequences(
    model: SequenceModel,
    events: Events,
    text_NT: NDArray[np.float32],
    vocabulary_N: NDArray[np.int64],
    params: FitParams,
    steps: int,
) -> float:
    """Goes on fitting `model`; returns the mean loss of the last steps. No pair of events to learn from: 0 steps."""
    rng = np.random.default_rng(params.seed)
    torch.manual_seed(params.seed)
    counts_N = np.bincount(events.items, minlength=len(text_NT)).astype(np.float64)
    sampler = _Negatives(counts_N, rng)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4)
    texts, words = torch.from_numpy(np.ascontiguousarray(text_NT)), torch.from_numpy(vocabulary_N)
    prior_N = torch.from_numpy(np.log((counts_N + 1) / (counts_N + 1).sum())).float()
    losses: list[float] = []
    model.train()
    pieces = _pieces(events, params.sequence_length, steps, rng)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.05, 1 - step / max(steps, 1)))
    for indices_BL, mask_BL in pieces:
        loss = _loss(model, events, indices_BL, mask_BL, (texts, words, prior_N), sampler, rng)
        if loss is None:
            continue
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if len(losses) % STEPS_A_POINT == 0:
            note_loss(float(np.mean(losses[-STEPS_A_POINT:])))
    model.eval()
    return float(np.mean(losses[-50:])) if losses else 0.0


class _Negatives:
    """Items drawn by a root of their popularity, with the logarithm of how often to expect each."""

    def __init__(self, counts_N: NDArray[np.float64], rng: np.random.Generator) -> None:
        chances = np.sqrt(counts_N) + 1e-6 * (counts_N.max(initial=0) + 1)
        chances /= chances.sum()
        self._cumulative = np.cumsum(chances)
        self.log_q_N = torch.from_numpy(np.log(chances)).float()
        self._rng = rng

    def draw(self, count: int) -> NDArray[np.int64]:
        """Rows of `count` items, (S,), each drawn for itself, so that one may come twice."""
        found = np.searchsorted(self._cumulative, self._rng.random(count) * self._cumulative[-1])
        drawn: NDArray[np.int64] = np.minimum(found, len(self._cumulative) - 1)
        return drawn


def _pieces(
    events: Events, length: int, steps: int, rng: np.random.Generator
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.bool_]]]:
    """Indices of events, a row a piece of one shopper's behaviour, cut anew in each pass."""
    starts = np.flatnonzero(np.diff(events.users, prepend=-1)) if len(events) else np.empty(0, dtype=np.int64)
    ends = np.append(starts[1:], len(events))
    done = 0
    for _ in range(EPOCHS):
        firsts, lasts = [], []
        for start, end in zip(starts, ends, strict=True):
            cuts = np.arange(start - (rng.integers(length // 2) if end - start > length else 0), end - 1, length)
            firsts.append(np.maximum(cuts, start))
            lasts.append(np.minimum(cuts + length, end))
        first, last = np.concatenate([*firsts, []]).astype(np.int64), np.concatenate([*lasts, []]).astype(np.int64)
        order = rng.permutation(len(first))
        for at in range(0, len(order), PIECES):
            if done >= steps:
                return
            chosen = order[at : at + PIECES]
            indices_BL = first[chosen][:, None] + np.arange(length)[None, :]
            mask_BL = indices_BL < last[chosen][:, None]
            yield np.where(mask_BL, indices_BL, first[chosen][:, None]), mask_BL
            done += 1


def _loss(
    model: SequenceModel,
    events: Events,
    indices_BL: NDArray[np.int64],
    mask_BL: NDArray[np.bool_],
    items: tuple[Tensor, Tensor, Tensor],
    sampler: _Negatives,
    rng: np.random.Generator,
) -> Tensor | None:
    texts, words, prior_N = items
    next_BL = indices_BL + rng.integers(1, NEXT_EVENTS + 1, size=indices_BL.shape)
    next_BL = np.minimum(next_BL, len(events) - 1)
    known_BL = mask_BL & (events.users[next_BL] == events.users[indices_BL]) & (next_BL > indices_BL)
    if not known_BL.any():
        return None
    keep = torch.from_numpy((rng.random(len(words)) >= FORGET_FREE).astype(np.int64))

    def vectors(rows: NDArray[np.int64]) -> Tensor:
        places = torch.from_numpy(rows)
        return model.items(texts[places], (words * keep)[places])

    rows_BL = events.items[indices_BL].astype(np.int64)
    first = events.times[indices_BL[:, :1]]
    days_BL = torch.from_numpy(((events.times[indices_BL] - first) / DAY).astype(np.float32))
    kinds_BL = torch.from_numpy(events.event_types[indices_BL].astype(np.int64))
    states_BLD = model(vectors(rows_BL), kinds_BL, days_BL, torch.from_numpy(mask_BL))
    states_PD = states_BLD[torch.from_numpy(known_BL)]
    target_P = events.items[next_BL[known_BL]].astype(np.int64)
    negatives = min(NEGATIVES, 2 * len(words))
    negative_S = sampler.draw(negatives)
    target, negative = torch.from_numpy(target_P), torch.from_numpy(negative_S)
    scale = model.scale.exp()
    hit_P = scale * (states_PD * vectors(target_P)).sum(-1) + prior_N[target]
    # each negative stands for all the items it was drawn in place of
    weight_S = (prior_N - sampler.log_q_N)[negative] - float(np.log(negatives))
    miss_PS = scale * states_PD @ vectors(negative_S).T + weight_S
    miss_PS = miss_PS.masked_fill(target[:, None] == negative[None, :], -1e9)
    loss: Tensor = (torch.logsumexp(torch.cat([hit_P[:, None], miss_PS], dim=1), dim=1) - hit_P).mean()
    return loss
