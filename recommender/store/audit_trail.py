"""Who did what, when and why, over all that is decided: read from the rows that were kept with the changes themselves.

Models, shoppers' data, drift, rules, experiments and keys each have their table; here they stand in one order, the
latest first, and are read page by page. Sessions are handed in.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from recommender.db.tables import DRIFT_ACTIONS, ApiKey, Audit, DriftDecision, Experiment, Rule, RuleChange

KINDS = ("models", "shoppers", "drift", "rules", "experiments", "keys")
OF_MODELS = ("promote", "rollback", "canary_start", "canary_end")
NOT_KEPT = ""  # of keys: the command line makes them, and nobody's name is kept


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands: by time, and of one moment by source and row. `written` and `read` are for addresses."""

    time: datetime
    source: str
    row: str

    def written(self) -> str:
        """As an address says it."""
        return f"{self.time.isoformat()}~{self.source}~{self.row}"

    @staticmethod
    def read(text: str) -> "Place | None":
        """The place that an address says; None where it says none."""
        moment, _, rest = text.partition("~")
        name, _, row = rest.partition("~")
        source = next((one for one in SOURCES if one.name == name), None)
        try:
            time = datetime.fromisoformat(moment)
            time = time.astimezone(UTC) if time.tzinfo is not None else time
        except (ValueError, OverflowError):  # the latter: in UTC it would be in no year that there is
            return None
        numbered = source is not None and source.is_numbered
        is_row = row.isascii() and row.isdecimal() and len(row) <= 18 if numbered else bool(row) and "\x00" not in row
        return Place(time, name, row) if source is not None and time.tzinfo is not None and is_row else None


@dataclass(frozen=True, slots=True)
class Entry:
    """`what` it was about (a model, shopper, run, rule, experiment or key); `details` are what else the row holds."""

    time: datetime
    kind: str
    action: str
    by: str
    what: str
    reason: str
    details: Mapping[str, Any]
    place: Place


Made = tuple[str, str, str, str, Mapping[str, Any]]  # action, by, what, reason, details


@dataclass(frozen=True, slots=True)
class _Source:
    name: str
    kind: str
    time: InstrumentedAttribute[Any]
    row: InstrumentedAttribute[Any]
    actions: tuple[str, ...]  # that its rows may be; of none: any
    action: InstrumentedAttribute[Any] | None  # the column that says which; without one it is the only one
    make: Callable[[Any], Made]
    beside: Any = None  # a table that is read, too, by its foreign key

    @property
    def is_numbered(self) -> bool:
        """Whether its rows are named by numbers."""
        return self.row.type.python_type is int

    def query(self, action: str, before: Place | None, most: int) -> Select[Any]:
        """Its rows of an action ("" for all) that stand after `before`, the latest first."""
        rows = (
            select(self.row.class_) if self.beside is None else select(self.row.class_, self.beside).join(self.beside)
        )
        rows = rows.where(self.time.is_not(None))
        if self.action is not None and self.actions:
            rows = rows.where(self.action.in_([action] if action else self.actions))
        elif self.action is not None:
            rows = rows.where(self.action.not_in(OF_MODELS))
            rows = rows.where(self.action == action) if action else rows
        if before is not None:
            rows = rows.where(self._after(before))
        return rows.order_by(self.time.desc(), self.row.desc()).limit(most)

    def _after(self, before: Place) -> Any:
        if self.name > before.source:
            return self.time <= before.time
        if self.name < before.source:
            return self.time < before.time
        row: Any = int(before.row) if self.is_numbered else before.row
        return or_(self.time < before.time, and_(self.time == before.time, self.row < row))


def _audited(row: Audit) -> Made:
    details = dict(row.details)
    what = str(details.pop("model_version", "")) if row.action in OF_MODELS else row.user_id or ""
    return row.action, row.actor, what, str(details.pop("reason", "") or ""), details


def _decided(row: DriftDecision) -> Made:
    details = {"door": row.door, "farther_than": row.farther_than, "at_most": row.at_most}
    told = {name: value for name, value in details.items() if value is not None}
    return row.action, row.decided_by, row.drift_run_id, row.note, told


def _ruled(rows: tuple[RuleChange, Rule]) -> Made:
    change, rule = rows
    details = {"action": rule.action, "target": rule.target, "name": rule.name}
    return change.change, change.changed_by, rule.rule_id, change.reason, details


def _keyed(action: str) -> Callable[[ApiKey], Made]:
    return lambda row: (action, NOT_KEPT, row.key_id, "", {"scope": row.scope, "name": row.name})


# in the order in which entries of one moment stand
SOURCES = (
    _Source("data", "shoppers", Audit.time, Audit.id, (), Audit.action, _audited),
    _Source("drift", "drift", DriftDecision.decided_at, DriftDecision.drift_run_id, DRIFT_ACTIONS, DriftDecision.action,
            _decided),
    _Source("ended", "experiments", Experiment.ended_at, Experiment.experiment_id, ("end",), None,
            lambda row: ("end", row.ended_by or "", row.experiment_id, row.end_reason or "", {})),
    _Source("key", "keys", ApiKey.created_at, ApiKey.key_id, ("create",), None, _keyed("create")),
    _Source("model", "models", Audit.time, Audit.id, OF_MODELS, Audit.action, _audited),
    _Source("revoked", "keys", ApiKey.revoked_at, ApiKey.key_id, ("revoke",), None, _keyed("revoke")),
    _Source("rule", "rules", RuleChange.time, RuleChange.id, ("added", "removed"), RuleChange.change, _ruled, Rule),
    _Source("started", "experiments", Experiment.started_at, Experiment.experiment_id, ("start",), None,
            lambda row: ("start", row.started_by, row.experiment_id, row.reason, {"arms": row.arms})),
    _Source("undone", "drift", DriftDecision.undone_at, DriftDecision.drift_run_id, ("take_back",), None,
            lambda row: ("take_back", row.undone_by or "", row.drift_run_id, "", {})),
)  # fmt: skip


def read_trail(
    session: Session, kind: str = "", action: str = "", before: Place | None = None, most: int = 100
) -> list[Entry]:
    """The latest entries, of a kind and an action or of all, that stand after `before`: `most` of them."""
    found: list[Entry] = []
    for source in SOURCES:
        if (kind and source.kind != kind) or (action and source.actions and action not in source.actions):
            continue
        for rows in session.execute(source.query(action, before, most)):
            found.append(_entry(source, rows))
    found.sort(key=lambda entry: entry.place.source)
    found.sort(key=lambda entry: entry.time, reverse=True)  # keeps the order of sources, and of a source's rows
    return found[:most]


def _entry(source: _Source, rows: Sequence[Any]) -> Entry:
    row = rows[0]
    time: datetime = getattr(row, source.time.key)
    place = Place(time, source.name, str(getattr(row, source.row.key)))
    made = source.make(row if source.beside is None else tuple(rows))
    return Entry(time, source.kind, *made, place)


def known_actions(session: Session) -> list[str]:
    """The actions that entries may be filtered by."""
    kept = session.scalars(select(Audit.action).distinct())
    return sorted({*kept, *(one for source in SOURCES if source.name != "model" for one in source.actions)})
