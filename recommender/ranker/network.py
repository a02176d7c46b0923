"""The learned part: columns of all candidates of a query in, one score each out, read against each other.

It knows columns of numbers and their names, not what they mean.

Shape suffixes: Q queries, C candidates, F columns, H hidden units.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file
from torch import Tensor, nn

from recommender.ranker.log import Floats, Mask
from recommender.ranker.trees import Trees

Halves = NDArray[np.float16]
STEP = 64  # queries scored at once
TREES_SHARE = 0.4  # of the say, where there are trees


@dataclass(frozen=True)
class Scaler:
    """Columns brought to like sizes: those of long tails by their logarithm, then to mean 0 and spread 1."""

    long_tailed_F: Mask
    unit_F: Floats
    mean_F: Floats
    spread_F: Floats

    @classmethod
    def fit(cls, values_QCF: Floats, seed: int = 0, most: int = 200_000) -> "Scaler":
        rows = values_QCF.reshape(-1, values_QCF.shape[-1])
        if len(rows) > most:
            rows = rows[np.random.default_rng(seed).choice(len(rows), most)]
        mean_F = rows.mean(axis=0)
        long_tailed_F = (rows.min(axis=0) >= 0) & (np.median(rows, axis=0) < 0.8 * mean_F)
        unit_F = (1 / (np.abs(mean_F) + 1e-9)).astype(np.float32)
        bent = np.where(long_tailed_F, np.log1p(rows.clip(min=0) * unit_F), rows)
        return cls(
            long_tailed_F, unit_F, bent.mean(axis=0).astype(np.float32), (bent.std(axis=0) + 1e-6).astype(np.float32)
        )

    def apply(self, values_QCF: Floats) -> Halves:
        bent = np.where(self.long_tailed_F, np.log1p(values_QCF.clip(min=0) * self.unit_F), values_QCF)
        return ((bent - self.mean_F) / self.spread_F).clip(-5, 5).astype(np.float16)


class ListDropout(nn.Dropout):
    """The same units are silent for all candidates of a list, which is cheap to draw and leaves them comparable."""

    def forward(self, hidden_QCH: Tensor) -> Tensor:
        units_Q1H = hidden_QCH.new_ones(hidden_QCH.shape[0], 1, hidden_QCH.shape[2])
        return hidden_QCH * super().forward(units_Q1H)


class ListwiseNetwork(nn.Module):
    """Two layers over each candidate and, as context, the list's greatest and mean values; plus a straight line."""

    def __init__(self, columns: int, hidden: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.candidate = nn.Linear(columns, hidden)
        self.context = nn.Linear(2 * columns, hidden, bias=False)
        self.second = nn.Linear(hidden, hidden // 2)
        self.last = nn.Linear(hidden // 2, 1)
        self.line = nn.Linear(columns, 1)
        self.dropout = ListDropout(dropout)
        nn.init.zeros_(self.line.weight)

    def forward(self, x_QCF: Tensor) -> Tensor:
        context_QH = self.context(torch.cat([x_QCF.amax(1), x_QCF.mean(1)], dim=-1))
        hidden_QCH = self.dropout(nn.functional.silu(self.candidate(x_QCF) + context_QH[:, None]))
        hidden_QCH = self.dropout(nn.functional.silu(self.second(hidden_QCH)))
        scores_QC: Tensor = (self.last(hidden_QCH) + self.line(x_QCF)).squeeze(-1)
        return scores_QC


class Committee(nn.Module):
    """Networks that learned the same by different chance: their mean is better than any of them."""

    def __init__(self, networks: Sequence[ListwiseNetwork]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x_QCF: Tensor) -> Tensor:
        return torch.stack([network(x_QCF) for network in self.networks]).mean(0)

    def scores(self, scaled_QCF: Halves) -> Floats:
        """Of shape (Q, C), nothing dropped; all queries at once, so give it few."""
        self.eval()
        with torch.inference_mode():
            scores_QC: Floats = self(torch.from_numpy(scaled_QCF).float()).numpy()
        return scores_QC


@dataclass(frozen=True)
class ListwiseRanker:
    """Fitted networks, and trees where there are any, with their columns' names and scale."""

    names: tuple[str, ...]
    scaler: Scaler
    network: Committee
    trees: Trees | None = None

    def score(self, names: Sequence[str], values_QCF: Floats) -> Floats:
        if tuple(names) != self.names:
            raise ValueError(f"columns: the ranker learned {self.names}, not {tuple(names)}")
        parts = []
        for start in range(0, len(values_QCF), STEP):
            scaled = self.scaler.apply(values_QCF[start : start + STEP])
            found_QC = self.network.scores(scaled)
            if self.trees is not None:
                found_QC += TREES_SHARE * (self.trees.scores(scaled) - found_QC)
            parts.append(found_QC)
        return np.concatenate(parts) if parts else np.zeros(values_QCF.shape[:2], dtype=np.float32)

    @property
    def parameters(self) -> int:
        learned = sum(parameter.numel() for parameter in self.network.parameters())
        return learned + (self.trees.parameters if self.trees else 0)

    def save(self, path: Path) -> None:
        tensors = {f"network.{name}": value.numpy() for name, value in self.network.state_dict().items()}
        tensors |= {f"scaler.{name}": getattr(self.scaler, name) for name in Scaler.__dataclass_fields__}
        metadata = {"columns": "\n".join(self.names)}
        if self.trees is not None:
            metadata |= {"trees": self.trees.model, "unit": str(self.trees.unit)}
        save_file(tensors, path, metadata=metadata)

    @classmethod
    def load(cls, path: Path) -> "ListwiseRanker":
        with safe_open(path, framework="np") as file:
            metadata = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        names = tuple(metadata["columns"].split("\n"))
        scaler = Scaler(*(tensors[f"scaler.{name}"] for name in Scaler.__dataclass_fields__))
        state = {
            name.removeprefix("network."): torch.from_numpy(value)
            for name, value in tensors.items()
            if name.startswith("network.")
        }
        hidden = [len(value) for name, value in state.items() if name.endswith(".candidate.bias")]
        network = Committee([ListwiseNetwork(len(names), size) for size in hidden])
        network.load_state_dict(state)
        trees = Trees(metadata["trees"], float(metadata["unit"])) if "trees" in metadata else None
        return cls(names, scaler, network, trees)
