"""The sequence model learns what follows what, with all items as classes and with a sample of them."""

import numpy as np
import pytest

from benchmarks.baselines import sasrec_fitting
from benchmarks.baselines.log import Log, at_end
from benchmarks.baselines.sasrec_fitting import fit_sequence

ITEMS, SHOPPERS, LENGTH = 24, 120, 9


def walks() -> Log:
    starts = np.random.default_rng(1).integers(0, ITEMS, SHOPPERS)
    items = (starts[:, None] + np.arange(LENGTH)).ravel() % ITEMS
    return Log.of(np.repeat(np.arange(SHOPPERS), LENGTH), items, np.tile(np.arange(float(LENGTH)), SHOPPERS), SHOPPERS)


@pytest.mark.slow
@pytest.mark.parametrize("wide", [20_000, 10])
def test_it_learns_the_next_item(monkeypatch: pytest.MonkeyPatch, wide: int) -> None:
    monkeypatch.setattr(sasrec_fitting, "WIDE", wide)
    monkeypatch.setattr(sasrec_fitting, "SAMPLED", 64)
    monkeypatch.setattr(sasrec_fitting, "STEP", 8)
    log = walks()
    known = log.without_last(1)
    scores = fit_sequence(known, ITEMS, seed=0).scores(at_end(known, np.arange(SHOPPERS)))
    right = log.items_L[log.bounds_U[1:] - 1]
    assert scores.shape == (SHOPPERS, ITEMS)
    assert (scores.argmax(axis=1) == right).mean() > 0.8


def test_much_data_gets_fewer_rounds() -> None:
    log = walks()
    assert sasrec_fitting._epochs(log, ITEMS, 1e12) == sasrec_fitting.EPOCHS
    assert sasrec_fitting._epochs(log, ITEMS, 1.0) == 2
