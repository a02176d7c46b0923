"""The ranker's fitting: fair draws, the list as context, both lists learned, the same each time."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from recommender.models.ranker import Ranker, Scaler
from training.config import FitParams
from training.fit.listwise_network import ListwiseNetwork, read
from training.fit.ranker import LISTED, drawn, fit_ranker
from training.fit.ranker_examples import Examples

WIDTH = 60
Halves = NDArray[np.float16]


def _examples(lists: int = 300, size: int = 20, seed: int = 0) -> Examples:
    """Old candidates are wanted by their first column; new ones by their second."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((lists, size, WIDTH)).astype(np.float32)
    new = rng.random((lists, size)) < 0.5
    wanted = np.zeros((lists, size), dtype=np.float32)
    for place in range(lists):
        for kind, column in ((~new[place], 0), (new[place], 1)):
            rows = np.flatnonzero(kind)
            wanted[place, rows[np.argsort(-values[place, rows, column])[:2]]] = 1
    values[:, :, 2] = np.where(new, 1.0, -1.0)
    flat = values.reshape(-1, WIDTH)
    scaler = Scaler.fit(flat)
    bounds = np.arange(lists + 1) * size
    return _lists(scaler, scaler.apply(flat).astype(np.float16), wanted.ravel(), new.ravel(), bounds)


def _lists(
    scaler: Scaler, scaled: Halves, wanted: NDArray[np.float32], new: NDArray[np.bool_], bounds: NDArray[np.int64]
) -> Examples:
    """Whole lists, each with its own context."""
    spans = [scaled[start:end] for start, end in pairwise(bounds)]
    context = np.stack([np.concatenate([span.max(axis=0), span.mean(axis=0)]) for span in spans])
    return Examples(scaler, scaled, wanted, new, bounds, context, np.ones(len(spans), dtype=np.float32))


def _found(ranker: Ranker, examples: Examples, among: NDArray[np.bool_]) -> float:
    """The share of lists whose first of these is wanted. What is read is scaled back first."""
    right = []
    for start, end in zip(examples.bounds[:-1], examples.bounds[1:], strict=True):
        rows = np.flatnonzero(among[start:end])
        values = examples.scaled_CF[start:end].astype(np.float32) * ranker.scaler.spread_F + ranker.scaler.mean_F
        scores = ranker.score(values)
        right.append(examples.wanted_C[start:end][rows[np.argmax(scores[rows])]] > 0)
    return float(np.mean(right))


def test_both_lists_are_learned() -> None:
    ranker = fit_ranker(_examples(lists=1_000), FitParams(ranker_epochs=12, networks=1))
    unseen = _examples(seed=1)
    assert _found(ranker, unseen, ~unseen.new_C) > 0.9
    assert _found(ranker, unseen, unseen.new_C) > 0.9


def test_joined_examples_keep_their_lists() -> None:
    first, second = _examples(3, size=20), _examples(2, size=7, seed=1)
    joined = Examples.joined([first, second])
    assert joined.bounds.tolist() == [0, 20, 40, 60, 67, 74]
    np.testing.assert_array_equal(joined.scaled_CF[60:], second.scaled_CF)
    np.testing.assert_array_equal(joined.wanted_C, np.concatenate([first.wanted_C, second.wanted_C]))


def test_the_same_seed_gives_the_same_ranker() -> None:
    first, second = (fit_ranker(_examples(20), FitParams(ranker_epochs=2)).tensors() for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_what_is_read_scores_as_the_network() -> None:
    """Numpy on the request path, torch in training."""
    torch.manual_seed(3)
    network = ListwiseNetwork(WIDTH).eval()
    torch.nn.init.normal_(network.line.weight)
    values = np.random.default_rng(3).standard_normal((50, WIDTH)).astype(np.float32)
    scaler = Scaler.fit(values)
    scaled = scaler.apply(values)
    context = np.concatenate([scaled.max(axis=0), scaled.mean(axis=0)])
    with torch.inference_mode():
        expected = network(torch.from_numpy(scaled)[None], torch.from_numpy(context)[None]).numpy()[0]
    np.testing.assert_allclose(read(network, scaler).score(values), expected, atol=1e-4)


def test_the_list_is_context() -> None:
    """The same candidate scores differently in other company."""
    ranker = fit_ranker(_examples(20), FitParams(ranker_epochs=2))
    values = np.random.default_rng(4).standard_normal((10, WIDTH)).astype(np.float32)
    assert ranker.score(values)[0] != pytest.approx(ranker.score(values[:5])[0], abs=1e-4)


def test_a_draw_holds_all_that_is_wanted_and_stands_for_the_whole_list() -> None:
    examples = _examples(6, size=3 * LISTED)
    places, stands_for = drawn(examples, np.arange(6), np.random.default_rng(0))
    assert places.shape == (6, LISTED)
    for row in range(6):
        assert len(set(places[row])) == LISTED
        assert examples.wanted_C[places[row]].sum() == 4
        assert ((places[row] >= examples.bounds[row]) & (places[row] < examples.bounds[row + 1])).all()
        assert stands_for[row].sum() == pytest.approx(3 * LISTED)
        assert (stands_for[row][examples.wanted_C[places[row]] > 0] == 1).all()


def test_lists_of_different_lengths_are_drawn_together() -> None:
    whole = _examples(2, size=10)
    bounds = np.array([0, 3, 20])
    uneven = _lists(whole.scaler, whole.scaled_CF, whole.wanted_C, whole.new_C, bounds)
    _, stands_for = drawn(uneven, np.arange(2), np.random.default_rng(0))
    assert stands_for.sum(axis=1).tolist() == pytest.approx([3, 17])
    assert (stands_for[0] > 0).sum() == 3


def test_nothing_to_score_and_nothing_learned() -> None:
    assert len(Ranker.empty(WIDTH).score(np.zeros((0, WIDTH), dtype=np.float32))) == 0
    assert (Ranker.empty(WIDTH).score(np.ones((4, WIDTH), dtype=np.float32)) == 0).all()
