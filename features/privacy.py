"""What every store holds of a shopper, and its removal: the database, the offline features, the online store.

The one place that knows all stores. It waits for nobody: while features are being built it raises
`Busy`. An erasure's steps may be repeated and may be cut short anywhere: what is wanted is
a row of the database until everything is gone.
"""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import structlog
from sqlalchemy import Engine

from features.online import forget, forget_behaviour, push_profiles, read_behaviour, read_profile, read_profiles
from features.partitions import (
    SCHEMAS,
    STAMP,
    Busy,
    all_parts,
    days_of,
    existing_days,
    only_one,
    path_of,
    write_day,
    write_part,
)
from features.profile_rows import MICROSECOND, to_row
from features.verification.clearing import clear_traces
from features.writing import is_writing_since_before
from recommender.data.side_info import NOTHING
from recommender.db.engine import get_engine, one_shopper_at_a_time, session_scope
from recommender.db.tables import Erasure
from recommender.privacy.audit import note
from recommender.privacy.erasure import (
    STRAGGLERS,
    digest,
    list_pending_erasures,
    note_learning,
    note_sweep,
    request_erasure,
)
from recommender.privacy.receipts import Receipt, receipt_of
from recommender.store.identity.visits import visits_of
from recommender.store.side_info import followers, load_backgrounds
from recommender.subject_access.holdings import held, remove

log = structlog.get_logger(__name__)
EVENTS, BEHAVIOUR, PROFILES = "events", "user_behaviour", "user_profile"
LOCKS = {EVENTS: "build", BEHAVIOUR: "build", PROFILES: PROFILES}  # who writes a view holds this


def export(engine: Engine, user_id: str, now: datetime, actor: str) -> dict[str, Any]:
    """Everything that is kept of the shopper, store by store, as JSON can carry it."""
    with session_scope(engine) as session:
        database = held(session, user_id)
        if database:
            note(session, now, actor, "export", user_id, {})
    profile = read_profile(user_id)
    behaviour = read_behaviour([user_id]).dropna(axis=1, how="all")
    online = {
        "user_profile": None if profile is None else _json(to_row(profile)),
        "user_behaviour": _json(behaviour.drop(columns="user_id").iloc[0].to_dict()) or None,
    }
    offline = {view: _json(_rows(view, user_id).to_dicts()) for view in LOCKS}
    return {"user_id": user_id, "exported_at": now, "database": database, "offline": offline, "online": online}


def is_anybody(engine: Engine, user_id: str) -> bool:
    """Whether any store knows the shopper, or an erasure of theirs is known."""
    with session_scope(engine) as session:
        if session.get(Erasure, digest(user_id)) is not None or held(session, user_id):
            return True
    behaviour = read_behaviour([user_id]).drop(columns="user_id")
    online = read_profile(user_id) is not None or bool(behaviour.notna().any(axis=None))
    return online or any(_rows(view, user_id).height for view in LOCKS)


def erase(engine: Engine, user_id: str, now: datetime, actor: str) -> bool:
    """Asks for the erasure and sweeps every store once; `finish_erasures` does the rest. Says whether it is done."""
    with session_scope(engine) as session:
        one_shopper_at_a_time(session, [user_id])
        request_erasure(session, user_id, now, actor)
    return _sweep(engine, user_id, now, actor)


def finish_erasures(engine: Engine, now: datetime, actor: str = "service") -> list[str]:
    """Goes on with what is wanted: sweeps what was not swept, and once more what was, when stragglers have ended.

    Answers whose erasures are done.
    """
    with session_scope(engine) as session:
        wanted = list_pending_erasures(session)
    due = [one for one in wanted if one.swept_at is None or _have_ended(one.swept_at, now)]
    done = [one.user_id for one in due if _sweep(engine, one.user_id, now, actor)]
    clear_traces(engine, now)
    return done


def erase_whole(user_id: str, actor: str) -> Receipt | None:
    """The same to its end, for a command: waits for the stragglers. None where no store knows the shopper."""
    engine = get_engine()
    if not is_anybody(engine, user_id):
        return None
    done = False
    while not done:
        try:
            done = erase(engine, user_id, datetime.now(UTC), actor)
        except Busy:  # a build of features, say
            log.info("waiting for another process")
        time.sleep(0 if done else STRAGGLERS.total_seconds() / 5)
    clear_traces(engine, datetime.now(UTC), user_id, at_leisure=True)
    with session_scope(engine) as session:
        return receipt_of(session.get_one(Erasure, digest(user_id)))


def _have_ended(swept_at: datetime, now: datetime) -> bool:
    """Whether what was under way at the first sweep has ended: stragglers, and every refresh that began before them."""
    return now - swept_at >= STRAGGLERS and not is_writing_since_before(swept_at + STRAGGLERS)


def _sweep(engine: Engine, user_id: str, now: datetime, actor: str) -> bool:
    """The database before the others: whatever is built from it afterwards knows nothing of the shopper any more."""
    with session_scope(engine) as session:
        row = session.get(Erasure, digest(user_id))
        last = row is not None and row.swept_at is not None and _have_ended(row.swept_at, now)
    _forget_choices(engine, user_id, now)
    with session_scope(engine) as session:
        one_shopper_at_a_time(session, [user_id])
        note_learning(session, user_id)
        removed = {f"database.{table}": count for table, count in remove(session, user_id).items()}
    removed |= {f"offline.{view}": count for view, count in forget_offline([user_id]).items()}
    forget(user_id)
    with session_scope(engine) as session:
        done = note_sweep(session, user_id, removed, now, actor, last)
    clear_traces(engine, now, user_id if done else None)
    log.info("a shopper is erased" if done else "a shopper was swept from every store", removed=removed)
    return done


def _forget_choices(engine: Engine, user_id: str, now: datetime) -> None:
    """Takes what a shopper chose out of the profiles of those who trust them: what the others chose stays.

    It comes first of all, as long as it is known who they are.
    """
    with session_scope(engine) as session:
        trusting = followers(session, user_id)
        known = load_backgrounds(session, trusting, now, encoder_id="")
    if not trusting:
        return
    profiles = [
        replace(
            one,
            as_of=one.as_of + MICROSECOND,  # another profile: what was made from the former one is of no more use
            background=replace(one.background, trusted=known.get(follower, NOTHING).trusted),
        )
        for follower, one in read_profiles(trusting).items()
    ]
    push_profiles(profiles)
    theirs = pl.col("user_id").is_in(trusting)
    emptied = pl.when(theirs).then(pl.lit("")).otherwise(pl.col("background"))
    with only_one(LOCKS[PROFILES], wait=False):
        for path in all_parts(PROFILES):
            rows = pl.read_parquet(path, hive_partitioning=False)
            if rows.select((theirs & (pl.col("background") != "")).any()).item():
                write_part(PROFILES, path, rows.with_columns(emptied.alias("background")))


def forget_offline(user_ids: Iterable[str], views: Iterable[str] = tuple(LOCKS)) -> dict[str, int]:
    """Rewrites the partitions that name these shoppers without them; answers how many rows went, by view."""
    users, gone = list(user_ids), {}
    for view in views:
        with only_one(LOCKS[view], wait=False):
            gone[view] = _filter_out(view, _of(view, users))
    return {view: count for view, count in gone.items() if count}


def _of(view: str, user_ids: list[str]) -> pl.Expr:
    """Rows of these shoppers, also those that their visits left in the log before they had signed in."""
    theirs = pl.col("user_id").is_in(user_ids)
    if view != EVENTS:
        return theirs
    with session_scope() as session:
        claimed = visits_of(session, user_ids)
    for visit, claims in claimed.claims.items():
        starts = [datetime.min.replace(tzinfo=UTC), *(claim.since for claim in claims[1:])]
        for start, end, claim in zip(starts, [*starts[1:], None], claims, strict=True):
            if claim.user_id in user_ids:
                then = pl.col("time") >= start if end is None else pl.col("time").is_between(start, end, closed="left")
                theirs |= pl.col("user_id").is_null() & (pl.col("session_id") == visit) & then
    return theirs


def forget_event_offline(user_id: str, event_id: str, moment: datetime) -> None:
    """Takes one event of the shopper's out of its day of the log, and the behaviour since then out of both stores.

    Until it is built again the shopper is as one of whom the store knows nothing.
    """
    gone = (pl.col("event_id") == event_id) & (pl.col("user_id") == user_id)
    with only_one(LOCKS[EVENTS], wait=False):
        for day in days_of(moment, moment.replace(microsecond=999_999)) or [moment.date()]:
            if day in existing_days(EVENTS):
                rows = pl.read_parquet(path_of(EVENTS, day), hive_partitioning=False)
                write_day(EVENTS, day, rows.filter(~gone.fill_null(False)))
    with only_one(LOCKS[BEHAVIOUR], wait=False):
        _filter_out(BEHAVIOUR, (pl.col("user_id") == user_id) & (pl.col(STAMP) > moment))
    forget_behaviour(user_id)


def _filter_out(view: str, which: pl.Expr) -> int:
    parts = all_parts(view)
    if not parts:
        return 0
    found = pl.scan_parquet(parts, hive_partitioning=False, include_file_paths="path")
    gone = 0
    for path in found.filter(which).select("path").unique().collect()["path"].sort().to_list():
        rows = pl.read_parquet(path, hive_partitioning=False)
        kept = rows.filter(~which.fill_null(False))
        gone += rows.height - kept.height
        write_part(view, Path(path), kept)
    return gone


def _rows(view: str, user_id: str) -> pl.DataFrame:
    parts = all_parts(view)
    if not parts:
        return SCHEMAS[view].to_frame()
    return pl.scan_parquet(parts, hive_partitioning=False).filter(_of(view, [user_id])).collect()


def _json(value: Any) -> Any:
    """Plain values: what numpy and times are to JSON."""
    return orjson.loads(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY, default=str))
