"""Keeps the service up with the world: promoted models, the catalogue, profiles that still have to be pushed.

One thread a worker process. It also ends the worker when the process that started it is gone, so that a killed
service leaves nothing behind that holds its port.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from features.online import clear_log as clear_online_log
from features.online import read_profiles
from recommender.db.engine import clear_log, first_line, schema_problem, session_scope
from recommender.db.tables import Item, ProfileVersion
from recommender.utils.background_worker import BackgroundWorker
from services.core.circuit_breaker import Away
from services.core.health import Health
from services.profiles.privacy import Privacy
from services.profiles.repository import DATABASE_AWAY
from services.recommend.service import RecommendService
from services.state.catalog_sync import Stock

log = structlog.get_logger(__name__)
HEALED_AT_START = 500
GLANCE_SECONDS = 0.2  # between two glances at whether items were written


@dataclass(slots=True)
class Watcher:
    """`look` does one round; `start` repeats it every `interval_seconds`, and as soon as items were written.

    A renewal of the model's catalogue that had to rest is due as soon as it may be done.
    """

    engine: Engine
    answers: RecommendService
    privacy: Privacy
    interval_seconds: float = 1.0
    items_changed: threading.Event = field(
        default_factory=threading.Event
    )  # or the model; for whoever keeps something of them
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    health: Health = field(default_factory=Health)
    guard: Callable[[datetime], None] = lambda now: None  # judges models by what was counted of their answers
    renew: Callable[[], None] = lambda: None  # called when lists that were ranked before are of no more use
    _worker: BackgroundWorker = field(init=False)
    _parent: int = 0  # the process that started this worker
    _healed: bool = False
    _stock: Stock = field(default_factory=Stock)
    _sellable: NDArray[np.bool_] | None = None
    _epoch: int = 0
    _newest: datetime | None = None  # of the moments at which items were written, at the last glance
    _changed: bool = False  # items or the model, since the stock was looked at

    def __post_init__(self) -> None:
        self._worker = BackgroundWorker("watcher", self._round)

    def start(self) -> None:
        """Starts the rounds on a thread; the process that is the parent now is the one whose end ends this worker."""
        self._parent = os.getppid()
        self._worker.start()

    def stop(self) -> None:
        """Begins no further round, and waits a while for the one that is under way."""
        self._worker.stop()

    def _round(self) -> float | None:
        try:
            self.look()
        except Exception:  # whatever it is, the next round comes at its time
            log.exception("a round of the watch failed")
        if self._rest():
            return None
        if os.getppid() != self._parent:
            log.warning("the service's main process is gone; this worker ends")
            os.kill(os.getpid(), signal.SIGTERM)
            return None
        return 0.0

    def _rest(self) -> bool:
        """Waits until it is time for a round, or items were written; says whether the watch is to end."""
        rest = self._stock.rest.total_seconds() if self._stock.due else self.interval_seconds
        due = time.monotonic() + min(rest, self.interval_seconds)
        while (left := due - time.monotonic()) > 0 and not self._has_news():
            if self._worker.rest(min(left, GLANCE_SECONDS)):
                return True
        return self._worker.is_stopping

    def _has_news(self) -> bool:
        """Whether items were written since the last glance; what a database that is away may hold, a round finds."""
        try:
            with self.answers.shoppers.database.guard(), session_scope(self.engine) as session:
                newest = session.scalar(select(func.max(Item.updated_at)))
        except (Away, SQLAlchemyError):
            return False
        before, self._newest = self._newest, newest
        return newest != before

    def look(self) -> None:
        """One round. A part that is away or fails is passed over, said, and tried again in the next."""
        with self.health.round():
            self._follow_database()
            for name, step in (
                ("availability", self._withdraw),
                ("profiles", self._push_stale),
                ("privacy", lambda: self.privacy.pending.finish(self.now())),
                ("logs", self._clear_logs),
                ("guardrails", self._judge),
            ):
                with self.health.part(name):
                    step()

    def _follow_database(self) -> None:
        """What is new in the shop's tables; each part by itself, so that one that fails holds up no other."""
        answers, steps = (
            self.answers,
            (
                self._items,
                self._model,
                self._canary,
                self._controls,
                self._rules,
                self._experiments,
                self._keep_stock,
            ),
        )
        try:
            with (
                answers.shoppers.database.guard()
            ):  # short: while it is tried whether the database is back, others wait
                problem = schema_problem(self.engine)
            for step in steps if problem is None else ():
                with answers.shoppers.database.guard():
                    self._step(step)
        except Away as away:
            problem = f"the database is away ({first_line(away.__cause__ or away)})"
        answers.catalogue_current = problem is None
        if problem is None:
            self.health.clear("database")
            return
        self.health.note("database", problem)
        if answers.models.current is None:
            answers.models.reason = problem

    def _step(self, step: Callable[[Session], None]) -> None:
        """A database that is away ends the round's part; anything else is this step's own failure."""
        name = step.__name__.strip("_")
        try:
            with session_scope(self.engine) as session:
                step(session)
        except DATABASE_AWAY:
            raise
        except Exception as failure:
            self.health.note(name, first_line(failure), unexpected=True)
        else:
            self.health.clear(name)

    def _items(self, session: Session) -> None:
        if self.answers.live_items.refresh(session):
            self._changed = True
            self.items_changed.set()

    def _model(self, session: Session) -> None:
        if self.answers.models.check(session):
            self._changed = True
            self.items_changed.set()
            self.answers.live_items.epoch += 1  # what was ranked by another model, or other counts

    def _canary(self, session: Session) -> None:
        models, before = self.answers.models, self.answers.models.canary
        models.check_canary(session)
        if models.canary is not before and models.canary is not None:
            self._changed = True  # its catalogue is brought up to what the shop sells now
            self.items_changed.set()

    def _controls(self, session: Session) -> None:
        wishes = self.answers.ranker.wishes.sessions
        news = self.answers.shoppers.controls.refresh(session)
        if news.erased:
            wishes.look_anew()
        wishes.refresh(session)
        for user_id in news.among(self.answers.remembered()):  # another worker may have been told
            self.answers.forget(user_id)

    def _rules(self, session: Session) -> None:
        if self.answers.ranker.scenarios.refresh(session, self.now()):
            self.answers.live_items.epoch += 1  # what was ranked by other rules is of no more use

    def _experiments(self, session: Session) -> None:
        self.answers.experiments.refresh(session)

    def _keep_stock(self, session: Session) -> None:
        changed, self._changed = self._changed, False
        try:
            self._stock.keep(session, self.answers.models, self.answers.live_items, changed)
        except Exception:
            self._changed = changed
            raise

    def _clear_logs(self) -> None:
        shoppers = self.answers.shoppers
        try:
            with shoppers.database.guard():
                clear_log(self.engine)
            with shoppers.online.guard():
                clear_online_log()
        except Away:  # the next round tries again
            return

    def _judge(self) -> None:
        """Where the tables can be read: what can't be asked is no sign that the database is away."""
        if not self.answers.catalogue_current:
            return
        try:
            with self.answers.shoppers.database.guard():
                self.guard(self.now())
        except Away:  # the next round tries again
            return

    def _withdraw(self) -> None:
        model, now = self.answers.models.current, self.now()
        if model is not None:
            catalogue = model.bundle.catalogue
            sellable, index = catalogue.sellable(now), catalogue.index
            live_items = self.answers.live_items
            live_items.withdraw(lambda item_id: item_id in index and bool(sellable[index[item_id]]), now)
            self._notice(sellable)

    def _notice(self, sellable: NDArray[np.bool_]) -> None:
        """Lists lack what may be shown now and might not before; what may no longer be shown, an answer leaves out."""
        live_items, before, self._sellable = self.answers.live_items, self._sellable, sellable
        if before is not None and (len(before) != len(sellable) or bool((sellable & ~before).any())):
            live_items.epoch += 1
        if live_items.epoch != self._epoch:
            self._epoch = live_items.epoch
            self.renew()

    def _push_stale(self) -> None:
        """Pushes profiles that the online store missed, also those a killed service left unpushed."""
        shoppers, model = self.answers.shoppers, self.answers.models.current
        if model is None:
            return
        if not self._healed:
            self._healed = self._find_unpushed()
        for user_id in list(shoppers.stale)[:200]:
            profile = shoppers.from_database(model.bundle, user_id, self.now(), set())
            if profile is None and shoppers.database.open:  # erased, or nothing is left to tell of
                shoppers.stale.discard(user_id)
            elif profile is None or not shoppers.push([profile]):
                return

    def _find_unpushed(self) -> bool:
        """Marks shoppers whose newest saved profile is newer than the online one; says whether it could look."""
        newest = select(ProfileVersion.user_id, ProfileVersion.version).where(ProfileVersion.reason == "event")
        try:
            with session_scope(self.engine) as session:
                rows = session.execute(newest.order_by(ProfileVersion.created_at.desc()).limit(HEALED_AT_START)).all()
            versions = {user_id: version for user_id, version in reversed(rows)}
            with self.answers.shoppers.online.guard():
                online = read_profiles(list(versions))
        except (Away, SQLAlchemyError):
            return False
        behind = {user for user, version in versions.items() if user not in online or online[user].version < version}
        self.answers.shoppers.stale |= behind
        return True
