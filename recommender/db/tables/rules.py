"""What the shop wants of its answers, and who wanted it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.tables.base import ID_LENGTH, WIDE, Base, one_of

RULE_ACTIONS = ("pin", "boost", "bury", "exclude")
RULE_TARGETS = ("item", "category", "brand")


class Rule(Base):
    """What the shop wants of its answers: an item, or all of a category or brand, pinned, boosted, buried or left out.

    A rule is never changed: another one takes its place, so that what once applied can be told.
    """

    __tablename__ = "rules"
    rule_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    action: Mapped[str] = mapped_column(one_of("rule_action", *RULE_ACTIONS))
    target: Mapped[str] = mapped_column(one_of("rule_target", *RULE_TARGETS))
    name: Mapped[str] = mapped_column(String(256))  # the item's id, the category's or the brand's name
    strength: Mapped[float]  # of boost and bury: how many times the odds of the item
    position: Mapped[int | None]  # of pin: from 1
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    removed: Mapped[bool] = mapped_column(default=False)


class RuleChange(Base):
    """Who added or removed a rule, when and why."""

    __tablename__ = "rule_changes"
    id: Mapped[int] = mapped_column(WIDE, primary_key=True, autoincrement=True)
    rule_id: Mapped[str] = mapped_column(ForeignKey("rules.rule_id"))
    change: Mapped[str] = mapped_column(one_of("rule_change", "added", "removed"))
    changed_by: Mapped[str] = mapped_column(String(ID_LENGTH))
    reason: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime]
