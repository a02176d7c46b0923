"""Towers: what leads to what is found, for items that hardly anyone touched too; nothing is learned from later."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from recommender.data.event_weights import DAY, PURCHASE
from recommender.models.item_statistics import Events, fit_statistics
from recommender.models.retrieval_config import RetrievalConfig
from recommender.models.tensors import Tensors
from recommender.retrieval.base import Past
from recommender.retrieval.tower_network import fit_towers
from recommender.retrieval.towers import Towers, content_of, unit

KINDS, EACH, SHOPPERS, LENGTH = 6, 20, 400, 8
ITEMS = KINDS * EACH
UNTOUCHED = EACH - 1  # of each kind, the last item
KIND_N = np.repeat(np.arange(KINDS), EACH)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def walks(seed: int = 0) -> Events:
    """Each shopper goes from a kind to the next one, to any item of it but the last."""
    rng = np.random.default_rng(seed)
    kinds = (rng.integers(0, KINDS, (SHOPPERS, 1)) + np.arange(LENGTH)) % KINDS
    items = kinds * EACH + rng.integers(0, UNTOUCHED, kinds.shape)
    users, places = np.repeat(np.arange(SHOPPERS), LENGTH), np.tile(np.arange(LENGTH), SHOPPERS)
    return Events(
        users.astype(np.int32), items.ravel().astype(np.int32), np.full(users.size, PURCHASE, dtype=np.int8),
        np.full(users.size, np.nan, dtype=np.float32), (places * DAY).astype(np.int64),
    )  # fmt: skip


def past_of(events: Events, repeats: bool = False) -> Past:
    texts_MT = unit(np.random.default_rng(1).standard_normal((ITEMS, 8)).astype(np.float32))
    groups = {kind: (KIND_N, -1) for kind in ("brand", "category", "root")}
    titles = [f"thing of kind{kind} and of no other" for kind in KIND_N]
    statistics = fit_statistics(events, ITEMS, 100 * DAY)
    rows_N = np.arange(ITEMS, dtype=np.int32)
    return Past(events, statistics, RetrievalConfig(), titles, texts_MT, rows_N, groups, repeats)


def share_of_next_kind(tensors: Tensors, tower: str, rows: np.ndarray) -> float:
    """Of what the towers find first after each of these items, the share that is of the kinds that stand around it."""
    chances = unit(tensors[f"{tower}in_ND"][rows]) @ tensors[f"{tower}out_ND"].T
    found = KIND_N[np.argsort(-chances, axis=1)[:, :EACH]]
    apart = (found - KIND_N[rows][:, None]) % KINDS
    return float(np.isin(apart, (1, KINDS - 1)).mean())


def test_what_leads_on_is_found_by_behaviour_and_by_content_alone() -> None:
    tensors = Towers().fit_tensors(past_of(walks()))
    touched = np.arange(0, ITEMS, EACH)
    assert share_of_next_kind(tensors, "", touched) > 0.8
    assert share_of_next_kind(tensors, "content_", touched + UNTOUCHED) > 0.8  # nobody ever had these
    np.testing.assert_allclose(np.linalg.norm(tensors["out_ND"], axis=1), 1, rtol=1e-5)


def test_a_shop_of_repeat_buyers_and_one_of_few_events_have_none() -> None:
    events = walks()
    assert Towers().fit_tensors(past_of(events, repeats=True)) == {}
    assert Towers().fit_tensors(past_of(events.take(np.arange(900)))) == {}


def test_a_fit_goes_on_only_from_events_that_are_all_its_own() -> None:
    events, other = walks(), walks(seed=5)
    content = content_of(past_of(events))
    early = events.before(4 * DAY)
    alone = fit_towers(early, content, {})
    after_more = fit_towers(early, content, _memo_of(events, content))
    after_others = fit_towers(early, content, _memo_of(other, content))
    for name, array in alone.items():
        np.testing.assert_array_equal(array, after_more[name], err_msg=name)  # nothing of what came later
        np.testing.assert_array_equal(array, after_others[name], err_msg=name)
    going_on = fit_towers(events, content, _memo_of(early, content))
    assert not np.array_equal(going_on["out_ND"], fit_towers(events, content, {})["out_ND"])


def _memo_of(events: Events, content: np.ndarray) -> dict[str, object]:
    memo: dict[str, object] = {}
    fit_towers(events, content, memo)
    return memo
