"""The sequence model: one vector of what a shopper is up to, and one for each item, compared by cosine.

It knows item texts as vectors, event types and times. Fitting it is `training`'s affair; a shopper who waits is read by
`sequential_numpy`, which needs no torch.

Shape suffixes: B shoppers, L events, H heads of width d, D width, T width of the text vectors, N items.
"""

import numpy as np
import torch
from torch import Tensor, nn

from recommender.models.sequential_numpy import HEADS, KINDS, TEXT_SCALE, SequenceShape, SequenceWeights


class SequenceModel(nn.Module):
    """Attention over the behaviour, each head forgetting at its own pace, read at the last event."""

    def __init__(self, shape: SequenceShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.text = nn.Linear(shape.text_width, width, bias=False)
        self.free = nn.Embedding(shape.vocabulary + 1, width, padding_idx=0)
        self.kind = nn.Embedding(KINDS, width)
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

    @classmethod
    def of(cls, weights: SequenceWeights) -> "SequenceModel":
        """The same model, ready to be fitted further."""
        model = cls(weights.shape)
        model.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in weights.tensors.items()})
        return model

    def weights(self) -> SequenceWeights:
        """What it has learned so far, copied."""
        tensors = {name: tensor.detach().numpy().copy() for name, tensor in self.state_dict().items()}
        return SequenceWeights(self.shape, tensors)

    def items(self, text_NT: Tensor, vocabulary_N: Tensor) -> Tensor:
        """Unit vectors of items."""
        return nn.functional.normalize(self.text(text_NT) * TEXT_SCALE + self.free(vocabulary_N), dim=-1)

    def forward(self, items_BLD: Tensor, kinds_BL: Tensor, days_BL: Tensor, mask_BL: Tensor) -> Tensor:
        """Unit vectors of the shopper after each event. Position l sees only the events 0..l."""
        L, D = items_BLD.shape[1:]
        x_BLD = self.norm(items_BLD * D**0.5 + self.kind(kinds_BL))
        q_BHLd, k_BHLd, v_BHLd = (_heads(part) for part in self.attention_in(x_BLD).chunk(3, dim=-1))
        place_L = torch.arange(L, device=days_BL.device)
        gap_BLL = (days_BL[:, :, None] - days_BL[:, None, :]).clamp(min=0)
        step_LL = (place_L[:, None] - place_L).clamp(min=0)
        age_BLL = torch.log1p(gap_BLL) + torch.log1p(step_LL.float()) * 0.5
        bias_BHLL = -self.pace.abs()[None, :, None, None] * age_BLL[:, None]
        seen_BLL = (place_L[:, None] >= place_L) & mask_BL[:, None, :]
        bias_BHLL = bias_BHLL.masked_fill(~seen_BLL[:, None], -1e9)
        closeness_BHLL = q_BHLd @ k_BHLd.transpose(-1, -2) / (D // HEADS) ** 0.5
        mixed_BHLd = torch.softmax(closeness_BHLL + bias_BHLL, dim=-1) @ v_BHLd
        y_BLD = x_BLD + self.attention_out(mixed_BHLd.transpose(1, 2).flatten(2))
        y_BLD = y_BLD + self.feed(y_BLD)
        return nn.functional.normalize(y_BLD, dim=-1)


def _heads(x_BLD: Tensor) -> Tensor:
    return x_BLD.view(*x_BLD.shape[:2], HEADS, -1).transpose(1, 2)
