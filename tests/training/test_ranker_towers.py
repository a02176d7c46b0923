"""Towers learn what follows what, place by content what nobody touched, and go on from where they began."""

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from recommender.ranker.items import ItemFacts, item_facts
from recommender.ranker.log import Log
from training import ranker_towers
from training.ranker_towers import Contexts, TowersStart, as_towers, fit_towers

KINDS, EACH, SHOPPERS = 5, 8, 200
ITEMS = KINDS * EACH


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranker_towers, "STEP", 48)
    monkeypatch.setattr(ranker_towers, "SAMPLED", 32)


def facts() -> ItemFacts:
    """Each kind has a word of its own."""
    titles = [f"kind{item // EACH}" for item in range(ITEMS)]
    return item_facts(np.zeros((ITEMS, 2), dtype=np.float32), titles, [""] * ITEMS, [[]] * ITEMS)


def walks(sold: int = ITEMS) -> Log:
    """Shoppers stay within a kind; items from `sold` on were touched by nobody."""
    rng = np.random.default_rng(4)
    kinds = rng.integers(0, KINDS, SHOPPERS)
    items = kinds[:, None] * EACH + np.argsort(rng.random((SHOPPERS, EACH)), axis=1)[:, :5]
    times = np.tile(np.arange(5.0), SHOPPERS)
    log = Log.of(np.repeat(np.arange(SHOPPERS), 5), items.ravel(), times, SHOPPERS)
    return log.kept(log.items_L < sold)


def test_they_learn_what_follows_what() -> None:
    towers = TowersStart.of(facts(), walks(), 0).on(walks())
    cosines = towers.cosines(sp.identity(ITEMS, dtype=np.float32, format="csr"))
    same_kind = np.arange(ITEMS)[:, None] // EACH == np.arange(ITEMS) // EACH
    assert cosines[same_kind].min() > cosines[~same_kind].max()


def test_an_item_nobody_touched_is_placed_by_its_content() -> None:
    start = TowersStart.of(facts(), walks(ITEMS - 2), 0)
    cosines = start.on(walks(ITEMS - 2)).content_cosines(sp.identity(ITEMS, dtype=np.float32, format="csr"))
    untouched = cosines[:, ITEMS - 1]
    assert untouched[-EACH : ITEMS - 2].min() > untouched[:-EACH].max()


def test_going_on_leaves_the_start_as_it_is_and_the_seed_decides() -> None:
    start = TowersStart.of(facts(), walks(), 3)
    assert start.network is not None
    before = {name: value.clone() for name, value in start.network.state_dict().items()}
    first, second = start.on(walks()), start.on(walks())
    np.testing.assert_array_equal(first.in_ND, second.in_ND)
    assert all(torch.equal(before[name], value) for name, value in start.network.state_dict().items())


def test_contexts_stay_with_their_shopper_and_nothing_is_learned_of_nothing() -> None:
    log = Log.of(np.array([0, 0, 1]), np.array([4, 5, 6]), np.arange(3.0), 2)
    contexts = Contexts.of(log)
    assert contexts.right_X.tolist() == [5, 4]
    assert contexts.around_XH[:, 0].tolist() == [4, 5]
    assert (contexts.weights_XH[:, 1:] == 0).all()
    alone = Log.of(np.arange(3), np.arange(3), np.zeros(3), 3)
    content = np.ones((ITEMS, 2), dtype=np.float32)
    assert np.isfinite(as_towers(fit_towers(alone, content, 0), content).in_ND).all()
