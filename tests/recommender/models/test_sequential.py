"""The sequence model in torch: attention by a plain loop, causal, blind to padding, and copied without loss."""

import numpy as np
import pytest
import torch

from recommender.models.sequential import SequenceModel
from recommender.models.sequential_numpy import HEADS
from tests.support.shops.counted import drawn_sequence, unit_rows

LENGTH, WIDTH = 7, 16


def model_of(seed: int = 5) -> SequenceModel:
    return SequenceModel.of(drawn_sequence(seed, vocabulary=3, width=WIDTH)).eval()


def behaviour(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two shoppers' items, kinds and days, all of which count."""
    torch.manual_seed(seed)
    items = torch.from_numpy(unit_rows(seed, 2 * LENGTH, WIDTH)).view(2, LENGTH, WIDTH)
    days = torch.rand(2, LENGTH).cumsum(1) * 20
    return items, torch.randint(0, 6, (2, LENGTH)), days, torch.ones(2, LENGTH, dtype=torch.bool)


def attend_by_loop(model: SequenceModel, x_LD: torch.Tensor, days_L: torch.Tensor) -> torch.Tensor:
    """What the heads gather at each event, one event and one head after the other."""
    projected = model.attention_in(x_LD)
    queries, keys, values = projected.split(WIDTH, dim=-1)
    size, rows = WIDTH // HEADS, []
    for at in range(len(x_LD)):
        gathered = []
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            scores = torch.stack([
                queries[at, part] @ keys[before, part] / size**0.5
                - model.pace[head].abs() * (
                    torch.log1p(days_L[at] - days_L[before]) + 0.5 * torch.log1p(torch.tensor(float(at - before)))
                )
                for before in range(at + 1)
            ])  # fmt: skip
            gathered.append(torch.softmax(scores, 0) @ values[: at + 1, part])
        rows.append(torch.cat(gathered))
    return torch.stack(rows)


@torch.inference_mode()
def test_attention_is_what_a_loop_over_events_and_heads_gives() -> None:
    model, (items, kinds, days, mask) = model_of(), behaviour()
    x_LD = model.norm(items[0] * WIDTH**0.5 + model.kind(kinds[0]))
    y_LD = x_LD + model.attention_out(attend_by_loop(model, x_LD, days[0]))
    expected = torch.nn.functional.normalize(y_LD + model.feed(y_LD), dim=-1)
    torch.testing.assert_close(model(items, kinds, days, mask)[0], expected, atol=1e-4, rtol=1e-4)


@torch.inference_mode()
@pytest.mark.parametrize("event", range(1, LENGTH))
def test_no_event_sees_a_later_one(event: int) -> None:
    model, (items, kinds, days, mask) = model_of(), behaviour()
    before = model(items, kinds, days, mask)
    changed = items.clone()
    changed[:, event] = -changed[:, event]
    later = days.clone()
    later[:, event:] += 50
    after = model(changed, kinds, later, mask)
    torch.testing.assert_close(after[:, :event], before[:, :event], atol=1e-6, rtol=0)
    assert not torch.allclose(after[:, event], before[:, event])


@torch.inference_mode()
def test_what_is_masked_changes_nothing_of_the_others() -> None:
    model, (items, kinds, days, mask) = model_of(), behaviour()
    mask[:, 2] = False
    before = model(items, kinds, days, mask)
    changed = items.clone()
    changed[:, 2] = torch.from_numpy(unit_rows(9, 2, WIDTH))
    after = model(changed, kinds, days, mask)
    others = [place for place in range(LENGTH) if place != 2]
    torch.testing.assert_close(after[:, others], before[:, others], atol=1e-6, rtol=0)


def test_weights_come_back_as_they_were_and_are_copies() -> None:
    weights = drawn_sequence(vocabulary=3, width=WIDTH)
    model = SequenceModel.of(weights)
    again = model.weights()
    assert again.shape == weights.shape
    for name, array in weights.tensors.items():
        np.testing.assert_array_equal(again.tensors[name], array)
    with torch.no_grad():
        model.pace.add_(1)
    np.testing.assert_array_equal(again.tensors["pace"], weights.tensors["pace"])


def test_an_item_without_a_vector_of_its_own_speaks_by_its_text() -> None:
    torch.manual_seed(0)
    model = SequenceModel(drawn_sequence(vocabulary=3, width=WIDTH).shape)
    assert not model.free.weight[0].any()
    texts = torch.from_numpy(unit_rows(1, 4))
    plain = torch.nn.functional.normalize(model.text(texts), dim=-1)
    torch.testing.assert_close(model.items(texts, torch.zeros(4, dtype=torch.long)), plain)
