"""The sequence model among the sources: causal self-attention over item embeddings, which are its classes too (SASRec).

It knows items as numbers in order of time. `training` fits it; here it is asked what comes next.

Shape suffixes: B sequences of a step, L places, D width, Q queries, N items.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.baselines.log import Floats, Ints, Queries

LENGTH, WIDTH = 50, 64
_LAYERS, _HEADS, _DROPOUT = 2, 2, 0.25


class SasRec(nn.Module):
    """Item 0 is padding."""

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
        later_LL = torch.ones(length, length, dtype=torch.bool).triu(1)
        # sequences are padded in front, so that only padding looks at nothing but padding
        hidden_BLD: Tensor = self.norm(self.layers(x_BLD, mask=later_LL))
        return hidden_BLD

    def logits(self, hidden_XD: Tensor) -> Tensor:
        return hidden_XD @ self.items.weight[1:].T


@dataclass(frozen=True)
class SequenceModel:
    network: SasRec

    def scores(self, queries: Queries) -> Floats:
        """Of shape (Q, N): the logarithm of each item's chance to be next."""
        with torch.inference_mode():
            hidden_BLD = self.network.eval()(torch.from_numpy(padded(queries, LENGTH)))
            result: Floats = torch.log_softmax(self.network.logits(hidden_BLD[:, -1]), dim=-1).numpy()
            return result

    @property
    def parameters(self) -> int:
        return sum(parameter.numel() for parameter in self.network.parameters())


def padded(queries: Queries, length: int) -> Ints:
    """Histories in order of time, padded in front with 0; items count from 1."""
    latest, there = queries.latest(length)
    return np.ascontiguousarray(np.where(there, latest + 1, 0)[:, ::-1])
