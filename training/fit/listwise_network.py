"""The ranker's network while it learns, and what it learned as the ranker that is served.

Shape suffixes: C candidates of all shoppers, F columns, H hidden units, J units of the
second layer, M networks, Q shoppers of a step.
"""

import torch
from torch import Tensor, nn

from recommender.models.ranker import Ranker, Scaler
from training.fit.auxiliary_tasks import Heads

HIDDEN = 64
DROPPED = 0.1  # of hidden units


class ListwiseNetwork(nn.Module):
    """Two layers over each candidate and, as context, the list's greatest and mean values; plus a straight line."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.candidate = nn.Linear(columns, HIDDEN)
        self.context = nn.Linear(2 * columns, HIDDEN, bias=False)
        self.second = nn.Linear(HIDDEN, HIDDEN // 2)
        self.last = nn.Linear(HIDDEN // 2, 1)
        self.line = nn.Linear(columns, 1, bias=False)
        self.dropout = nn.Dropout(DROPPED)
        nn.init.zeros_(self.line.weight)
        nn.init.zeros_(self.last.weight)
        self.heads = Heads(HIDDEN // 2)

    def forward(self, x_QCF: Tensor, context_Q2F: Tensor) -> Tensor:
        """Scores of shape (Q, C); the context is of the whole list, of which x may be a part."""
        return self.scored(x_QCF, context_Q2F)[0]

    def scored(self, x_QCF: Tensor, context_Q2F: Tensor) -> tuple[Tensor, Tensor]:
        """The same, and the last hidden layer, from which further tasks go on."""
        hidden_QCH = nn.functional.silu(self.candidate(x_QCF) + self.context(context_Q2F)[:, None])
        hidden_QCH = self._silenced(nn.functional.silu(self.second(self._silenced(hidden_QCH))))
        return (self.last(hidden_QCH) + self.line(x_QCF)).squeeze(-1), hidden_QCH

    def _silenced(self, hidden_QCH: Tensor) -> Tensor:
        """While learning some units are silent, the same for all candidates of a list, which stay comparable."""
        silenced_QCH: Tensor = hidden_QCH * self.dropout(hidden_QCH.new_ones(len(hidden_QCH), 1, hidden_QCH.shape[2]))
        return silenced_QCH


def start_from(network: ListwiseNetwork, place: int | None) -> None:
    """Before it has learned anything, a network ranks as this column does."""
    if place is not None:
        with torch.no_grad():
            network.line.weight[0, place] = 1.0


def read(network: ListwiseNetwork, scaler: Scaler) -> Ranker:
    """What the network learned as a ranker of one network (M is 1), in NumPy and with the scaler of its columns."""
    state = {name: tensor.detach().numpy().copy() for name, tensor in network.state_dict().items()}  # heads stay behind
    return Ranker(
        scaler=scaler,
        candidate_FH=state["candidate.weight"].T.copy(),
        context_2FH=state["context.weight"].T.copy(),
        bias_H=state["candidate.bias"],
        second_MHJ=state["second.weight"].T[None].copy(),
        bias_MJ=state["second.bias"][None],
        last_MJ=state["last.weight"],
        line_F=state["line.weight"][0],
        bias=state["last.bias"],
    )
