"""Business rules on an answer: in their time, on whom, how far they move a score, and where a pin stands."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from recommender.reranking.rules import Rule, RuleSet
from tests.support.shops.shop import shop_catalogue

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CATALOGUE = shop_catalogue()
EVERYTHING = np.ones(60, dtype=bool)


def row_of(item_id: str) -> int:
    return CATALOGUE.index[item_id]


def rules_of(*rules: Rule) -> RuleSet:
    return RuleSet(rules, CATALOGUE, NOW)


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


def test_odds_are_multiplied_and_divided_and_rules_together_multiply() -> None:
    rows, scores = np.arange(60), np.full(60, 0.2, dtype=np.float32)
    rules = rules_of(Rule("a", "boost", "category", "Tea", 4), Rule("b", "bury", "item", "tea-3", 2))
    weighed = rules.weighed(rows, scores)
    odds = weighed / (1 - weighed)
    assert odds[row_of("tea-0")] == pytest.approx(0.25 * 4, rel=1e-5)
    assert odds[row_of("tea-3")] == pytest.approx(0.25 * 2, rel=1e-5)
    assert odds[row_of("toys-0")] == pytest.approx(0.25, rel=1e-5)
    ends = np.array([0.0, 1.0], dtype=np.float32)
    assert rules.weighed(np.array([row_of("tea-0"), row_of("tea-1")]), ends).tolist() == [0, 1]
    assert rules.weighed(rows[:0], scores[:0]).tolist() == []


def test_a_rule_is_about_an_item_a_category_or_a_brand_whatever_its_capitals() -> None:
    for target, name in (("category", "tEA"), ("brand", "LARK")):
        rows = Rule("r", "boost", target, name).rows(CATALOGUE)
        expected = (
            CATALOGUE.in_categories(frozenset({"Tea"}))
            if target == "category"
            else CATALOGUE.of_brands(frozenset({"Lark"}))
        )
        assert rows.tolist() == np.flatnonzero(expected).tolist()
        assert len(rows)
    assert Rule("r", "boost", "item", "tea-1").rows(CATALOGUE).tolist() == [row_of("tea-1")]
    for target in ("item", "category", "brand"):
        assert Rule("r", "boost", target, "no such").rows(CATALOGUE).tolist() == []


def test_a_rule_without_bounds_always_holds_and_its_end_is_not_in_it() -> None:
    assert Rule("r", "pin", "item", "x").holds(NOW)
    until = Rule("r", "pin", "item", "x", ends_at=NOW)
    assert until.holds(NOW - timedelta(seconds=1))
    assert not until.holds(NOW)
    since = Rule("r", "pin", "item", "x", starts_at=NOW)
    assert since.holds(NOW)
    assert not since.holds(NOW - timedelta(seconds=1))


def test_rows_left_out_are_those_of_all_exclusions_once() -> None:
    rules = rules_of(Rule("a", "exclude", "category", "Tea"), Rule("b", "exclude", "item", "tea-1"))
    assert rules.left_out().tolist() == np.flatnonzero(CATALOGUE.in_categories(frozenset({"Tea"}))).tolist()
    assert rules_of(Rule("c", "pin", "item", "tea-1")).left_out().tolist() == []
    assert not rules_of()


def test_pins_stand_in_their_places() -> None:
    ranked = np.arange(10)
    last, second = (
        Rule("z", "pin", "item", str(CATALOGUE.ids[50]), 1, 1),
        Rule("y", "pin", "item", str(CATALOGUE.ids[7]), 1, 3),
    )
    assert rules_of(second, last).pinned(ranked, EVERYTHING).tolist() == [50, 0, 7, 1, 2, 3, 4, 5, 6, 8, 9]
    far = Rule("f", "pin", "item", str(CATALOGUE.ids[0]), 1, 99)
    assert rules_of(far).pinned(ranked, EVERYTHING).tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0]


def test_a_pin_of_a_kind_takes_the_first_in_the_ranking_and_none_from_outside_of_it() -> None:
    tea = np.flatnonzero(CATALOGUE.in_categories(frozenset({"Tea"})))
    others = np.setdiff1d(np.arange(60), tea)
    pin = rules_of(Rule("p", "pin", "category", "Tea", 1, 1))
    ranked = np.array([others[0], tea[4], tea[2]])
    assert pin.pinned(ranked, EVERYTHING).tolist() == [tea[4], others[0], tea[2]]
    assert pin.pinned(others[:3], EVERYTHING).tolist() == others[:3].tolist()
    hidden = EVERYTHING.copy()
    hidden[tea[4]] = False
    assert pin.pinned(ranked, hidden).tolist() == [tea[2], others[0], tea[4]]
    assert rules_of(Rule("p", "pin", "item", str(CATALOGUE.ids[tea[4]]))).pinned(others[:2], hidden).tolist() == (
        others[:2].tolist()
    )


def test_an_item_carries_the_rules_that_it_owes_its_place_to() -> None:
    boost, bury = Rule("a", "boost", "category", "Tea", 2), Rule("b", "bury", "category", "Toys", 2)
    first = Rule("c", "pin", "category", "Tea", 1, 1)
    rules = rules_of(boost, bury, first)
    tea = Rule("x", "pin", "category", "Tea").rows(CATALOGUE).tolist()
    assert rules.touching(tea[0], [tea[0], tea[1]]) == [boost, first]
    assert rules.touching(tea[1], [tea[0], tea[1]]) == [boost]
    assert rules.touching(row_of("toys-0"), [row_of("toys-0")]) == [bury]
    assert rules.touching(row_of("pets-0"), []) == []
