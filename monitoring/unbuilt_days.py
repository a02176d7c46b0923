"""Whether the features of the days that are compared were built."""

from datetime import datetime

from features.building.unbuilt_days import unbuilt_days
from features.partitions import midnight
from monitoring.check_params import DriftError, DriftParams


def require_built(params: DriftParams, end: datetime) -> None:
    """Raises `DriftError` for a day before `end` with events that no build has seen, from the reference on."""
    for day in unbuilt_days(params.reference_from, end)[:1]:
        field = "current_until" if midnight(day) >= params.current_from else "reference_from"
        raise DriftError(
            f"{field}: {day} has events but no features; run `features` for it first, or choose other days"
        )
