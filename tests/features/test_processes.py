"""Several processes at one SQLite store: readers and writers at once, and the plain `feast` command beside ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from features.online import push_profiles, read_profile
from features.store import close_stores, get_store
from recommender.settings import PROJECT_ROOT, Settings
from tests.support.online_worker import SHOPPERS, read
from tests.support.profiles import assert_same, some_profile

FEAST = str(Path(sys.executable).parent / "feast")


def start_writer(seconds: float) -> subprocess.Popen[str]:
    """A process that is ready to push; it begins when it is sent a line."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.online_worker", "write", str(seconds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT)


def let_go(*workers: subprocess.Popen[str]) -> None:
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()


@pytest.mark.slow
def test_writers_and_a_reader_do_not_disturb_each_other(home: Settings) -> None:
    writers = [start_writer(4), start_writer(4)]
    let_go(*writers)
    reads = 0
    while any(writer.poll() is None for writer in writers):
        read(reads := reads + 1)
    reports = [json.loads(writer.communicate()[0].splitlines()[-1]) for writer in writers]
    assert [report["errors"] for report in reports] == [[], []]
    assert min(reads, *(report["done"] for report in reports)) > 3
    assert read_profile(SHOPPERS[0]) is not None


def test_a_writer_killed_halfway_leaves_a_whole_store(home: Settings) -> None:
    push_profiles([some_profile("u")])
    worker = start_writer(60)
    let_go(worker)
    while read_profile(SHOPPERS[0]) is None:
        assert worker.poll() is None
    worker.kill()
    worker.wait(10)
    profile = read_profile(SHOPPERS[0])
    assert profile is not None
    assert len(profile.history) == 1 + profile.version % 40
    later = some_profile("u", version=2, seed=3)
    assert push_profiles([later]) == 1
    assert_same(read_profile("u"), later)


@pytest.mark.slow
def test_the_plain_feast_command_agrees_with_ours(home: Settings) -> None:
    push_profiles([some_profile("u")])
    close_stores()
    environment = os.environ | {"ZHIYIN_HOME": str(home.root), "PYTHONWARNINGS": "ignore"}
    command = [FEAST, "-c", str(PROJECT_ROOT / "feature_repo"), "plan"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, cwd=home.root)
    assert ran.returncode == 0, ran.stderr
    for change in ("Created", "Updated", "Deleted"):
        assert f"{change} feature view" not in ran.stdout
    assert_same(read_profile("u"), some_profile("u"))
    assert len(get_store().list_feature_views()) == 4
