"""The log of events as training reads it: without the accounts that do more than people do, and who these are.

It knows the event log of the feature store, the setting, and table `kept_accounts`. Names of accounts are told to
who asks and written nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl
import structlog

from features.offline import read_events
from recommender.data.account_screening import FOUND, find_unlikely, without
from recommender.db.engine import session_scope
from recommender.models.bundle import ModelBundle
from recommender.settings import get_settings
from recommender.store.kept_accounts import judge_again, keep_accounts, kept_accounts

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Screened:
    """The events that count, and the accounts whose events don't: `user_id`, `events`, `reasons`."""

    events: pl.DataFrame
    set_aside: pl.DataFrame

    def counts(self) -> dict[str, int]:
        """For a model's manifest."""
        events = int(self.set_aside["events"].sum() or 0)
        return {"accounts_set_aside": len(self.set_aside), "events_set_aside": events}


def screened_events(start: datetime, until: datetime) -> Screened:
    """The event log of [start, until), screened unless the setting says otherwise."""
    events = read_events(start, until)
    if not get_settings().screen_accounts:
        return Screened(events, pl.DataFrame(schema=FOUND))
    screened = screen(events, frozenset(_kept()))
    if len(screened.set_aside):
        log.warning("accounts set aside; `zhiyin accounts` names them", **screened.counts())
    return screened


def screen(events: pl.DataFrame, kept: frozenset[str] = frozenset()) -> Screened:
    """The events without the accounts beyond what people do, of which those in `kept` stay."""
    found = find_unlikely(events).filter(~pl.col("user_id").is_in(list(kept)))
    return Screened(without(events, found), found)


def with_counts(bundle: ModelBundle, screened: Screened) -> ModelBundle:
    """The model, whose manifest says how many accounts it was made without."""
    counts = bundle.manifest.counts | screened.counts()
    return replace(bundle, manifest=bundle.manifest.model_copy(update={"counts": counts}))


def bring_back(user_ids: Sequence[str]) -> int:
    """Accounts that count from the next training on; answers how many didn't."""
    with session_scope() as session:
        return keep_accounts(session, user_ids, datetime.now(UTC))


def take_back(user_ids: Sequence[str]) -> int:
    """Accounts that are judged by their rates again; answers how many had been brought back."""
    with session_scope() as session:
        return judge_again(session, user_ids)


def _kept() -> set[str]:
    with session_scope() as session:
        return kept_accounts(session)
