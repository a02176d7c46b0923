"""What a command of training was told, as parameters; what it wasn't told is chosen by the shop's events."""

from datetime import UTC, datetime
from typing import Any

from training.config import TrainParams
from training.data.interval_lengths import fill_lengths
from training.release.too_little_data import end_of_events


def params_of(until: str | None, days: int | None, test_days: int | None, **more: Any) -> TrainParams:
    """Raises `ValueError` for what can't be, and `NoEvents` where nothing says when the data end."""
    moment = moment_of(until)
    days, test_days = fill_lengths(moment, days, test_days)
    return TrainParams(until=moment, days=days, test_days=test_days, **more)


def moment_of(given: str | None) -> datetime:
    """The day or time that was given, in UTC; else the midnight after the last event."""
    if given is None:
        return end_of_events()
    try:
        moment = datetime.fromisoformat(given)
    except ValueError as error:
        raise ValueError(f"until: {given!r} isn't a day or time like 2017-12-31 or 2017-12-31T12:00+00:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
