"""Several processes at one SQLite store: readers and writers at once, and the plain `feast` command beside ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

from features.online import push_profiles, read_profile
from features.store import close_stores, get_store
from recommender.settings import PROJECT_ROOT, Settings
from tests.support.online_worker import SHOPPERS
from tests.support.profiles import assert_same, some_profile

FEAST = str(Path(sys.executable).parent / "feast")


def test_writers_and_readers_do_not_disturb_each_other(home: Settings) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.online_worker"]
    workers = [
        subprocess.Popen(
            [*command, act, "4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT
        )
        for act in ("write", "write", "read")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    reports = []
    for worker in workers:  # all are ready: let them go
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        out, _ = worker.communicate(timeout=120)
        reports.append(json.loads(out.splitlines()[-1]))
    assert [report["errors"] for report in reports] == [[], [], []]
    assert all(report["done"] > 3 for report in reports)
    assert read_profile(SHOPPERS[0]) is not None


def test_a_writer_killed_halfway_leaves_a_whole_store(home: Settings) -> None:
    push_profiles([some_profile("u")])
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.online_worker", "write", "60"]
    worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT)
    assert worker.stdin is not None
    assert worker.stdout is not None
    worker.stdout.readline()
    worker.stdin.write("go\n")
    worker.stdin.flush()
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
