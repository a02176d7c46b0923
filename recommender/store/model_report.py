"""What a trained model's manifest says of how good it is, as it can be listed: whichever measures and systems it names.

It knows rows of table `models`; how a report looks on a screen or a page is its reader's affair.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import Model

METRIC = "NDCG@20"  # which models are listed by
OURS = "zhiyin"
Columns = dict[str, dict[str, float]]  # a measure's value by its name, of each system or group of shoppers


@dataclass(frozen=True, slots=True)
class ModelReport:
    """`systems` are the model itself and what it was compared with; `segments` groups of shoppers."""

    model_version: str
    status: str
    reason: str
    created_at: datetime
    promoted_at: datetime | None
    learned_until: str
    measured_on: str
    systems: Columns
    segments: Columns
    erased_shoppers: int = 0  # whom it had learned from, and who are erased since

    @property
    def reached(self) -> float | None:
        """What the model itself reaches by `METRIC`; None where it was not measured."""
        return self.systems[OURS].get(METRIC)

    @property
    def best_other(self) -> tuple[str, float] | None:
        """The best of the other systems by `METRIC`, and what it reaches."""
        others = [(name, found[METRIC]) for name, found in self.systems.items() if name != OURS and METRIC in found]
        return max(others, key=lambda one: one[1], default=None)


def model_reports(session: Session) -> list[ModelReport]:
    """Of all models, the newest first."""
    return [report_of(model) for model in session.scalars(select(Model).order_by(Model.created_at.desc()))]


def report_of(model: Model) -> ModelReport:
    """The report of one model; what its manifest lacks is empty."""
    manifest = model.manifest or {}
    return ModelReport(
        model_version=model.model_version,
        status=model.status,
        reason=model.reason or "",
        created_at=model.created_at,
        promoted_at=model.promoted_at,
        learned_until=str(manifest.get("learned_until") or "")[:10],
        measured_on=str(manifest.get("test_interval") or ""),
        systems={OURS: {}, **_columns({OURS: manifest.get("metrics"), **(manifest.get("baselines") or {})})},
        segments=_columns(manifest.get("segments") or {}),
        erased_shoppers=model.erased_shoppers or 0,
    )


def measures_of(columns: Columns) -> list[str]:
    """Every measure that any column has, in the order they come."""
    return list(dict.fromkeys(name for found in columns.values() for name in found))


def format_value(value: float | None) -> str:
    """Shares and scores with four digits, numbers of shoppers whole, what is missing as a dash."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 2 and float(value).is_integer() else f"{value:.4f}"


def _columns(found: Mapping[str, Any]) -> Columns:
    """Numbers by name; of a group whose systems are told apart ("new shoppers", each system) one column each."""
    columns: Columns = {}
    for name, values in found.items():
        if not isinstance(values, Mapping):
            continue
        numbers = {key: float(value) for key, value in values.items() if isinstance(value, int | float)}
        nested = {f"{name}, {key}": value for key, value in values.items() if isinstance(value, Mapping)}
        columns |= {name: numbers} if numbers else {}
        columns |= _columns(nested)
    return columns
