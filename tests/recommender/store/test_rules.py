"""The rules' book: who added and removed what and why, and which rules are refused with what to do."""

from datetime import UTC, datetime

import pytest

from recommender.db.engine import session_scope
from recommender.reranking.rules import Rule
from recommender.settings import Settings
from recommender.store.rules import UnclearRule, add_rule, read_changes, read_rules, remove_rule
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, tzinfo=UTC)


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


def test_what_is_not_given_is_settled_by_the_action(home: Settings) -> None:
    install_tables()
    given = [Rule("", action, "item", "a", 0) for action in ("boost", "bury", "pin", "exclude")]
    with session_scope() as session:
        boost, bury, pin, exclude = (add_rule(session, rule, "ann", "why", NOW) for rule in given)
        assert (boost.strength, bury.strength, pin.strength, exclude.strength) == (4, 20, 1, 1)
        assert (boost.position, pin.position, exclude.position) == (None, 1, None)
        assert len({one.rule_id for one in (boost, bury, pin, exclude)}) == 4
        assert read_rules(session) == sorted((boost, bury, pin, exclude), key=lambda one: one.rule_id)


def test_a_rule_that_is_unknown_or_removed_by_nobody_stays(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        kept = add_rule(session, Rule("mine", "exclude", "item", "a"), "ann", "why", NOW)
        with pytest.raises(UnclearRule, match="'other': there is none; `rules list` shows them"):
            remove_rule(session, "other", "ann", "why", NOW)
        with pytest.raises(UnclearRule, match="reason"):
            remove_rule(session, "mine", "ann", " ", NOW)
        assert read_rules(session) == [kept]
