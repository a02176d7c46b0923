"""Which days are compared: the current stretch, and stretches of the reference that end on the same weekday and hour.

Pure functions of dates. Shoppers come in a weekly rhythm, so that only stretches that lie whole weeks apart are alike.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from monitoring.check_params import LEAST_STRETCHES, WEEK, DriftError, DriftParams, weeks_back
from recommender.store.intervals import day_end

DAY = timedelta(days=1)
LATELY = timedelta(days=187)  # a week longer than the longest window: who has just left it counts


@dataclass(frozen=True, slots=True)
class Stretches:
    """What is compared. `ends` are the moments, newest first, at which the reference's stretches end.

    Each stretch is as long as the current one, [start, end). `memory` is how far behind every one of these moments the
    data reach: what happened before that is known at some of them only, and left aside.
    """

    start: datetime
    end: datetime
    ends: tuple[datetime, ...]
    memory: timedelta

    @property
    def length(self) -> timedelta:
        """How long the current stretch is, and so every other."""
        return self.end - self.start

    @property
    def lately(self) -> timedelta:
        """Who was active within this time before a moment counts as a shopper at that moment."""
        return min(self.memory, LATELY)


def choose_stretches(params: DriftParams, times: pl.Series) -> Stretches:
    """The stretches for these parameters, where `times` are those of the events that the features hold, in order.

    Raises:
        DriftError: there is nothing in the current days, they reach beyond the data, or too little lies before them.
    """
    end = _end_of_data(params, times)
    began, length = _first(times), end - params.current_from
    known_from = began + max(length, WEEK)  # the first moment with a whole stretch, and a week, of data behind it
    ends = [moment for moment in params.ends(end) if moment >= known_from]
    if len(ends) < LEAST_STRETCHES:
        first = known_from + WEEK * weeks_back(length) - length
        raise DriftError(
            f"reference_from: the reference shows only {len(ends)} stretches with data that end as the current one "
            f"does, {LEAST_STRETCHES} are needed; the data begin on {began:%Y-%m-%d}, so choose current days from "
            f"{day_end(first):%Y-%m-%d} on, or fewer"
        )
    return Stretches(params.current_from, end, tuple(ends), ends[-1] - began)


def _end_of_data(params: DriftParams, times: pl.Series) -> datetime:
    """The end of the current days, or just past the last event where the last of them is still going on."""
    if times.is_empty() or (last := times[-1]) < params.current_from:
        raise DriftError(
            f"current_from: no events from {params.current_from:%Y-%m-%d} to {params.current_until:%Y-%m-%d}; "
            "choose days with events, or run `features` for them first"
        )
    end: datetime = min(params.current_until, last.replace(microsecond=0) + timedelta(seconds=1))
    if params.current_until - end > _longest_pause(times.filter(times >= params.reference_from)):
        raise DriftError(
            f"current_until: {params.current_until:%Y-%m-%d} lies beyond the data, whose last event is of "
            f"{last:%Y-%m-%d}; choose {day_end(end):%Y-%m-%d} or earlier, or run `features` for the days between"
        )
    return end


def _longest_pause(times: pl.Series) -> timedelta:
    """A day, or what lies between two days with events where the shop is closed on some."""
    pause: timedelta | None = times.dt.date().unique().sort().diff().max()  # type: ignore[assignment]
    return max(pause or DAY, DAY)


def _first(times: pl.Series) -> datetime:
    first: datetime = times[0]
    return first
