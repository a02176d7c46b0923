"""`zhiyin serve`: starts the BentoML service as it is meant to run.

It sets what BentoML reads from its environment (its home, a configuration, telemetry off) and then becomes
`bentoml serve`, so that signals reach it directly.
"""

import errno
import os
import resource
import socket
import sys
import time
from typing import Annotated

import orjson
import typer
from pydantic import SecretStr

from recommender.settings import PROJECT_ROOT, Settings, get_settings
from services.http.rate_limit import loopback
from services.operations.presence import RUN

app = typer.Typer()
MOST_FILES = 65_536  # open at once: each connection is one
SERVICE = "services.app:Recommender"


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to bind; ZHIYIN_SERVICE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port; ZHIYIN_SERVICE_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Processes; ZHIYIN_SERVICE_WORKERS.")] = None,
    bento: Annotated[str | None, typer.Option(help="Serve this Bento, e.g. zhiyin:latest.")] = None,
) -> None:
    """Start the service, on 127.0.0.1:3000 unless told otherwise."""
    settings = get_settings()
    os.environ.update(environment(settings, workers or settings.service_workers))
    host, port = host or settings.service_host, port or settings.service_port
    if settings.auth == "off" and not loopback(host):
        raise typer.BadParameter(
            f"with ZHIYIN_AUTH=off anybody who reaches {host} would read every shopper's data; set "
            "ZHIYIN_AUTH=required and make keys with `zhiyin keys create`, or bind 127.0.0.1",
            param_hint="host",
        )
    wait_for_port(host, port)
    arguments = ["--host", host, "--port", str(port)]
    if bento is None:
        os.chdir(PROJECT_ROOT)
    allow_connections()
    os.environ["ZHIYIN_SERVICE_PORT"] = str(port)
    door = [str(port), str(settings.root / RUN / str(port))]
    command = [sys.executable, "-m", "services.operations.master", *door, "serve", bento or SERVICE, *arguments]
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 (no shell, and the command is ours)


def allow_connections() -> None:
    """As many open files as the system allows: at 1,024, a common limit, a thousand callers are all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def wait_for_port(host: str, port: int, seconds: float = 15) -> None:
    """After a kill -9 the former service's workers hold the port until they notice, a second or two."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with socket.create_server((host, port)):
                return
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise typer.BadParameter(
                    f"{host}:{port} can't be bound ({error.strerror}); stop what holds it, or give --port",
                    param_hint="port",
                ) from None
        time.sleep(0.2)


def environment(settings: Settings, workers: int) -> dict[str, str]:
    """What BentoML's processes need; writes BentoML's configuration below home.

    The settings are handed on by name: a Bento runs in a folder of its own, where no .env and no relative home is.
    """
    settings.bentoml_dir.mkdir(parents=True, exist_ok=True)
    settings.logs_dir.mkdir(parents=True, exist_ok=True)
    config = settings.bentoml_dir / "serve.yaml"
    config.write_bytes(orjson.dumps(bentoml_config(workers)))  # JSON is YAML too
    unneeded = {"home", "landing"} | (set() if settings.airflow_url else {"airflow_password"})
    values = settings.model_dump(exclude=unneeded, exclude_none=True)
    handed_on = {
        f"ZHIYIN_{name.upper()}": value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in values.items()
    }
    return {
        **handed_on,
        "ZHIYIN_HOME": str(settings.root),
        "BENTOML_HOME": str(settings.bentoml_dir),
        "BENTOML_CONFIG": str(config),
        "BENTOML_DO_NOT_TRACK": "True",
        "ZHIYIN_SERVICE_WORKERS": str(workers),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1"),  # one answer, one core: others wait for theirs
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),  # else each of thirty threads keeps what it freed
    }


def bentoml_config(workers: int) -> dict[str, object]:
    """No spans, access log or telemetry, which cost BentoML more time than an answer does.

    Its request counters are off too: they are labelled by raw address and grow without bound. The service counts
    by endpoint and shows its own /metrics.
    """
    return {
        "services": {
            "workers": workers,
            "metrics": {"enabled": False},
            "logging": {"access": {"enabled": False}},
            "tracing": {"excluded_urls": ".*"},
            "monitoring": {"enabled": False},  # what is shown and why is kept in the database
        },
    }
