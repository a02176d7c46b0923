"""What a shopper disliked is not recommended to them, is no reason for anything, and tells against its kind."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.data.history import TYPE_CODES, History
from recommender.profiles.profile import build_profile
from recommender.profiles.user_state import prepare
from recommender.ranking.pipeline import RankingQuery, ScoredItem, recommend
from recommender.scenarios.base import CART, HOME, PRODUCT_PAGE, Plan, choose
from tests.support.shops.shop import SHOP_UNTIL, SHOPPERS, leaning, shop_history
from tests.support.shops.trained import shop_bundle

NOW = int(SHOP_UNTIL.timestamp())
SLOW = pytest.mark.slow


def _with(history: History, item_id: str, kind: str, value: float, time: int) -> History:
    return History(
        np.append(history.event_ids, f"new-{time}-{kind}").astype(object),
        np.append(history.item_ids, item_id).astype(object),
        np.append(history.event_types, np.int8(TYPE_CODES[kind])),
        np.append(history.values, np.float32(value)),
        np.append(history.times, np.int64(time)),
    )


def _answer(history: History, n: int = 10) -> list[ScoredItem]:
    then = SHOP_UNTIL + timedelta(minutes=10)
    return recommend(shop_bundle(), build_profile(shop_bundle(), "u", history, then, 1), RankingQuery(n=n), then)


@pytest.mark.parametrize(
    ("kind", "stars"),
    [("rating", 2.0), pytest.param("rating", 1.0, marks=SLOW), pytest.param("review", 1.0, marks=SLOW)],
)
def test_of_many_shoppers_nobody_is_shown_what_they_panned(kind: str, stars: float) -> None:
    for user in range(SHOPPERS):
        history = shop_history(f"u{user}")
        panned = _answer(history)[1].item_id
        after = _answer(_with(history, panned, kind, stars, NOW + 60), n=60)
        assert panned not in [item.item_id for item in after]
        assert not [item for item in after if any(panned in one.item_ids for one in item.evidence)]


def test_no_scenario_shows_it() -> None:
    bundle, then = shop_bundle(), SHOP_UNTIL + timedelta(minutes=10)
    panned = _answer(shop_history("u3"))[0].item_id
    history = _with(shop_history("u3"), panned, "rating", 1.0, NOW + 60)
    profile = build_profile(bundle, "u3", history, then, 1)
    others = [item.item_id for item in _answer(history)[:2]]
    for scenario in (HOME, PRODUCT_PAGE, CART):
        query = RankingQuery(n=50, context_item_ids=tuple(others[:1]) if scenario != HOME else ())
        page = choose(bundle, profile, query, Plan(scenario=scenario), then)
        assert page.items
        assert panned not in [chosen.item.item_id for chosen in page.items]


def test_bought_again_since_it_is_liked_again() -> None:
    history = shop_history("u3")
    panned = _answer(history)[0].item_id
    forgiven = _with(_with(history, panned, "rating", 1.0, NOW + 60), panned, "purchase", 3.0, NOW + 120)
    shopper = prepare(forgiven, shop_bundle().catalogue, NOW + 600)
    assert not len(shopper.disliked_rows)
    row = shop_bundle().catalogue.index[panned]
    assert shopper.purchases_K[shopper.rows_K == row].tolist() == [1]  # what came before the dislike stays taken back


def test_likes_of_its_kind_count_less() -> None:
    bundle, history = shop_bundle(), shop_history("u0")
    kind = leaning(0).lower()
    others = [item for item in dict.fromkeys(history.item_ids.tolist()) if item.startswith(kind)]
    panned = history
    for step, item in enumerate(others[:3]):
        panned = _with(panned, item, "rating", 1.0, NOW + step)
    before, after = (prepare(one, bundle.catalogue, NOW + 600) for one in (history, panned))
    kept = bundle.catalogue.index[others[4]]
    one, other = (shopper.lasting_K[shopper.rows_K == kept][0] for shopper in (before, after))
    assert other < 0.95 * one


def test_what_was_only_disliked_leaves_a_newcomer() -> None:
    nothing = replace(shop_history("u1").take(slice(0, 0)))
    answer = _answer(_with(nothing, "tea-1", "rating", 1.0, NOW + 60))
    assert answer
    assert "tea-1" not in [item.item_id for item in answer]
