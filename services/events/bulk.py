"""Many events of a shop's server at once: each is judged by itself, and those that are good are stored.

It goes by the rules of the intake of a few: each event is a post of its own, and so many of them share a transaction
that others get their turn in between. A call that failed on its way is sent again: what was stored is a duplicate.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from services.core.circuit_breaker import Away
from services.core.errors import Problem, invalid
from services.core.metrics import meters
from services.events.ingest import AWAY, Intake, check_event
from services.events.storage import Post
from services.http.api_keys import asks_a_shopper
from services.schemas.events import MAX_EVENTS, EventResult, EventsResponse, NewEvent, ShopperUpdate

TOGETHER = 100  # events of a transaction
AGAIN = "Send the same events again: those that were stored count as duplicates."


@dataclass(slots=True)
class _Judged:
    """Results by the events' places, the good ones still to come."""

    good: dict[int, NewEvent] = field(default_factory=dict)
    results: dict[int, EventResult] = field(default_factory=dict)

    def reject(self, place: int, event_id: str | None, problem: Problem) -> None:
        """Counts the event at this place as rejected; its result names the event's field, `*` for the whole event."""
        self.good.pop(place, None)
        meters().events.labels("rejected").inc()
        problem_fields = {"message": problem.message, "remedy": problem.remedy}
        name = problem.field.partition("].")[2] or "*"
        self.results[place] = EventResult(
            index=place, event_id=event_id, outcome="rejected", field=name, **problem_fields
        )


@dataclass(slots=True)
class BulkIntake:
    """Takes many events, by an intake that takes few."""

    intake: Intake

    def take_json(self, rows: Sequence[Any], now: datetime) -> bytes:
        """The answer as it is sent."""
        return self.take(rows, now).model_dump_json().encode()

    def take(self, rows: Sequence[Any], now: datetime) -> EventsResponse:
        """Stores what is good of the rows, and says of each what became of it."""
        if asks_a_shopper():
            message = f"a shopper's token tells up to {MAX_EVENTS} events at a time, which are stored all or none"
            raise Problem("events", message, "Send fewer of them, without `bulk`.", 400)
        self.intake.traffic.came()
        judged = _read(rows)
        try:
            self._check(judged, now)
        except Away:
            raise _away() from None
        answers, places = [], sorted(judged.good)
        for start in range(0, len(places), TOGETHER):
            answers += self._store(judged, places[start : start + TOGETHER], now)
        results = [judged.results[place] for place in sorted(judged.results)]
        return _summed(answers, results)

    def _check(self, judged: _Judged, now: datetime) -> None:
        scale = self.intake.scale_of(judged.good.values())
        with self.intake.shoppers.database.guard():
            self.intake.look_up(judged.good.values())
        for place, event in list(judged.good.items()):
            try:
                check_event(event, f"events[{place}]", now, scale)
                judged.good[place] = self.intake.of_item(event, f"events[{place}]")
            except Problem as problem:
                judged.reject(place, event.event_id, problem)

    def _store(self, judged: _Judged, places: Sequence[int], now: datetime) -> list[EventsResponse]:
        events = [judged.good[place] for place in places]
        read = self.intake.read(events)
        posts = [Post([one], now, {one.text: read[one.text]} if one.text in read else {}) for one in events]
        answers: list[EventsResponse] = []
        for place, event, answer in zip(places, events, self.intake.take_all(posts), strict=True):
            if isinstance(answer, EventsResponse):
                answers.append(answer)
                judged.results[place] = EventResult(index=place, event_id=event.event_id, outcome=_outcome(answer))
            elif isinstance(answer, Problem) and answer.status != AWAY:
                judged.reject(place, event.event_id, answer)
            else:
                raise _away() from answer
        return answers


def _read(rows: Iterable[Any]) -> _Judged:
    judged = _Judged()
    for place, row in enumerate(rows):
        try:
            judged.good[place] = NewEvent.model_validate(row)
        except ValidationError as error:
            details = [
                {**detail, "loc": ("events", place, *detail["loc"])} for detail in error.errors(include_url=False)
            ]
            event_id = row.get("event_id") if isinstance(row, Mapping) else None
            judged.reject(place, event_id if isinstance(event_id, str) else None, invalid(details))
    return judged


def _outcome(answer: EventsResponse) -> Any:
    return "added" if answer.added else "withheld" if answer.withheld else "duplicate"


def _summed(answers: Sequence[EventsResponse], results: Sequence[EventResult]) -> EventsResponse:
    """One answer for all: of each shopper the newest version."""
    versions = {one.user_id: one.profile_version for answer in answers for one in answer.profiles}
    ignored = dict.fromkeys(one for answer in answers for one in answer.ignored_recommendations)
    return EventsResponse(
        added=sum(answer.added for answer in answers),
        duplicates=sum(answer.duplicates for answer in answers),
        withheld=sum(answer.withheld for answer in answers),
        unconfirmed=sum(answer.unconfirmed for answer in answers),
        rejected=sum(one.outcome == "rejected" for one in results),
        ignored_recommendations=list(ignored),
        profiles=[ShopperUpdate(user_id=user, profile_version=version) for user, version in versions.items()],
        degraded=sorted({part for answer in answers for part in answer.degraded}),
        results=list(results),
    )


def _away() -> Problem:
    return Problem("events", "the database is away; not all events were stored", AGAIN, AWAY)
