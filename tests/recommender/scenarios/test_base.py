"""An answer of a scenario: re-ranked, under rules, what goes with what; without a service."""

from datetime import date, datetime
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from recommender.data.catalog import Catalogue
from recommender.models.new_items import with_items
from recommender.profiles.profile import Profile, build_profile
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.reranking.diversity import likeness_within
from recommender.reranking.rules import Rule
from recommender.scenarios.base import CART, Plan, choose
from recommender.scenarios.cart import goes_with
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_events, shop_history
from tests.support.shops.trained import shop_bundle, shop_encoder

NOW = SHOP_UNTIL


def profile(user: str = "u0") -> Profile:
    return build_profile(shop_bundle(), user, shop_history(user), NOW, 1)


@pytest.mark.parametrize("user", ["u0", "u1", "u2", "u3"])
def test_more_diversity_never_makes_an_answer_more_alike(user: str) -> None:
    bundle = shop_bundle()
    alike = []
    for diversity in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        page = choose(bundle, profile(user), RankingQuery(n=8), Plan(diversity=diversity), NOW)
        rows = bundle.catalogue.rows_of([one.item.item_id for one in page.items])
        alike.append(likeness_within(bundle.text_MT[bundle.text_row_N[rows]]))
    assert all(later <= earlier + 0.02 for earlier, later in pairwise(alike)), alike
    assert alike[-1] < alike[0] - 0.1


def test_without_a_plan_the_choice_is_the_recommendation() -> None:
    bundle = shop_bundle()
    plain = recommend(bundle, profile(), RankingQuery(n=12), NOW)
    assert [one.item for one in choose(bundle, profile(), RankingQuery(n=12), Plan(), NOW).items] == plain
    assert [one.item for one in choose(bundle, None, RankingQuery(n=5), Plan(), NOW).items] == recommend(
        bundle, None, RankingQuery(n=5), NOW
    )


def test_a_basket_brings_another_kind_of_thing_for_each_shopper_their_own() -> None:
    bundle = shop_bundle()
    query = RankingQuery(n=10, context_item_ids=("tea-0", "tea-1"))
    orders = []
    for user in ("u1", "u2"):
        page = choose(bundle, profile(user), query, Plan(CART), NOW)
        orders.append([one.item.item_id for one in page.items])
        assert sum(item.startswith("tea-") for item in orders[-1]) <= 3
    assert orders[0] != orders[1]
    with pytest.raises(KeyError):
        goes_with(bundle, "no-such", 3, np.ones(60, dtype=bool))
    assert choose(bundle, None, RankingQuery(context_item_ids=("gone",)), Plan(CART), NOW).items


def test_what_goes_with_an_item_was_chosen_on_the_same_visits_and_says_so() -> None:
    bundle, everything = shop_bundle(), np.ones(60, dtype=bool)
    visits_of: dict[str, set[tuple[str, date]]] = {}
    for event in shop_events():
        moment = event["time"]
        assert isinstance(moment, datetime)
        visits_of.setdefault(str(event["item_id"]), set()).add((str(event["user_id"]), moment.date()))
    for item in ("tea-1", "pets-3", "toys-8"):
        found = goes_with(bundle, item, 30, everything)
        assert item not in [one.item_id for one in found]
        for one in found:
            together = bool(visits_of[item] & visits_of[one.item_id])
            assert (one.evidence[0].source == "context") == together, one
        same = [one.item_id.split("-")[0] == item.split("-")[0] for one in found]
        assert all(sum(same[start : start + 10]) <= 1 for start in range(len(same) - 9))
        scores = [one.score for one in found]
        assert scores == sorted(scores, reverse=True)
        assert all(0 < score < 1 for score in scores)


def test_an_item_that_was_never_chosen_goes_with_what_sells_and_says_so() -> None:
    bundle = shop_bundle()
    frame = shop_catalogue().frame.head(1).with_columns(item_id=pl.lit("new"), content_hash=pl.lit("new"))
    grown = with_items(bundle, Catalogue(frame), shop_encoder().encode(["a new thing"]))
    found = goes_with(grown, "new", 5, np.ones(61, dtype=bool))
    assert [one.item_id for one in found] == [str(bundle.catalogue.ids[row]) for row in grown.sellers[:6]][:5]
    assert {one.evidence[0].source for one in found} == {"popular"}


def test_leaving_out_goes_before_pinning_and_pins_keep_to_filters() -> None:
    bundle = shop_bundle()
    pin = Rule("p", "pin", "item", "baby-9", 1, 1)
    answer = choose(bundle, profile(), RankingQuery(n=3), Plan(rules=(pin,)), NOW).items
    assert (answer[0].item.item_id, answer[0].rules) == ("baby-9", (pin,))
    assert [one.rules for one in answer[1:]] == [(), ()]
    out = Plan(rules=(pin, Rule("x", "exclude", "brand", "Lark")))
    assert "baby-9" not in [one.item.item_id for one in choose(bundle, profile(), RankingQuery(n=60), out, NOW).items]
    teas = RankingQuery(n=3, categories=frozenset({"Tea"}))
    assert "baby-9" not in [one.item.item_id for one in choose(bundle, profile(), teas, Plan(rules=(pin,)), NOW).items]
    of_brand = Plan(rules=(Rule("b", "pin", "brand", "Wren", 1, 2),))
    second = choose(bundle, profile(), RankingQuery(n=5), of_brand, NOW).items[1]
    assert bundle.catalogue.brands[bundle.catalogue.brand_codes[bundle.catalogue.index[second.item.item_id]]] == "Wren"
    assert second.rules == of_brand.rules
