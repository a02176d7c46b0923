"""The rules table: adding, removing and reading rules, each change with who made it and why.

It knows the tables; what a rule does to an answer is `rules`' affair. Sessions are handed in; the caller commits.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db import tables
from recommender.db.tables import RULE_ACTIONS, RULE_TARGETS, RuleChange
from recommender.reranking.rules import Rule
from recommender.utils.accountability import check_author

STRENGTHS = {"boost": 4.0, "bury": 20.0}  # where none is given


class UnclearRule(ValueError):
    """A rule that can't be kept; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the rules' history."""

    time: datetime
    change: str
    rule_id: str
    changed_by: str
    reason: str


def add_rule(session: Session, rule: Rule, by: str, reason: str, now: datetime) -> Rule:
    """Keeps a rule under an id of its own."""
    kept = _checked(rule, by, reason)
    session.add(tables.Rule(**{name: getattr(kept, name) for name in Rule.__slots__}, removed=False))
    session.flush()
    session.add(RuleChange(rule_id=kept.rule_id, change="added", changed_by=by, reason=reason, time=now))
    return kept


def remove_rule(session: Session, rule_id: str, by: str, reason: str, now: datetime) -> None:
    """Ends a rule; what it was stays readable."""
    check_author(by, reason, UnclearRule)
    row = session.get(tables.Rule, rule_id)
    if row is None or row.removed:
        raise UnclearRule(f"rule {rule_id!r}: there is none; `rules list` shows them")
    row.removed = True
    session.add(RuleChange(rule_id=rule_id, change="removed", changed_by=by, reason=reason, time=now))


def read_rules(session: Session) -> list[Rule]:
    """All rules that were not removed, whenever they hold."""
    rows = session.scalars(select(tables.Rule).where(tables.Rule.removed.is_(False)).order_by(tables.Rule.rule_id))
    return [Rule(**{name: getattr(row, name) for name in Rule.__slots__}) for row in rows]


def read_changes(session: Session) -> list[Change]:
    """Who did what, the latest first."""
    rows: Iterable[RuleChange] = session.scalars(select(RuleChange).order_by(RuleChange.id.desc()))
    return [Change(row.time, row.change, row.rule_id, row.changed_by, row.reason) for row in rows]


def _checked(rule: Rule, by: str, reason: str) -> Rule:
    check_author(by, reason, UnclearRule)
    if rule.action not in RULE_ACTIONS:
        raise UnclearRule(f"action: {rule.action!r} is none of {', '.join(RULE_ACTIONS)}")
    if rule.target not in RULE_TARGETS:
        raise UnclearRule(f"target: {rule.target!r} is none of {', '.join(RULE_TARGETS)}")
    if not rule.name.strip():
        raise UnclearRule(f"{rule.target}: give its {'id' if rule.target == 'item' else 'name'}")
    if rule.position is not None and (rule.action != "pin" or rule.position < 1):
        raise UnclearRule("position: only a pin has one, and it counts from 1")
    strength = rule.strength or STRENGTHS.get(rule.action, 1.0)
    if not 1.0 <= strength <= 1e6:
        raise UnclearRule("strength: give 1 (nothing) to 1,000,000")
    if rule.starts_at is not None and rule.ends_at is not None and rule.starts_at >= rule.ends_at:
        raise UnclearRule("ends_at: not after starts_at; swap them, or leave one out")
    position = (rule.position or 1) if rule.action == "pin" else None
    rule_id = rule.rule_id or uuid.uuid4().hex[:8]
    return Rule(rule_id, rule.action, rule.target, rule.name, strength, position, rule.starts_at, rule.ends_at)
