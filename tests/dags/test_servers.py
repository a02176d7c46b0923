"""The loop once more as in production: Airflow and the application on PostgreSQL, the online store on Redis."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from features.online import read_profile
from recommender.db.engine import get_engine, migrate, session_scope
from recommender.db.tables import Event
from recommender.drift.runs import drifted_users, list_runs
from recommender.settings import Settings, get_settings
from tests.support.servers.airflow import running_airflow
from tests.support.shops.shop_files import interactions, write_shop


@pytest.mark.airflow
@pytest.mark.timeout(1200)
@pytest.mark.slow
def test_the_loop_on_postgresql_and_redis(
    home: Settings, postgres_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", postgres_url)
    monkeypatch.setenv("ZHIYIN_REDIS_URL", redis_url)
    monkeypatch.setenv("ZHIYIN_THREADS", "1")
    get_settings.cache_clear()
    migrate()
    write_shop(Path(home.root) / "landing" / "shop")

    with running_airflow(home.root, _database_beside(postgres_url)) as airflow:
        found = airflow.whole_round({"source": "csv", "folder": "shop"})
    assert {dag_id: step["state"] for dag_id, step in found.items()} == dict.fromkeys(found, "success"), found
    with session_scope() as session:
        assert session.scalar(select(func.count(Event.id))) == len(interactions())
    (run,) = list_runs()
    drifted = drifted_users(run.drift_run_id)
    assert run.users_refreshed == len(drifted) > 0
    profile = read_profile(drifted[0])
    assert profile is not None
    assert profile.as_of.isoformat() == run.details["as_of"]


def _database_beside(url: str) -> str:
    """A second, empty database on the same server, for Airflow's own tables."""
    name = "airflow_" + url.rpartition("_")[2]
    with get_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = url.replace("postgresql://", "postgresql+psycopg2://").rpartition("/")[0] + f"/{name}"
    return address
