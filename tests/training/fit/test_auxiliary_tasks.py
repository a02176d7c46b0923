"""Further tasks of the ranker: their targets are what shoppers did afterwards, and what a shop lacks is left out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.data.event_weights import PURCHASE, RATING, VIEW
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_frame
from tests.support.shops.trained import SHOP_PARAMS, shop_bundle, shop_texts
from tests.training.fit.test_ranker import _examples
from training.config import FitParams
from training.data.interactions import Actions, make_log
from training.fit.auxiliary_tasks import Heads, Targets, targets_of, task_loss
from training.fit.model_parts import Origin
from training.fit.ranker import fit_ranker
from training.fit.ranker_examples import Examples
from training.fit.trainer import fit_bundle


def _done(*done: tuple[int, int, float]) -> Actions:
    rows, kinds, values = zip(*done, strict=True) if done else ((), (), ())
    return Actions(np.array(rows, dtype=np.int64), np.array(kinds, dtype=np.int8), np.array(values, dtype=np.float32))


def test_targets_are_what_was_done_afterwards() -> None:
    bundle, nan = shop_bundle(), float("nan")
    rows = [np.array([0, 1, 2, 3]), np.array([1, 5])]
    actions = [
        _done((1, VIEW, nan), (2, VIEW, nan), (2, PURCHASE, 4.0), (3, RATING, 2.0), (3, RATING, 5.0)),
        _done(),
    ]
    targets = targets_of(bundle, rows, actions)
    np.testing.assert_array_equal(targets.bought_C, [nan, 0, 1, 0, nan, nan])
    np.testing.assert_array_equal(targets.stars_C, [nan, nan, nan, 5, nan, nan])
    categories, every = bundle.groups["category"][0], np.concatenate(rows)
    np.testing.assert_array_equal(targets.groups["category"], categories[every])
    levels = np.digitize(bundle.catalogue.prices[every], bundle.price_thirds)
    np.testing.assert_array_equal(targets.groups["price"], levels)


def _with_targets(examples: Examples) -> Examples:
    """What is bought of the touched shows in the third column, categories in the first."""
    values, nan = examples.scaled_CF.astype(np.float32), np.float32("nan")
    touched = values[:, 4] > 0.5
    bought = np.where(touched, (values[:, 3] > 0).astype(np.float32), nan)
    stars = np.where(touched, 3 + 2 * np.sign(values[:, 5]), nan).astype(np.float32)
    groups = {"category": (values[:, 0] > 0).astype(np.int32), "price": np.zeros(len(values), dtype=np.int32)}
    return replace(examples, targets=Targets(groups, bought, stars))


def test_tasks_can_be_learned_from_the_shared_layer() -> None:
    examples = _with_targets(_examples(8))
    assert examples.targets is not None
    torch.manual_seed(0)
    heads, places = Heads(6), np.arange(160).reshape(8, 20)
    hidden = torch.from_numpy(examples.scaled_CF[places][:, :, :6].astype(np.float32))
    scores = torch.zeros(8, 20, requires_grad=True)
    wanted, there = torch.from_numpy(examples.wanted_C[places]), torch.ones(8, 20, dtype=torch.bool)
    optimizer = torch.optim.Adam([*heads.parameters(), scores], lr=0.05)
    losses = []
    for _ in range(200):
        loss = task_loss(heads, examples.targets, places, there, scores, wanted, hidden)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.5 * losses[0]


def test_a_shop_without_such_events_has_no_such_tasks() -> None:
    nothing = np.full(160, np.nan, dtype=np.float32)
    same = {"category": np.zeros(160, dtype=np.int32)}
    for bought in (nothing, np.where(np.arange(160) % 4, nothing, 1).astype(np.float32)):
        loss = task_loss(
            Heads(4), Targets(same, bought, nothing), np.arange(160).reshape(8, 20),
            torch.ones(8, 20, dtype=torch.bool), torch.zeros(8, 20), torch.ones(8, 20), torch.zeros(8, 20, 4),
        )  # fmt: skip
        assert float(loss) == 0


def test_the_switch_turns_them_off() -> None:
    plain, targeted = _examples(20), _with_targets(_examples(20))
    off, never, on = (
        fit_ranker(examples, FitParams(ranker_epochs=2, task_weight=weight)).tensors()
        for examples, weight in ((targeted, 0), (plain, 1), (targeted, 1))
    )
    assert all(np.array_equal(off[name], never[name]) for name in off)
    assert off.keys() == on.keys()
    assert not np.allclose(off["second_MHJ"], on["second_MHJ"])


@pytest.mark.slow
def test_a_model_with_tasks_answers_as_well() -> None:
    catalogue = shop_catalogue()
    params = SHOP_PARAMS.model_copy(update={"task_weight": 0.5})
    origin = Origin("tasks", SHOP_UNTIL, "", "test")
    bundle = fit_bundle(catalogue, shop_texts(catalogue), make_log(shop_frame(), catalogue), params, origin)
    assert bundle.manifest.metrics["NDCG@20"] == pytest.approx(shop_bundle().manifest.metrics["NDCG@20"], abs=0.05)
