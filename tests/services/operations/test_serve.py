"""How `zhiyin serve` starts the service: its home, its port, who may reach it without a key, and its open files."""

import resource
import socket

import pytest
import typer
from pydantic import SecretStr

from recommender.settings import Settings
from services.operations.serve import allow_connections, bentoml_config, environment, wait_for_port
from tests.support.commands import zhiyin


def test_the_service_keeps_to_its_home(home: Settings) -> None:
    settings = Settings(database_url="postgresql://shop@db/zhiyin")
    given = environment(settings, workers=2)
    assert given["BENTOML_HOME"].startswith(str(home.root))
    assert given["ZHIYIN_HOME"] == str(home.root)
    assert given["ZHIYIN_DATABASE_URL"] == "postgresql://shop@db/zhiyin"
    assert given["BENTOML_DO_NOT_TRACK"] == "True"
    services = bentoml_config(2)["services"]
    assert isinstance(services, dict)
    assert services["workers"] == 2
    assert services["monitoring"] == {"enabled": False}  # by default it writes into the folder it is started from


def test_secrets_are_handed_on_as_they_are_and_never_as_stars(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_WEBHOOK_SECRET", "of the shop's system, long enough for anybody")
    given = environment(Settings(), workers=1)
    assert given["ZHIYIN_WEBHOOK_SECRET"] == "of the shop's system, long enough for anybody"
    assert "ZHIYIN_AIRFLOW_PASSWORD" not in given
    assert "None" not in given.values()


def test_airflow_s_password_is_handed_on_where_the_service_asks_airflow(home: Settings) -> None:
    """It may be in an .env alone, which a Bento doesn't read."""
    password = SecretStr("of airflow")
    assert "ZHIYIN_AIRFLOW_PASSWORD" not in environment(Settings(airflow_password=password), workers=1)
    asking = Settings(airflow_url="http://127.0.0.1:8080", airflow_password=password)
    assert environment(asking, workers=1)["ZHIYIN_AIRFLOW_PASSWORD"] == "of airflow"


def test_a_thread_count_that_is_set_already_stays(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert environment(home, workers=1)["OMP_NUM_THREADS"] == "3"
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert environment(home, workers=1)["OMP_NUM_THREADS"] == "1"


def test_a_bad_port_is_told() -> None:
    result = zhiyin("serve", "--port", "99999")
    assert result.exit_code == 2
    assert "--port" in result.output


def test_without_keys_nobody_else_s_address_is_bound(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_AUTH", "off")
    for name in environment(home, workers=1):
        monkeypatch.setenv(name, "")  # what the command sets is taken back after the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("ZHIYIN_HOME", str(home.root))
    monkeypatch.setenv("ZHIYIN_AUTH", "off")
    refused = zhiyin("serve", "--host", "0.0.0.0")
    assert refused.exit_code == 2
    assert "ZHIYIN_AUTH=required" in refused.output


def test_a_port_that_is_held_is_told_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held, pytest.raises(typer.BadParameter, match="give --port"):
        wait_for_port("127.0.0.1", held.getsockname()[1], seconds=0)
    wait_for_port("127.0.0.1", 0, seconds=0)


def test_an_address_of_another_machine_is_told_at_once() -> None:
    with pytest.raises(typer.BadParameter, match="can't be bound"):
        wait_for_port("192.0.2.1", 3000, seconds=60)


def test_as_many_connections_are_allowed_as_the_system_lets() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allow_connections()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 256
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] == before[1]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
