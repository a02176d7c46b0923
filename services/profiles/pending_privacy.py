"""What shoppers said, carried to every store: erasures, events taken back and withdrawals that are not there yet.

Each is a row of the database until it is done, so a service that is killed in between goes on from there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import Engine, select, update

from features.online import forget
from features.partitions import Busy
from features.privacy import BEHAVIOUR, EVENTS, PROFILES, finish_erasures, forget_event_offline
from features.privacy import forget_offline as leave_out
from features.writing import is_writing_since_before
from recommender.db.engine import session_scope
from recommender.db.tables import Consent, RemovedEvent
from recommender.privacy.erasure import STRAGGLERS
from recommender.store.consent import PERSONALISATION
from services.http.api_keys import SERVICE

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PendingPrivacy:
    """Goes on with what was said, as often as it is asked to."""

    engine: Engine

    def finish(self, now: datetime) -> None:
        """Goes on with what was said and has not reached every store; called again and again by the watcher."""
        self._at_once(self._finish_erasures, now)
        self.take_out_removed_events(now)
        self.take_out_withdrawn(now)

    def take_out_removed_events(self, now: datetime) -> None:
        """Takes events that shoppers took back out of the feature stores."""
        self._at_once(self._finish_removed_events, now)

    def take_out_withdrawn(self, now: datetime) -> None:
        """Takes those who withdrew consent to personalisation out of the feature stores."""
        self._at_once(self._finish_withdrawals, now)

    def _at_once(self, step: Callable[[datetime], None], now: datetime) -> None:
        """Takes a step if it can be done now; else it is wanted still, and the watcher tries again."""
        try:
            step(now)
        except Busy:
            log.debug("what shoppers said waits for a build of features")
        except Exception as failure:  # whatever is away or broken
            log.error("what shoppers said has not reached every store", reason=str(failure).splitlines()[0])

    def _finish_erasures(self, now: datetime) -> None:
        finish_erasures(self.engine, now, SERVICE)

    def _finish_removed_events(self, now: datetime) -> None:
        with session_scope(self.engine) as session:
            columns = (RemovedEvent.user_id, RemovedEvent.event_id, RemovedEvent.event_time)
            events = session.execute(select(*columns).where(RemovedEvent.offline_at.is_(None)).limit(100)).all()
        for user, event_id, moment in events:
            forget_event_offline(user, event_id, moment)
            with session_scope(self.engine) as session:
                theirs = (RemovedEvent.event_id == event_id, RemovedEvent.user_id == user)
                done = update(RemovedEvent).where(*theirs)
                session.execute(done.values(offline_at=now))

    def _finish_withdrawals(self, now: datetime) -> None:
        withdrawn = (Consent.purpose == PERSONALISATION, Consent.given.is_(False), Consent.applied_at.is_(None))
        with session_scope(self.engine) as session:
            query = select(Consent.user_id, Consent.time).where(*withdrawn).limit(100)
            times = {user: time for user, time in session.execute(query)}
        if not times:
            return
        writing = {user for user, time in times.items() if is_writing_since_before(time + STRAGGLERS)}
        leave_out(times, (EVENTS, BEHAVIOUR, PROFILES))
        for user in times:
            forget(user)
            if user not in writing:  # else once more: a refresh may have looked before they withdrew
                with session_scope(self.engine) as session:
                    session.execute(update(Consent).where(*withdrawn, Consent.user_id == user).values(applied_at=now))
