"""A small shop being served: as a real process over HTTP, and as its parts in this process."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from sqlalchemy.orm import Session

from recommender.db.engine import close_engines, get_engine, session_scope
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from services.container import Shop
from tests.support.commands import ZHIYIN
from tests.support.servers.databases import install_tables
from tests.support.servers.local import free_port
from tests.support.shops.trained import install_shop

TOKEN_SECRET = "of the tests' shop: 32 bytes or more"
ORIGIN = "https://shop.example"
STARTS_WITHIN = 240  # seconds, on a machine that does other things too


@dataclass
class Served:
    """A service process of our own; started, ended or killed as a test likes."""

    home: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.home / "service.log"

    def start(self) -> None:
        command = [ZHIYIN, "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=PROJECT_ROOT, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + STARTS_WITHIN
        while self.status("/readyz") != 200:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"the service did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.2)

    def status(self, path: str) -> int:
        try:
            return httpx.get(self.url + path).status_code
        except httpx.TransportError:
            return 0

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def kill(self) -> None:
        """kill -9 of every process of the service at once."""
        assert self.process is not None
        main = psutil.Process(self.process.pid)
        for process in [main, *main.children(recursive=True)]:
            process.kill()
        self.process.wait(30)

    @contextmanager
    def database(self) -> Iterator[Session]:
        """The service's database (SQLite), from outside."""
        with session_scope(get_engine(f"sqlite:///{self.home / 'zhiyin.db'}")) as session:
            yield session

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self.send("POST", path, **body)

    def send(self, method: str, path: str, **body: Any) -> httpx.Response:
        return httpx.request(method, self.url + path, json=body, timeout=30)


@contextmanager
def serving(home: Path, **environment: str) -> Iterator[Served]:
    served = Served(
        home,
        {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "ZHIYIN_LLM": "none",
            "ZHIYIN_SERVICE_WORKERS": "1",
            "ZHIYIN_HOME": str(home),
            **environment,
        },
    )
    try:
        served.start()
        yield served
    finally:
        served.end()


@contextmanager
def serving_a_shop(home: Path, prepare: Callable[[], None] = lambda: None, /, **environment: str) -> Iterator[Served]:
    """The tests' small shop in a home of its own, as a process; `prepare` changes the home's database before it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(home))
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        forget_settings()
        install_tables()
        install_shop(get_settings())
        prepare()
    forget_settings()
    with serving(home, **environment) as service:
        yield service


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The shop as a process on a free port, shared by the session: use shoppers of your own in a test."""
    with serving_a_shop(tmp_path_factory.mktemp("served")) as service:
        yield service


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop with locks on its doors, shared by the session: keys, signed tokens, an origin of pages, a low rate."""
    settings = {
        "ZHIYIN_AUTH": "required",
        "ZHIYIN_TOKEN_SECRET": TOKEN_SECRET,
        "ZHIYIN_CORS_ORIGINS": ORIGIN,
        "ZHIYIN_RATE_SHOPPER": "30",
    }
    with serving_a_shop(tmp_path_factory.mktemp("guarded"), **settings) as service:
        yield service


def forget_settings() -> None:
    get_settings.cache_clear()
    close_engines()


@pytest.fixture
def shop(backend: Settings) -> Shop:
    """The service's parts in this process, on both backends; its watcher looks when told to."""
    install_shop(backend)
    opened = Shop(backend)
    opened.watcher.look()
    return opened


@pytest.fixture
def embedded_shop(home: Settings) -> Shop:
    """The same on SQLite only, for what has nothing to do with storage."""
    install_tables()
    install_shop(home)
    opened = Shop(home)
    opened.watcher.look()
    return opened


@pytest.fixture(scope="module")
def module_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The parts on SQLite, shared by a file's tests: they read it, or change what concerns shoppers of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(tmp_path_factory.mktemp("module") / "var"))
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        forget_settings()
        install_tables()
        install_shop(get_settings())
        opened = Shop(get_settings())
        opened.watcher.look()
        yield opened
        opened.searcher.close()
    forget_settings()
