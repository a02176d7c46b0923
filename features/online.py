"""What the service reads while a shopper waits, and what is pushed to it: profiles and behaviour, by shopper.

It knows Feast's online store through its own functions only, so SQLite and Redis behave alike above it. A store that
does not answer raises `OnlineStoreUnavailable`, whichever it is.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

import pandas as pd
import redis
from feast.infra.online_stores.helpers import _mmh3, _redis_key
from sqlalchemy.exc import SQLAlchemyError

from features.partitions import SCHEMAS, STAMP, only_one
from features.profile_rows import EPOCH, FEATURES, MICROSECOND, from_row, to_row
from features.sqlite_online import WalSqliteOnlineStore
from features.store import features_of, get_store
from features.values import entity_key, from_values, to_values
from recommender.data.behaviour import READ, Behaviour
from recommender.tracing import span

if TYPE_CHECKING:
    from recommender.profiles.profile import Profile

BEHAVIOUR = [name for name in SCHEMAS["user_behaviour"].names() if name not in ("user_id", STAMP)]
USER_VIEWS = ("user_behaviour", "user_profile")
READ_AT_ONCE = 500
PUSH_LOCKS = 64
PUSHED_IN_TURN = 64  # profiles at most; a refresh of a whole shop waits for nobody
MARKS = ("profile_version", "model_version", "as_of_us")


class OnlineStoreUnavailable(RuntimeError):
    """The online store does not answer; who can do without it should go on without it."""


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (redis.RedisError, sqlite3.Error, SQLAlchemyError, OSError) as error:
        raise OnlineStoreUnavailable(f"the online store does not answer ({type(error).__name__}: {error})") from error


def read_profile(user_id: str) -> "Profile | None":
    """The shopper's profile, or None when none was ever pushed."""
    return read_profiles([user_id]).get(user_id)


class ProfileMark(NamedTuple):
    """Which profile the store holds of a shopper, without the profile: two profiles never share a mark."""

    version: int
    model_version: str
    as_of_us: int


def read_mark(user_id: str) -> ProfileMark | None:
    """The mark of the shopper's profile, or None when none was ever pushed: a fraction of what the profile costs."""
    return read_marks([user_id]).get(user_id)


def read_marks(user_ids: Sequence[str]) -> dict[str, ProfileMark]:
    """The marks of those shoppers that have a profile."""
    return {user_id: ProfileMark(*held.values()) for user_id, held in _read_pushed(user_ids, MARKS)}


def reads_at_once() -> bool:
    """Whether a read never waits for another machine, so that it may be done where waiting is not allowed."""
    return isinstance(_online(get_store()), WalSqliteOnlineStore)


def never_wait() -> None:
    """On this thread a store in this machine's files answers at once, or counts as away."""
    online = _online(get_store())
    if isinstance(online, WalSqliteOnlineStore):
        online.never_wait()


def limit_waits(seconds: float) -> None:
    """No thread of this process waits longer for whoever holds a store in this machine's files."""
    online = _online(get_store())
    if isinstance(online, WalSqliteOnlineStore):
        online.busy_seconds = seconds


def clear_log() -> None:
    """What a store in this machine's files has put off while shoppers waited; to be called now and then."""
    with _reachable():
        store = get_store()
        online = _online(store)
        if isinstance(online, WalSqliteOnlineStore):
            online.clear_log(store.config)


def _online(store: Any) -> Any:
    return store._get_provider().online_store


@lru_cache(maxsize=8)
def _view(store: Any, name: str) -> Any:
    return store.get_feature_view(name)


def read_profiles(user_ids: Sequence[str]) -> dict[str, "Profile"]:
    """The profiles of those shoppers that have one."""
    return {user_id: from_row(user_id, held) for user_id, held in _read_pushed(user_ids, FEATURES)}


def read_behaviour(user_ids: Sequence[str]) -> pd.DataFrame:
    """A row a shopper, in the order asked; features are missing for those the store doesn't know."""
    parts = [
        pd.DataFrame(_read([f"user_behaviour:{name}" for name in BEHAVIOUR], user_ids[start : start + READ_AT_ONCE]))
        for start in range(0, len(user_ids), READ_AT_ONCE)
    ]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame.reindex(columns=["user_id", *BEHAVIOUR])


def read_done(user_id: str, feature_service: str) -> Behaviour:
    """What the shopper had done by the last midnight that was built, as far as a model's feature service names it."""
    with _reachable(), span("feast online read", view="user_behaviour", shoppers=1):
        store = get_store()
        names = [name for name in features_of(feature_service, "user_behaviour") if name in READ]
        view = _view(store, "user_behaviour")
        [(_, values)] = _online(store).online_read(store.config, view, [entity_key(user_id)], names)
    return Behaviour.of_row(from_values(values or {}, READ))


def push_profiles(profiles: Sequence["Profile"]) -> int:
    """Makes these profiles the ones that are read next; returns how many were.

    One that is older than what the store holds (by `as_of`, then version) is left out: a slow refresh must not undo
    what a newer event taught.
    """
    names = sorted({f"push-{crc32(one.user_id.encode()) % PUSH_LOCKS}" for one in profiles})
    with ExitStack() as turns:
        # processes that push for one shopper take turns: what one found stored is still there when it writes
        for name in names if len(profiles) <= PUSHED_IN_TURN else ():
            turns.enter_context(only_one(name))
        fresh = _newer_than_stored(profiles)
        if fresh:
            _push(fresh)
    return len(fresh)


def _push(profiles: Sequence["Profile"]) -> None:
    """What Feast's own `push` writes for the push source of profiles, without data frames in between."""
    rows = [(entity_key(one.user_id), to_values(to_row(one)), one.as_of, None) for one in profiles]
    with _reachable():
        store = get_store()
        store._get_provider().online_write_batch(store.config, _view(store, "user_profile"), rows, progress=None)


def forget(user_id: str) -> None:
    """Removes what the online store holds of a shopper: profile and behaviour."""
    with _reachable():
        store = get_store()
        key = entity_key(user_id)
        online = _online(store)
        if isinstance(online, WalSqliteOnlineStore):
            online.forget(store.config, [store.get_feature_view(view) for view in USER_VIEWS], key)
        else:
            version = store.config.entity_key_serialization_version
            online._get_client(store.config.online_store).delete(_redis_key(store.project, key, version))


def forget_behaviour(user_id: str) -> None:
    """Removes the shopper's behaviour alone; the profile stays."""
    with _reachable():
        store, key = get_store(), entity_key(user_id)
        online, view = _online(store), _view(store, "user_behaviour")
        if isinstance(online, WalSqliteOnlineStore):
            online.forget(store.config, [view], key)
        else:
            held = _redis_key(store.project, key, store.config.entity_key_serialization_version)
            names = [_mmh3(f"{view.name}:{one.name}") for one in view.features]
            online._get_client(store.config.online_store).hdel(held, f"_ts:{view.name}", *names)


def _read(features: list[str], user_ids: Sequence[str]) -> dict[str, list[Any]]:
    with _reachable():
        rows = [{"user_id": user_id} for user_id in user_ids]
        columns: dict[str, list[Any]] = get_store().get_online_features(features=features, entity_rows=rows).to_dict()
    return columns


def _read_pushed(user_ids: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """These features of each shopper's profile, for those that have one."""
    for start in range(0, len(user_ids), READ_AT_ONCE):
        part = user_ids[start : start + READ_AT_ONCE]
        keys = [entity_key(user_id) for user_id in part]
        with _reachable(), span("feast online read", view="user_profile", shoppers=len(part)):
            store = get_store()
            found = _online(store).online_read(store.config, _view(store, "user_profile"), keys, list(names))
        for user_id, (_, values) in zip(part, found, strict=True):
            if values and values["profile_version"].HasField("int64_val"):
                yield user_id, from_values(values, names)


def _newer_than_stored(profiles: Sequence["Profile"]) -> list["Profile"]:
    """The newest of each shopper's, where the store holds nothing newer."""
    newest = {one.user_id: one for one in sorted(profiles, key=lambda one: (one.as_of, one.version))}
    stored = read_marks(list(newest))
    order = {user_id: ((one.as_of - EPOCH) // MICROSECOND, one.version) for user_id, one in newest.items()}
    return [
        one
        for user_id, one in newest.items()
        if (mark := stored.get(user_id)) is None or order[user_id] >= (mark.as_of_us, mark.version)
    ]
