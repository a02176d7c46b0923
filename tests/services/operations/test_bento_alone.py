"""A Bento by itself: in another folder, in an environment of its own requirements, as another user where that can be.

The environment is made by uv, which needs the packages' index (or a cache of it) as `make env` does.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from recommender.db.engine import close_engines, session_scope
from recommender.db.tables import Model
from recommender.settings import PROJECT_ROOT, Settings, get_settings
from tests.support.bentos import environment_of, export, register
from tests.support.servers.databases import install_tables
from tests.support.servers.local import free_port
from tests.support.shops.trained import install_shop
from training.release.package import package

pytestmark = pytest.mark.slow
READY_SECONDS = 120.0
PLAIN = {"PATH": "/usr/bin:/bin"}
SWAP_SECONDS = 3.0  # the watch looks once a second; reading the files and the answer itself take time, too
OTHER_USER = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


@dataclass(frozen=True)
class Alone:
    """A Bento that was copied away, its own python, and a home that holds nothing but the shop's database."""

    bento: Path
    python: Path
    home: Path
    promoted: str


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="bento-alone-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture(scope="module")
def alone(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Alone]:
    """Made by a home of another place, which is gone by the time the Bento is served."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIYIN_HOME", str(tmp_path_factory.mktemp("maker") / "var"))
        for name in ("ZHIYIN_DATABASE_URL", "ZHIYIN_REDIS_URL"):
            patch.delenv(name, raising=False)
        get_settings.cache_clear()
        close_engines()
        settings = get_settings()
        install_tables()
        install_shop(settings)
        with session_scope() as session:
            version = session.query(Model).one().model_version
        bento = export(settings, package(version), place / "bento")
        python = environment_of(bento, place / "environment")
        home = place / "home"
        home.mkdir()
        close_engines()
        shutil.copy(settings.root / "zhiyin.db", home / "zhiyin.db")
        shutil.rmtree(settings.root)
        given_away(home)
        patch.setenv("ZHIYIN_HOME", str(home))
        get_settings.cache_clear()
        yield Alone(bento, python, home, version)
    get_settings.cache_clear()
    close_engines()


def given_away(folder: Path) -> None:
    if OTHER_USER:
        for one in (folder, *folder.rglob("*")):
            shutil.chown(one, "nobody", "nogroup")


@contextmanager
def served(alone: Alone, home: Path) -> Iterator[httpx.Client]:
    """`bentoml serve` of the Bento's folder, by its own environment, which knows nothing of this one's."""
    port = free_port()
    environment = PLAIN | {
        "HOME": str(home),
        "ZHIYIN_HOME": str(home),
        "ZHIYIN_LLM": "none",
        "ZHIYIN_SERVICE_PORT": str(port),
        "BENTOML_HOME": str(home / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
        "OMP_NUM_THREADS": "1",
    }
    command = [
        str(alone.python),
        "-m",
        "bentoml",
        "serve",
        str(alone.bento),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, env=environment, cwd=home, stdout=log, stderr=log, **OTHER_USER) as process,  # type: ignore[call-overload]
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
    ):
        try:
            wait_until_ready(client, process)
            yield client
        except BaseException:
            log.seek(0)
            print(log.read().decode()[-5000:])
            raise
        finally:
            process.terminate()
            process.wait(60)


def wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError("the Bento was not ready in time")


def run_python(alone: Alone, code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([str(alone.python), "-c", code], cwd="/", env=PLAIN, capture_output=True, text=True)


def recommended(client: httpx.Client) -> dict[str, Any]:
    answer = client.post("/recommend", json={"user_id": "u0", "n": 5})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_its_environment_has_nothing_of_this_project(alone: Alone) -> None:
    code = "import bentoml, feast, torch, sys; print(sys.path)"
    assert str(PROJECT_ROOT) not in run_python(alone, code).stdout
    for absent in ("recommender", "airflow", "celery", "pytest", "mypy", "evidently"):
        assert "ModuleNotFoundError" in run_python(alone, f"import {absent}").stderr


def test_it_serves_a_shop_s_database_by_its_own_copy_and_follows_a_promotion(alone: Alone) -> None:
    with served(alone, alone.home) as client:
        answer = recommended(client)
        assert (answer["model_version"], answer["degraded"]) == (alone.promoted, [])
        assert len(answer["items"]) == 5

        settings: Settings = get_settings()
        register(settings, "newer")
        given_away(settings.models_dir)
        with session_scope() as session:
            session.get_one(Model, alone.promoted).status = "retired"
            newer = session.get_one(Model, "newer")
            newer.status, newer.promoted_at = "promoted", datetime.now(UTC)
        began = time.monotonic()
        while recommended(client)["model_version"] != "newer":
            assert time.monotonic() - began < SWAP_SECONDS
            time.sleep(0.05)
        assert recommended(client)["degraded"] == []


def test_in_a_new_home_it_begins_with_its_model_s_catalogue_and_says_that_none_is_promoted(
    alone: Alone, place: Path
) -> None:
    home = place / "new"
    home.mkdir()
    given_away(home)
    with served(alone, home) as client:
        answer = recommended(client)
        assert (answer["model_version"], answer["degraded"]) == (alone.promoted, ["model"])
        assert len(answer["items"]) == 5
        event = {"event_id": "e-1", "user_id": "u0", "item_id": answer["items"][0]["item_id"], "event_type": "view"}
        assert client.post("/events", json={"events": [event]}).json()["added"] == 1
