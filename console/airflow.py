"""Airflow on one machine: its environment, its processes, and a client of its REST API.

It knows Airflow's settings and addresses; it does not know what the DAGs do. Nothing of Airflow is imported: the parts
run as processes and are spoken to over HTTP, as on a cluster.
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from console.processes import Child, Processes, ProcessFailed
from recommender.settings import PROJECT_ROOT, Settings

DAGS = PROJECT_ROOT / "dags"
START_SECONDS = 120.0
ANSWER_SECONDS = 60.0
ATTEMPTS, PAUSE_SECONDS = 6, 1.0  # of one question to the API, and between two of them
LOCK_SECONDS = 120.0  # that a part waits on SQLite while others write; the scheduler, which waited in vain, ends
API_LOCK_SECONDS = 3.0  # the API server's, whose event loop may wait for itself: see `AirflowClient._ask`
FINAL_STATES = ("success", "failed")
COMPONENTS = {
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "dag-processor": ["dag-processor"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


@dataclass
class AirflowSite:
    """One Airflow below `settings.airflow_dir`, listening on loopback.

    `database_url` is Airflow's own metadata database (SQLite below its folder when None); `users` maps a name to its
    role. Passwords and secrets are made at random on the first start and kept, readable by the owner alone.
    """

    settings: Settings
    processes: Processes
    database_url: str | None = None
    users: Mapping[str, str] = field(default_factory=lambda: {"admin": "admin"})

    @property
    def home(self) -> Path:
        """Airflow's own folder: its database, logs, passwords and secrets."""
        return self.settings.airflow_dir

    @property
    def url(self) -> str:
        """Where the API server listens, and people find the UI."""
        return f"http://{self.settings.airflow_host}:{self.settings.airflow_port}"

    @property
    def passwords(self) -> dict[str, str]:
        """The users' passwords as Airflow's simple auth manager reads them."""
        stored: dict[str, str] = _kept(self.home / "passwords.json", {})
        chosen = self.settings.airflow_password
        for user in self.users:
            stored.setdefault(user, secrets.token_urlsafe(12))
        if chosen is not None:
            stored["admin"] = chosen.get_secret_value()
        _keep(self.home / "passwords.json", stored)
        return stored

    def env(self, lock_seconds: float = LOCK_SECONDS) -> dict[str, str]:
        """The environment every part of Airflow runs with."""
        keys = _kept(self.home / "secrets.json", None) or {
            name: secrets.token_urlsafe(64) for name in ("jwt", "api", "fernet")
        }
        _keep(self.home / "secrets.json", keys)
        _ = self.passwords
        options = {
            "CORE__DAGS_FOLDER": str(DAGS),
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTOR": "LocalExecutor",
            "CORE__PARALLELISM": "4",
            "CORE__AUTH_MANAGER": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in self.users.items()),
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "passwords.json"),
            "CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "API__BASE_URL": self.url,
            "API__HOST": self.settings.airflow_host,
            "API__PORT": str(self.settings.airflow_port),
            "API__WORKERS": "1",
            "API__SECRET_KEY": keys["api"],
            "API_AUTH__JWT_SECRET": keys["jwt"],
            "DATABASE__SQL_ALCHEMY_CONN": self.database_url
            or f"sqlite:///{self.home / 'airflow.db'}?timeout={lock_seconds:.0f}",
            "WORKERS__EXECUTION_API_TIMEOUT": "30",  # tasks wait longer for the API server than it for a lock
            "DAG_PROCESSOR__REFRESH_INTERVAL": "30",
            "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "30",  # after a crash, lost tasks are found within this time
            "LOGGING__BASE_LOG_FOLDER": str(self.home / "logs"),
        }
        return {
            "AIRFLOW_HOME": str(self.home),
            "PYTHONPATH": str(PROJECT_ROOT),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ZHIYIN_HOME": str(self.settings.root),
            "ZHIYIN_TRAIN_MINUTES": str(self.settings.train_minutes),
            "SCARF_ANALYTICS": "false",
            "DO_NOT_TRACK": "1",
            "OMP_WAIT_POLICY": "PASSIVE",  # threads that wait leave the cores to the other processes
            "BENTOML_DO_NOT_TRACK": "True",
            **{f"AIRFLOW__{name}": value for name, value in options.items()},
        }

    def command(self, *arguments: str) -> list[str]:
        """A command line of the `airflow` that is installed beside this Python."""
        return [str(Path(sys.executable).parent / "airflow"), *arguments]

    def run(self, *arguments: str) -> None:
        """Runs one `airflow` command to its end; raises `ProcessFailed` with its output when it fails."""
        done = subprocess.run(
            self.command(*arguments), env={**os.environ, **self.env()}, cwd=PROJECT_ROOT, capture_output=True, text=True
        )
        if done.returncode:
            raise ProcessFailed(f"airflow {' '.join(arguments)} failed:\n{(done.stdout + done.stderr)[-2000:]}")

    def start(self) -> "AirflowClient":
        """Migrates the metadata database, makes the pools, starts every part; returns a client once all are healthy."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.run("db", "migrate")
        if (DAGS / "pools.json").exists():
            self.run("pools", "import", str(DAGS / "pools.json"))
        for part in ("api-server", *COMPONENTS):
            self.start_part(part)
        client = AirflowClient(self.url, "admin", self.passwords["admin"])
        self.wait_until_healthy(client)
        return client

    def start_part(self, name: str) -> Child:
        """Starts one part of Airflow; after a crash, the same way again."""
        api = ["api-server", "--host", self.settings.airflow_host, "--port", str(self.settings.airflow_port)]
        arguments = {"api-server": api, **COMPONENTS}[name]
        env = self.env(API_LOCK_SECONDS if name == "api-server" else LOCK_SECONDS)
        return self.processes.start(f"airflow-{name}", self.command(*arguments), env, PROJECT_ROOT)

    def wait_until_healthy(self, client: "AirflowClient") -> None:
        """Waits for `START_SECONDS` at most; raises `ProcessFailed` then, and as soon as a process has ended."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.processes.check()
            if client.healthy():
                return
            time.sleep(0.5)
        raise ProcessFailed(f"Airflow was not healthy within {START_SECONDS:.0f} s; its logs: {self.processes.logs}")


class AirflowClient:
    """A user of Airflow's REST API (v2). Raises `httpx.HTTPStatusError` for what Airflow refuses."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=ANSWER_SECONDS)
        self._user, self._password = user, password

    def close(self) -> None:
        """Closes the connections; the client can't be used after it."""
        self._http.close()

    def healthy(self) -> bool:
        """Whether metadata database, scheduler, DAG processor and triggerer all are; False where nothing answers."""
        try:
            health = self._http.get("/api/v2/monitor/health").json()
        except (httpx.TransportError, json.JSONDecodeError):
            return False
        parts = ("metadatabase", "scheduler", "dag_processor", "triggerer")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def login(self) -> None:
        """Gets a token for the user, which all later questions bring; `_call` does so where it is needed."""
        answer = self._http.post("/auth/token", json={"username": self._user, "password": self._password})
        answer.raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def get(self, path: str, **params: Any) -> Any:
        """The JSON at a path below `/api/v2`; `params` become its query."""
        return self._call("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The body names what is to be made, since it may be sent twice."""
        return self._call("POST", path, json=body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Sends the fields to change, and gives the JSON of the answer; None where it is empty."""
        return self._call("PATCH", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> Any:
        if "Authorization" not in self._http.headers:
            self.login()
        answer = self._ask(method, path, **options)
        if answer.status_code == httpx.codes.UNAUTHORIZED:  # the token has expired
            self.login()
            answer = self._ask(method, path, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One answer; asked again where none came in time, or Airflow failed to write.

        Airflow 3.3.2 writes its audit log in the API server's event loop. On SQLite that may wait for a lock which
        another request keeps until the loop goes on: after `API_LOCK_SECONDS` it answers 500, and the other
        one ends in the pause before the next attempt.
        """
        for _ in range(ATTEMPTS - 1):
            with suppress(httpx.ReadTimeout):
                answer = self._http.request(method, f"/api/v2{path}", **options)
                if method == "GET" or not answer.is_server_error:
                    return answer
            time.sleep(PAUSE_SECONDS)
        return self._http.request(method, f"/api/v2{path}", **options)

    def wait_for_dags(self, dag_ids: set[str], seconds: float = START_SECONDS) -> None:
        """Waits until Airflow has read these DAGs; raises `ProcessFailed` on import errors or at the time-out."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            errors = self.get("/importErrors")["import_errors"]
            if errors:
                raise ProcessFailed("\n".join(f"{error['filename']}: {error['stack_trace']}" for error in errors))
            if dag_ids <= {dag["dag_id"] for dag in self.get("/dags", limit=100)["dags"]}:
                return
            time.sleep(0.5)
        raise ProcessFailed(f"Airflow did not read the DAGs {sorted(dag_ids)} within {seconds:.0f} s")

    def unpause(self, dag_id: str) -> None:
        """Lets the DAG's runs begin, by its schedule and by hand."""
        self.patch(f"/dags/{dag_id}", {"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Starts a run and returns its id, which is made here, so that asking again starts no second one."""
        run_id = f"manual__{datetime.now(UTC).isoformat()}"
        body = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf)}
        try:
            self.post(f"/dags/{dag_id}/dagRuns", body)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:  # begun by an attempt whose answer was lost
                raise
        return run_id

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The DAG's runs, newest first."""
        return list(self.get(f"/dags/{dag_id}/dagRuns", order_by="-run_after", limit=100)["dag_runs"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run, the first hundred."""
        return list(self.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances", limit=100)["task_instances"])

    def wait_for_run(self, dag_id: str, run_id: str, seconds: float) -> dict[str, Any]:
        """Waits for a run's end and returns it, whatever its state; raises `TimeoutError`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            run: dict[str, Any] = self.get(f"/dags/{dag_id}/dagRuns/{run_id}")
            if run["state"] in FINAL_STATES:
                return run
            time.sleep(0.5)
        raise TimeoutError(f"run {run_id} of {dag_id} did not end within {seconds:.0f} s")


def _kept(path: Path, default: Any) -> Any:
    return json.loads(path.read_text()) if path.exists() else default


def _keep(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(json.dumps(value))
