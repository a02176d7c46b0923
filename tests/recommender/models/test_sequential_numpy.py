"""The sequence model as it is asked: the same as torch's, its shapes checked, silent where nothing was learned."""

import numpy as np
import pytest
import torch

from recommender.models.sequential import SequenceModel
from recommender.models.sequential_numpy import Norm, SequenceReader, SequenceShape, SequenceWeights
from tests.support.shops.counted import WIDTH, drawn_sequence, unit_rows

ONE_DAY = np.zeros(1, dtype=np.float32)


@torch.inference_mode()
def test_what_is_read_after_the_last_event_is_what_the_model_says_there() -> None:
    torch.manual_seed(5)
    model = SequenceModel(SequenceShape(text_width=8, width=16, vocabulary=4, length=9)).eval()
    for parameter in model.parameters():  # none of them as it was first set
        parameter.add_(0.2 * torch.randn_like(parameter))
    model.free.weight[0].zero_()
    lengths = [9, 1, 4]
    text_NT, vocabulary_N = torch.randn(27, 8), torch.arange(27) % 5
    items_ND = model.items(text_NT, vocabulary_N)
    weights = model.weights()
    np.testing.assert_allclose(weights.items(text_NT.numpy(), vocabulary_N.numpy()), items_ND.numpy(), atol=1e-6)
    np.testing.assert_allclose(weights.items(text_NT.numpy()), model.items(text_NT, 0 * vocabulary_N), atol=1e-6)
    items_BLD = items_ND.view(3, 9, 16)
    kinds_BL, days_BL = torch.randint(0, 6, (3, 9)), torch.rand(3, 9).cumsum(1) * 30
    mask_BL = torch.arange(9)[None] < torch.tensor(lengths)[:, None]
    states_BLD = model(items_BLD, kinds_BL, days_BL, mask_BL).numpy()
    reader = SequenceReader(weights)
    for place, length in enumerate(lengths):
        theirs = (part[place, :length].numpy() for part in (items_BLD, kinds_BL, days_BL))
        last_D = reader.last(*theirs)
        np.testing.assert_allclose(last_D, states_BLD[place, length - 1], atol=1e-5)
        assert last_D.dtype == np.float32
    assert not np.allclose(states_BLD[0, 8], states_BLD[0, 0])


def test_items_are_their_texts_and_own_vectors_brought_to_length_one() -> None:
    weights, texts_NT = drawn_sequence(vocabulary=3, width=12), unit_rows(0, 5)
    own_N = np.array([0, 3, 1, 1, 2])
    plain = 8 * texts_NT @ weights.tensors["text.weight"].T + weights.tensors["free.weight"][own_N]
    expected = plain / np.linalg.norm(plain, axis=1, keepdims=True)
    np.testing.assert_allclose(weights.items(texts_NT, own_N), expected, atol=1e-5)
    assert weights.items(texts_NT[:0]).shape == (0, 12)


def test_older_events_and_their_days_matter_and_their_order_in_the_future_does_not() -> None:
    reader, rng = SequenceReader(drawn_sequence(width=16)), np.random.default_rng(0)
    items_LD, kinds_L = unit_rows(1, 6, 16), rng.integers(0, 6, 6)
    near, far = np.arange(6, dtype=np.float32), np.array([0, 1, 2, 3, 4, 400], dtype=np.float32)
    assert not np.allclose(reader.last(items_LD, kinds_L, near), reader.last(items_LD, kinds_L, far))
    assert not np.allclose(reader.last(items_LD, kinds_L, near), reader.last(items_LD[::-1], kinds_L, near))
    assert np.linalg.norm(reader.last(items_LD, kinds_L, near)) == pytest.approx(1, abs=1e-5)
    one = reader.last(items_LD[:1], kinds_L[:1], near[:1])
    np.testing.assert_allclose(one, reader.last(items_LD[:1], kinds_L[:1], near[:1] + 99), atol=1e-6)


def test_a_model_that_learned_nothing_says_zero_of_everything() -> None:
    weights = SequenceWeights.silent(SequenceShape(WIDTH, 8, 0, 4))
    assert not weights.items(unit_rows(0, 3)).any()
    assert not SequenceReader(weights).last(np.zeros((1, 8), dtype=np.float32), np.zeros(1, dtype=int), ONE_DAY).any()
    assert weights.parameters == sum(int(np.prod(size)) for size in weights.shape.sizes().values())


def test_its_sizes_are_read_from_its_tensors() -> None:
    weights = drawn_sequence(vocabulary=7, width=12, length=9)
    kept = weights.tensors | {"scale": weights.tensors["scale"].reshape(1)}  # as a file keeps a number
    again = SequenceWeights.read(kept, 9)
    assert again.shape == weights.shape
    assert again.tensors["scale"].shape == ()


@pytest.mark.parametrize(("name", "change"), [("pace", None), ("more", np.zeros(1)), ("kind.weight", np.zeros((2, 2)))])
def test_a_tensor_that_does_not_fit_is_named(name: str, change: np.ndarray | None) -> None:
    weights = drawn_sequence()
    tensors = {key: array for key, array in weights.tensors.items() if key != name}
    with pytest.raises(ValueError, match=f"sequence: .*{name}"):
        SequenceWeights(weights.shape, tensors if change is None else tensors | {name: change})


def test_a_norm_is_torchs() -> None:
    rng = np.random.default_rng(0)
    weight, bias, x = rng.random(6, np.float32), rng.random(6, np.float32), rng.random((4, 6), np.float32)
    scale, shift = torch.from_numpy(weight), torch.from_numpy(bias)
    expected = torch.nn.functional.layer_norm(torch.from_numpy(x), (6,), scale, shift)
    np.testing.assert_allclose(Norm(weight, bias)(x), expected.numpy(), atol=1e-5)
