"""The feature store of this process, made from the settings; what is declared in it; bringing it up to date.

It knows Feast's configuration and registry. It computes no feature (see `building`) and serves none (see `online`).
"""

import atexit
import os
import runpy
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import ibis
from feast import Entity, FeatureService, FeatureStore, FeatureView, RepoConfig
from feast.data_source import DataSource
from feast.errors import FeatureServiceNotFoundException
from sqlalchemy import make_url

from features.partitions import midnight, newest_day, only_one, quiet_since, seed_views
from recommender.data.behaviour import READ
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from recommender.shops import suffix_of

DEFINITIONS = PROJECT_ROOT / "feature_repo" / "definitions.py"
PROJECT = "zhiyin"
SERVICE = "recommender_"  # and a model version: the name of what it reads
REGISTRY_TTL_SECONDS = 600
ROWS_A_BATCH = 5_000
REGISTRY_SECONDS = 10  # for a connection to it
REDIS_SECONDS = 3  # a store that does not answer by then is away
SERVED_VIEWS = ("user_behaviour",)  # materialised; profiles are pushed, what describes items stays offline


_opened: list[Any] = []
_latest: list[tuple[Settings, Any]] = []  # of the settings that were asked for last; asked for at every request


def get_store() -> Any:
    """The FeatureStore of the settings' home, one a process; after the first call it costs nothing."""
    settings = get_settings()
    if _latest and _latest[0][0] is settings:
        return _latest[0][1]
    store = _store(settings.root, settings.sqlalchemy_url, settings.redis_url)
    _latest[:] = [(settings, store)]
    return store


@lru_cache(maxsize=4)
def _store(root: Path, _database_url: str, _redis_url: str | None) -> Any:
    (root / "feast").mkdir(parents=True, exist_ok=True)
    seed_views()
    with only_one("feast"):  # the registry makes its tables and its project when it is first opened
        store = FeatureStore(config=store_config(get_settings()))
        _declare(store, root)
    _opened.append(store)
    return store


def apply() -> Any:
    """Declares what `feature_repo` defines and returns the store; the first `get_store()` of a process does it too."""
    store = get_store()
    with only_one("feast"):
        _declare(store, get_settings().root)
    return store


def _declare(store: Any, root: Path) -> None:
    """Applies what is declared, and takes what only an earlier release declared out of the registry."""
    declared = _definitions(root)
    names = {name for one in declared for name in (one.name, getattr(getattr(one, "batch_source", None), "name", ""))}
    lists = (store.list_all_feature_views, store.list_data_sources, store.list_entities)
    former = [one for held in lists for one in held() if one.name not in names and not one.name.startswith("__")]
    store.apply(declared, objects_to_delete=former, partial=not former)


def materialize(start: datetime, end: datetime) -> None:
    """Brings the shoppers' behaviour of [start, end) online, with that of the quiet days before `start`.

    Rows built after `end` come along, so that repeating an old interval never puts old values over newer ones.
    """
    store, start = get_store(), min(start, midnight(quiet_since(start.astimezone(UTC).date())))
    for view in SERVED_VIEWS:
        newest = newest_day(view)
        if newest is not None:
            store.materialize(start, max(end, newest), feature_views=[view])


def ensure_feature_service(model_version: str) -> str:
    """Names what a model version reads, in the registry, with the views as they are now, and returns that name."""
    name, store = service_of(model_version), get_store()
    views = [store.get_feature_view("user_profile"), store.get_feature_view("user_behaviour")[list(READ)]]
    with only_one("feast"):
        store.apply([FeatureService(name=name, features=views, tags={"model_version": model_version})])
    return name


def service_of(model_version: str) -> str:
    """The name of a model version's feature service."""
    return f"{SERVICE}{model_version}"


@lru_cache(maxsize=64)
def _names_of(store: Any, service: str) -> dict[str, tuple[str, ...]]:
    """The features of each view that a service names; one that another home's registry has is declared here, too."""
    try:
        found = store.get_feature_service(service)
    except FeatureServiceNotFoundException:
        ensure_feature_service(service.removeprefix(SERVICE))
        found = store.get_feature_service(service)
    return {view.name: tuple(one.name for one in view.features) for view in found.feature_view_projections}


def features_of(service: str, view: str) -> tuple[str, ...]:
    """What a model's feature service names of a view; asked for at every request."""
    return _names_of(get_store(), service)[view]


def empty_online() -> None:
    """Takes every profile and behaviour out of a store that isn't in home: what it holds is of another state of it."""
    store = get_store()
    if get_settings().redis_url is not None:
        views = [store.get_feature_view(view) for view in ("user_profile", "user_behaviour")]
        store._get_provider().online_store.teardown(store.config, views, store.list_entities())


def store_config(settings: Settings) -> Any:
    """Feast's configuration, made from what `feature_store` says."""
    return RepoConfig(**feature_store(settings), repo_path=settings.root)


def feature_store(settings: Settings) -> dict[str, Any]:
    """What a `feature_store.yaml` of these settings says: duckdb offline, SQLite or Redis online, a registry.

    It holds the passwords of the settings' addresses.
    """
    return {
        "project": project_of(settings),
        "provider": "local",
        "registry": {
            "registry_type": "sql",
            "path": _registry_url(settings),
            "cache_ttl_seconds": REGISTRY_TTL_SECONDS,
        },
        "offline_store": {"type": "duckdb"},
        "online_store": _online_store(settings),
        "materialization": {"online_write_batch_size": ROWS_A_BATCH},
        "entity_key_serialization_version": 3,
    }


def project_of(settings: Settings) -> str:
    """Feast's project: each shop has one of its own in a Redis that several share.

    Feast empties a project by the end of its keys' names; that none is the end of another, `__` at both ends sees to.
    """
    if settings.redis_url is None or not settings.shop_id:
        return PROJECT
    return f"{PROJECT}{suffix_of(settings.shop_id)}__"


def _registry_url(settings: Settings) -> str:
    address = make_url(settings.sqlalchemy_url)
    if address.get_backend_name() == "postgresql":
        waits = {"connect_timeout": str(REGISTRY_SECONDS), **address.query}
        return address.set(drivername="postgresql+psycopg", query=waits).render_as_string(hide_password=False)
    return f"sqlite:///{settings.feast_dir / 'registry.db'}"


def _online_store(settings: Settings) -> dict[str, Any]:
    if settings.redis_url is None:
        return {
            "type": "features.sqlite_online.WalSqliteOnlineStore",
            "path": str(settings.feast_dir / "online.db"),
        }
    return {"type": "redis", "connection_string": redis_connection(settings.redis_url), "skip_dedup": True}


def redis_connection(url: str) -> str:
    """Feast's way of writing a redis:// or rediss:// URL; failing is left to the caller, who has shoppers waiting."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss") or not parts.hostname:
        raise ValueError(f"ZHIYIN_REDIS_URL must look like redis://HOST:PORT/DB, not {url!r}")
    words = [f"{parts.hostname}:{parts.port or 6379}", f"db={parts.path.strip('/') or 0}"]
    words += ["ssl=true"] if parts.scheme == "rediss" else []
    for name, value in (("username", parts.username), ("password", parts.password)):
        if value:
            if "," in unquote(value):
                raise ValueError(f"ZHIYIN_REDIS_URL: Feast cannot pass on a {name} with a comma")
            words.append(f"{name}={unquote(value)}")
    return ",".join(
        [*words, f"socket_timeout={REDIS_SECONDS}", f"socket_connect_timeout={REDIS_SECONDS}", "retry=null"]
    )


def _definitions(root: Path) -> list[Any]:
    """What `feature_repo/definitions.py` declares, loaded afresh for this home."""
    before = os.environ.get("ZHIYIN_HOME")
    os.environ["ZHIYIN_HOME"] = str(root)
    try:
        declared = runpy.run_path(str(DEFINITIONS))
    finally:
        if before is None:
            del os.environ["ZHIYIN_HOME"]
        else:
            os.environ["ZHIYIN_HOME"] = before
    kinds = (Entity, FeatureView, DataSource)
    return [value for value in declared.values() if isinstance(value, kinds)]


@atexit.register
def close_stores() -> None:
    """Forgets the stores of this process and closes what they hold open: the registry's database, duckdb."""
    for store in _opened:
        store.registry.write_engine.dispose()
    _opened.clear()
    _latest.clear()
    _store.cache_clear()
    _names_of.cache_clear()
    if ibis.options.default_backend is not None:
        ibis.options.default_backend.disconnect()
        ibis.options.default_backend = None
