"""docker-compose.yml: valid for Compose itself, without default secrets, and every command of it starts natively.

There is no Docker engine in the tests: each service's command runs as a process, with that service's environment, whose
container addresses and paths are replaced by this machine's.
"""

import json
import os
import re
import secrets
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import compose  # the package ships Docker's own `docker-compose`
import pytest
from sqlalchemy import create_engine, text

from console.processes import Processes, ProcessFailed
from recommender.settings import PROJECT_ROOT
from tests.support.servers.local import free_port, postgres_server

FILE = PROJECT_ROOT / "docker-compose.yml"
BINARY = Path(compose.__file__).parent / "docker-compose"
SECRETS = {
    name: secrets.token_urlsafe(64)
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_API_SECRET_KEY")
} | {"AIRFLOW_JWT_SECRET": secrets.token_urlsafe(64), "AIRFLOW_FERNET_KEY": urlsafe_b64encode(os.urandom(32)).decode()}
IN_TURN = ("airflow-api-server", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "airflow-worker")
READY_SECONDS = 150


def docker_compose(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [str(BINARY), "-f", str(FILE), "--env-file", "/dev/null", "--profile", "*", "config", "--format", "json"]
    return subprocess.run(
        command, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def config() -> dict[str, Any]:
    done = docker_compose(SECRETS)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_compose_accepts_the_file(config: dict[str, Any]) -> None:
    assert {"postgres", "redis", "migrate", "service", *IN_TURN} == set(config["services"])


def test_nothing_without_a_sign_in_is_published(config: dict[str, Any]) -> None:
    published = {name: service for name, service in config["services"].items() if service.get("ports")}
    assert set(published) == {"airflow-api-server", "service"}  # each asks who is there
    assert published["service"]["environment"]["ZHIYIN_AUTH"] == "required"
    assert published["airflow-api-server"]["configs"][0]["target"].endswith("passwords.json")


@pytest.mark.parametrize("path", [".env", ".env.production", "sub/.env", ".git", "var", "tls.pem", ".venv"])
def test_secrets_and_state_stay_out_of_the_image(path: str) -> None:
    lines = (PROJECT_ROOT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and line[0] not in "#!"]
    assert any(fnmatch(path, one) or fnmatch(path, one.removeprefix("**/")) for one in patterns)


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_missing_secret_is_named(name: str) -> None:
    done = docker_compose({key: value for key, value in SECRETS.items() if key != name})
    assert done.returncode != 0
    assert f"set {name} in .env" in done.stderr


def test_every_service_that_stays_has_a_healthcheck_and_restarts(config: dict[str, Any]) -> None:
    for name, service in config["services"].items():
        if name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_ports_are_published_on_loopback_only(config: dict[str, Any]) -> None:
    published = [port for service in config["services"].values() for port in service.get("ports", [])]
    assert len(published) == 2
    assert {port["host_ip"] for port in published} == {"127.0.0.1"}


class Native:
    """This machine's stand-in for the containers' network and file system."""

    def __init__(self, config: Mapping[str, Any], folder: Path) -> None:
        self.services: Mapping[str, Any] = config["services"]
        self.folder = folder
        self.ports = {port: str(free_port()) for port in ("5432", "6379", "8080", "3000")}
        self.etc = folder / "run"
        self.etc.mkdir()
        (folder / "state").mkdir()
        (folder / "data").mkdir()
        (self.etc / "passwords.json").write_text(config["configs"]["airflow-passwords"]["content"])

    def translate(self, value: str) -> str:
        value = re.sub(r"\b(postgres|redis|airflow-api-server|127\.0\.0\.1):(\d{4})\b", self._address, value)
        value = value.replace("0.0.0.0", "127.0.0.1").replace("/run/airflow", str(self.etc))
        value = re.sub(r"^/app\b", str(PROJECT_ROOT), value)
        value = re.sub(r"^/state\b", str(self.folder / "state"), value)
        return self.ports.get(value, value)

    def _address(self, match: re.Match[str]) -> str:
        return f"127.0.0.1:{self.ports[match[2]]}"

    def environment(self, name: str) -> dict[str, str]:
        own = {key: self.translate(value) for key, value in (self.services[name].get("environment") or {}).items()}
        tools = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        clients = {"PGHOST": "127.0.0.1", "PGPORT": self.ports["5432"]}
        return {**os.environ, **tools, **clients, **own}

    def command(self, name: str) -> list[str]:
        return [self.translate(part) for part in self.services[name]["command"]]

    def healthy(self, name: str) -> bool:
        kind, *test = self.services[name]["healthcheck"]["test"]
        command = [self.translate(part) for part in test]
        if kind == "CMD-SHELL":
            command = ["sh", "-c", *command]
        if command[0] == "redis-cli":
            command[1:1] = ["-p", self.ports["6379"]]
        done = subprocess.run(
            command, env=self.environment(name), cwd=PROJECT_ROOT, capture_output=True, timeout=60, check=False
        )
        return done.returncode == 0

    def wait(self, processes: Processes, name: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            processes.check()
            if self.healthy(name):
                return
            time.sleep(1)
        raise ProcessFailed(
            f"{name} is not healthy; {processes.logs / name}.log ends:\n{processes.children[-1].tail()}"
        )


@pytest.fixture
def native(config: dict[str, Any], tmp_path: Path) -> Iterator[Native]:
    """The native world with PostgreSQL up: zhiyin's database, and Airflow's made by the file's own SQL."""
    world = Native(config, tmp_path)
    with postgres_server() as url:
        admin = create_engine(url.replace("postgresql://", "postgresql+psycopg://") + "/postgres")
        with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE ROLE zhiyin LOGIN"))
            connection.execute(text("CREATE DATABASE zhiyin OWNER zhiyin"))
            connection.execute(text(config["configs"]["airflow-database"]["content"]))
        admin.dispose()
        world.ports["5432"] = url.rsplit(":", 1)[1]
        yield world


@pytest.mark.slow
@pytest.mark.airflow
@pytest.mark.redis
@pytest.mark.postgres
def test_every_command_starts_and_gets_healthy(native: Native, tmp_path: Path) -> None:
    assert native.healthy("postgres")
    with Processes(tmp_path / "logs") as processes:
        redis = [*native.command("redis"), "--bind", "127.0.0.1", "--port", native.ports["6379"]]
        processes.start("redis", redis, native.environment("redis"), tmp_path / "data")
        native.wait(processes, "redis")
        subprocess.run(
            native.command("migrate"), env=native.environment("migrate"), cwd=PROJECT_ROOT, check=True, timeout=300
        )
        for name in (*IN_TURN, "service"):
            processes.start(name, native.command(name), native.environment(name), PROJECT_ROOT)
        for name in ("service", *IN_TURN):
            native.wait(processes, name)
