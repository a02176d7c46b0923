"""The sequence model: one vector of what a shopper is up to, and one for each item, compared by cosine.

It knows item texts as vectors, event types and times. Fitting it is `training`'s affair.

Shape suffixes: B shoppers, L events, Q those after which the shopper is asked for, H heads of width d, D width,
T width of the text vectors, N items.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

HEADS = 4


@dataclass(frozen=True, slots=True)
class SequenceShape:
    text_width: int
    width: int
    vocabulary: int  # items with a free vector of their own; the others speak by their text alone
    length: int  # the most recent events it reads


class SequenceModel(nn.Module):
    """Attention over the behaviour, each head forgetting at its own pace, read at the last event."""

    def __init__(self, shape: SequenceShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.text = nn.Linear(shape.text_width, width, bias=False)
        self.free = nn.Embedding(shape.vocabulary + 1, width, padding_idx=0)
        self.kind = nn.Embedding(8, width)
        self.attention_in = nn.Linear(width, 3 * width)
        self.attention_out = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.pace = nn.Parameter(torch.tensor([0.05, 0.3, 1.0, 2.0]))
        self.scale = nn.Parameter(torch.tensor(2.5))
        nn.init.normal_(self.free.weight, std=0.02)
        nn.init.normal_(self.kind.weight, std=0.02)
        with torch.no_grad():
            self.free.weight[0].zero_()

    def items(self, text_NT: Tensor, vocabulary_N: Tensor) -> Tensor:
        """Unit vectors of items."""
        return nn.functional.normalize(self.text(text_NT) * 8 + self.free(vocabulary_N), dim=-1)

    def forward(self, items_BLD: Tensor, kinds_BL: Tensor, days_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """Unit vectors of the shopper after each event. Position l sees only the events 0..l."""
        x_BLD = self._events(items_BLD, kinds_BL)
        place_1L = torch.arange(x_BLD.shape[1], device=days_BL.device)[None]
        return self._after(x_BLD, days_BL, place_1L, x_BLD, days_BL, mask_BL)

    def last(self, items_BLD: Tensor, kinds_BL: Tensor, days_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """B x D: what `forward` says after each shopper's last event alone, at a fraction of its cost."""
        x_BLD = self._events(items_BLD, kinds_BL)
        last_B1 = (mask_BL.sum(1, keepdim=True) - 1).clamp(min=0)
        x_B1D = x_BLD.take_along_dim(last_B1[:, :, None], 1)
        return self._after(x_B1D, days_BL.take_along_dim(last_B1, 1), last_B1, x_BLD, days_BL, mask_BL)[:, 0]

    def _events(self, items_BLD: Tensor, kinds_BL: Tensor) -> Tensor:
        x_BLD: Tensor = self.norm(items_BLD * items_BLD.shape[-1] ** 0.5 + self.kind(kinds_BL))
        return x_BLD

    def _after(
        self, x_BQD: Tensor, days_BQ: Tensor, place_BQ: Tensor, x_BLD: Tensor, days_BL: Tensor, mask_BL: Tensor
    ) -> Tensor:
        """The shopper after the events Q, which stand at `place_BQ` of the events L."""
        L, D = x_BLD.shape[1:]
        weight_qkv, bias_qkv = self.attention_in.weight, self.attention_in.bias
        q_BQD = nn.functional.linear(x_BQD, weight_qkv[:D], bias_qkv[:D])
        k_BLD, v_BLD = nn.functional.linear(x_BLD, weight_qkv[D:], bias_qkv[D:]).chunk(2, dim=-1)
        q_BHQd, k_BHLd, v_BHLd = _heads(q_BQD), _heads(k_BLD), _heads(v_BLD)
        place_L = torch.arange(L, device=days_BL.device)
        gap_BQL = (days_BQ[:, :, None] - days_BL[:, None, :]).clamp(min=0)
        step_BQL = (place_BQ[:, :, None] - place_L).clamp(min=0)
        age_BQL = torch.log1p(gap_BQL) + torch.log1p(step_BQL.float()) * 0.5
        bias_BHQL = -self.pace.abs()[None, :, None, None] * age_BQL[:, None]
        seen_BQL = (place_BQ[:, :, None] >= place_L) & mask_BL[:, None, :]
        bias_BHQL = bias_BHQL.masked_fill(~seen_BQL[:, None], -1e9)
        closeness_BHQL = q_BHQd @ k_BHLd.transpose(-1, -2) / (D // HEADS) ** 0.5
        mixed_BHQd = torch.softmax(closeness_BHQL + bias_BHQL, dim=-1) @ v_BHLd
        y_BQD = x_BQD + self.attention_out(mixed_BHQd.transpose(1, 2).flatten(2))
        y_BQD = y_BQD + self.feed(y_BQD)
        return nn.functional.normalize(y_BQD, dim=-1)


def _heads(x_BLD: Tensor) -> Tensor:
    return x_BLD.view(*x_BLD.shape[:2], HEADS, -1).transpose(1, 2)
