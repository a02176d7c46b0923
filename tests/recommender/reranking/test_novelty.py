"""Room for what is new to the shopper: how much of each beginning of a list, and what it leaves as it was."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.profiles.profile import Profile, build_profile
from recommender.ranking.pipeline import RankingQuery
from recommender.reranking.diversity import diversified
from recommender.reranking.novelty import find_new, standing_due, with_room
from recommender.scenarios.base import Plan, choose
from recommender.scenarios.orders import MOST
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_history
from tests.support.shops.trained import shop_bundle


@pytest.mark.parametrize("share", [0.1, 0.25, 1 / 3, 0.5, 1.0])
def test_each_beginning_holds_the_share_and_the_rest_keeps_its_order(share: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(50):
        new = rng.random(60) < 0.2
        order, moved = with_room(new, share)
        assert sorted(order.tolist()) == list(range(60))
        for kept in (new, ~new):
            places = order[kept[order]]
            assert (np.diff(places) > 0).all()
        held = np.cumsum(new[order])
        needed = np.minimum((share * np.arange(1, 61) + 1e-9).astype(int), new.sum())
        assert (held >= needed).all()
        assert (new[order][moved]).all()
        assert standing_due(new[order], share)[moved].all(), "nothing is moved further than the share asks"


def test_enough_that_is_new_is_left_alone() -> None:
    new = np.array([True, False] * 10)
    order, moved = with_room(new, 0.3)
    assert order.tolist() == list(range(20))
    assert not moved.any()


def test_what_is_new_is_of_another_category_where_there_is_one() -> None:
    catalogue = shop_catalogue()
    rows = np.arange(len(catalogue))
    known = catalogue.rows_of(["tea-1", "tea-2", "pets-0"])
    new = find_new(catalogue, rows, known)
    assert {str(one).split("-")[0] for one in catalogue.ids[new]} == {"coffee", "garden", "toys", "baby"}
    everywhere = catalogue.rows_of([f"{name}-1" for name in ("tea", "coffee", "pets", "garden", "toys", "baby")])
    assert set(np.flatnonzero(~find_new(catalogue, rows, everywhere))) == set(everywhere.tolist())


def test_a_diverse_list_has_room_too() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    relevance, new = np.linspace(1, 0, 40, dtype=np.float32), np.arange(40) >= 30
    order = diversified(relevance, vectors, 0.3, 20, new, 0.2)
    assert (np.cumsum(new[order]) >= np.arange(1, 21) // 5).all()
    assert order[:11].tolist() == diversified(relevance, vectors, 0.3, 11, new, 0.2).tolist()
    assert new[diversified(relevance, vectors, 0.3, 5, new, 1.0)].all()


def profile(user: str) -> Profile:
    return build_profile(shop_bundle(), user, shop_history(user), SHOP_UNTIL, 1)


@pytest.mark.parametrize("diversity", [0.0, 0.3])
@pytest.mark.parametrize("share", [0.2, 0.5])
def test_pages_are_cut_from_one_list_that_says_what_it_kept_room_for(share: float, diversity: float) -> None:
    bundle, plan = shop_bundle(), Plan(novelty=share, diversity=diversity)
    for user in ("u0", "u4"):
        known = bundle.catalogue.rows_of(shop_history(user).item_ids.tolist())
        whole = choose(bundle, profile(user), RankingQuery(n=MOST), plan, SHOP_UNTIL).items
        new = find_new(bundle.catalogue, bundle.catalogue.rows_of([one.item.item_id for one in whole]), known)
        needed = np.minimum((share * np.arange(1, len(whole) + 1) + 1e-9).astype(int), new.sum())
        assert (np.cumsum(new) >= needed).all()
        told = [any(one.source == "novelty" for one in chosen.item.evidence) for chosen in whole]
        assert any(told)
        assert new[told].all()
        scores = [one.item.score for one in whole]
        assert scores == sorted(scores, reverse=True)
        pages = [
            choose(bundle, profile(user), RankingQuery(n=7), replace(plan, offset=offset), SHOP_UNTIL).items
            for offset in range(0, 28, 7)
        ]
        cut = [one.item.item_id for page in pages for one in page]
        assert cut == [one.item.item_id for one in whole[:28]]


def test_whoever_is_not_known_gets_what_they_got() -> None:
    bundle, query = shop_bundle(), RankingQuery(n=10)
    assert choose(bundle, None, query, Plan(novelty=0.5), SHOP_UNTIL) == choose(bundle, None, query, Plan(), SHOP_UNTIL)
