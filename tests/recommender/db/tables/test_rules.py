"""Rules as rows: known actions and targets only, and no change of a rule that is not there."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from recommender.db.tables import RULE_ACTIONS, RULE_TARGETS, Rule, RuleChange

NOW = datetime(2026, 3, 1, tzinfo=UTC)
CHANGE = {"rule_id": "r", "change": "added", "changed_by": "ann", "reason": "why", "time": NOW}


def rule(**more: Any) -> dict[str, Any]:
    return {
        "rule_id": "r",
        "action": "boost",
        "target": "item",
        "name": "tea",
        "strength": 4.0,
        "removed": False,
    } | more


def test_every_known_kind_of_rule_is_kept_and_no_other(session: Session) -> None:
    kinds = [(action, target) for action in RULE_ACTIONS for target in RULE_TARGETS]
    rows = [rule(rule_id=f"{action} {target}", action=action, target=target) for action, target in kinds]
    session.execute(insert(Rule), rows)
    assert session.query(Rule).count() == len(kinds)
    for changes in ({"action": "praise"}, {"target": "moon"}):
        with pytest.raises(StatementError, match=next(iter(changes.values()))):
            session.execute(insert(Rule), rule(**changes))


def test_a_change_is_of_a_rule_that_is_there(session: Session) -> None:
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(RuleChange), CHANGE)
    session.execute(insert(Rule), rule())
    session.execute(insert(RuleChange), [CHANGE, CHANGE | {"change": "removed"}])
    with pytest.raises(StatementError, match="forgotten"):
        session.execute(insert(RuleChange), CHANGE | {"change": "forgotten"})
