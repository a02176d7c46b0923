"""Re-ranking, rules, what is due, what goes with what: without a service."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from recommender.data.catalog import Catalogue
from recommender.data.history import TYPE_CODES, History
from recommender.db.engine import session_scope
from recommender.models.new_items import with_items
from recommender.profiles.profile import Profile, build_profile
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.reranking.diversity import diversified, falling, likeness_within
from recommender.reranking.rules import Rule, RuleSet
from recommender.scenarios.base import CART, Plan, choose
from recommender.scenarios.cart import goes_with
from recommender.scenarios.reorder import due_items
from recommender.settings import Settings
from recommender.store.rules import UnclearRule, add_rule, read_changes, read_rules, remove_rule
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_events, shop_history
from tests.support.shops.trained import shop_bundle, shop_encoder

NOW = SHOP_UNTIL
DAY = 86_400


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


def test_diversity_by_hand() -> None:
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    relevance = np.array([0.9, 0.8, 0.1], dtype=np.float32)
    assert diversified(relevance, vectors, 0.0, 3).tolist() == [0, 1, 2]
    assert diversified(relevance, vectors, 0.9, 3).tolist() == [0, 2, 1]
    assert diversified(relevance, vectors, 1.0, 9).tolist() == [0, 2, 1]
    assert falling(np.array([0.5, 0.2, 0.7, 0.1], dtype=np.float32)).tolist() == pytest.approx([0.7, 0.7, 0.7, 0.1])


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


def bought(*purchases: tuple[str, float]) -> History:
    """Purchases of items so many days before now, oldest first."""
    rows = sorted(purchases, key=lambda one: -one[1])
    return History(
        np.array([f"e{place}" for place in range(len(rows))], dtype=object),
        np.array([item for item, _ in rows], dtype=object),
        np.full(len(rows), TYPE_CODES["purchase"], dtype=np.int8),
        np.ones(len(rows), dtype=np.float32),
        np.array([int(NOW.timestamp() - ago * DAY) for _, ago in rows], dtype=np.int64),
    )


def test_what_is_due_is_ordered_by_how_often_it_was_bought_and_how_due_it_is() -> None:
    history = bought(
        *[("tea-0", ago) for ago in (30, 20, 10)],  # every ten days, the last ten days ago
        *[("tea-1", ago) for ago in (39, 29, 19, 9)],  # a day early, and bought once more
        *[("tea-2", ago) for ago in (60, 50, 40)],  # four cycles late
        *[("tea-3", ago) for ago in (200, 190, 180)],  # given up
        *[("tea-4", ago) for ago in (85, 45, 5)],  # every forty days: not in the week ahead
        ("tea-5", 10),  # once
    )
    catalogue = shop_catalogue()
    everything = np.ones(len(catalogue), dtype=bool)
    due = due_items(catalogue, history, int(NOW.timestamp()), everything)
    assert [catalogue.ids[one.row] for one in due] == ["tea-1", "tea-0", "tea-2"]
    assert all(0 < one.score <= 1 for one in due)
    assert due[1].evidence.attributes == {
        "cycle_days": "10", "days_since": "10", "days_bought": "3", "events": "3", "purchases": "3",
    }  # fmt: skip
    assert due[1].evidence.event_ids[0] == history.event_ids[history.item_ids == "tea-0"][-1]
    assert due_items(catalogue, history, int(NOW.timestamp()), ~everything) == []
    assert due_items(catalogue, bought(), int(NOW.timestamp()), everything) == []


def test_rules_hold_in_their_time_and_keep_scores_between_0_and_1() -> None:
    catalogue = shop_catalogue()
    rule = Rule("r", "boost", "category", "Tea", 1e6, None, NOW, NOW + timedelta(days=1))
    assert not RuleSet([rule], catalogue, NOW - timedelta(seconds=1))
    assert not RuleSet([rule], catalogue, NOW + timedelta(days=1))
    rows, scores = np.arange(60), np.linspace(0, 1, 60, dtype=np.float32)
    raised = RuleSet([rule], catalogue, NOW).weighed(rows, scores)
    assert ((raised >= 0) & (raised <= 1)).all()
    tea = rule.rows(catalogue)
    assert (raised[tea] >= scores[tea]).all()
    others = np.setdiff1d(rows, tea)
    assert raised[others] == pytest.approx(scores[others])
    twice = RuleSet([rule, Rule("s", "bury", "category", "Tea", 1e6)], catalogue, NOW)
    assert twice.weighed(rows, scores) == pytest.approx(scores, abs=1e-5)


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


def test_the_rule_book_says_who_when_and_why(database: Settings) -> None:
    now = datetime(2026, 6, 1, tzinfo=UTC)
    with session_scope() as session:
        kept = add_rule(session, Rule("", "bury", "brand", "Lark", 0), "ann", "no margin", now)
        assert kept.strength == 20
        assert read_rules(session) == [kept]
        remove_rule(session, kept.rule_id, "bo", "margin is back", now)
        assert read_rules(session) == []
        with pytest.raises(UnclearRule, match="there is none"):
            remove_rule(session, kept.rule_id, "bo", "again", now)
        assert [(one.change, one.changed_by, one.reason) for one in read_changes(session)] == [
            ("removed", "bo", "margin is back"),
            ("added", "ann", "no margin"),
        ]


@pytest.mark.parametrize(
    ("rule", "by", "reason", "message"),
    [
        (Rule("", "raise", "item", "a"), "ann", "why", "action"),
        (Rule("", "pin", "live_items", "a"), "ann", "why", "target"),
        (Rule("", "pin", "item", " "), "ann", "why", "give its id"),
        (Rule("", "boost", "item", "a", 2, 3), "ann", "why", "position"),
        (Rule("", "boost", "item", "a", 0.5), "ann", "why", "strength"),
        (Rule("", "pin", "item", "a", 1, 1, NOW, NOW), "ann", "why", "ends_at"),
        (Rule("", "pin", "item", "a", 1, 1), "", "why", "by"),
        (Rule("", "pin", "item", "a", 1, 1), "ann", "", "reason"),
    ],
)
def test_an_unclear_rule_is_refused(database: Settings, rule: Rule, by: str, reason: str, message: str) -> None:
    with session_scope() as session, pytest.raises(UnclearRule, match=message):
        add_rule(session, rule, by, reason, NOW)
