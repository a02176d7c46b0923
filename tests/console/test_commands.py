"""`zhiyin` as it is called: quick help, the next command, JSON for programs, and a shop's whole loop."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from console.commands import COMMANDS
from recommender.settings import PROJECT_ROOT, Settings
from tests.support.commands import ZHIYIN, zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.files import EVENTS, ITEMS, write
from tests.support.shops.shop_files import changed_shoppers, write_shop

HEAVY = ("torch", "feast", "bentoml", "evidently", "airflow", "pandas", "polars", "sqlalchemy")
LISTS = [
    ("status",),
    ("rejects",),
    ("rejects", "--counts"),
    ("models",),
    ("rules", "list"),
    ("rules", "list", "--history"),
]
LISTS += [("keys", "list"), ("drift", "list")]


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    called = "from console.main import app; app(['--help'], standalone_mode=False)"
    probe = f"import sys; {called}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True, env=narrow()
    )
    assert done.stdout.splitlines()[-1] == "[]"
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert set(COMMANDS) == set(re.findall(r"^│ ([a-z]+) ", done.stdout, re.MULTILINE))


def narrow(**more: str) -> dict[str, str]:
    return {**os.environ, "COLUMNS": "80", **more}


def test_the_command_is_installed() -> None:
    done = subprocess.run([ZHIYIN, "--help"], cwd="/", capture_output=True, text=True, check=True)
    assert "Usage: zhiyin" in done.stdout
    wrong = subprocess.run([ZHIYIN, "migrat"], cwd="/", capture_output=True, text=True, check=False)
    assert (wrong.returncode, "No such command 'migrat'" in wrong.stderr) == (2, True)


def test_each_step_names_the_next(home: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", items__csv=ITEMS, interactions__csv=EVENTS)
    assert "next: zhiyin import csv FOLDER\n" in zhiyin("migrate").stderr
    assert "next: zhiyin import csv FOLDER\n" in zhiyin("status").stderr
    assert "there are none yet: zhiyin import csv FOLDER" in zhiyin("features", "build").stderr
    assert "there are no events yet: zhiyin import csv FOLDER" in " ".join(zhiyin("drift", "check").stderr.split())
    assert "next: zhiyin features build, then zhiyin run\n" in zhiyin("import", "csv", folder).stderr
    assert "next: zhiyin features build, then zhiyin run\n" in zhiyin("status").stderr
    assert "events are there, features are not: zhiyin features build" in " ".join(
        zhiyin("drift", "check").stderr.split()
    )
    refused = zhiyin("run")
    assert (refused.exit_code, "events are there, features are not" in refused.stderr) == (2, True)
    assert "`zhiyin features build` builds them" in " ".join(refused.stderr.split())
    assert "next: zhiyin run\n" in zhiyin("features", "build").stderr


@pytest.mark.parametrize("arguments", LISTS)
def test_lists_are_json_for_programs(home: Settings, arguments: tuple[str, ...]) -> None:
    install_tables()
    done = zhiyin(*arguments, "--json")
    assert done.exit_code == 0, done.output
    assert isinstance(json.loads(done.stdout), list | dict)
    assert "next: " not in done.stderr


def test_what_is_listed_is_in_the_json(home: Settings, tmp_path: Path) -> None:
    folder = write(tmp_path / "shop", items__csv=ITEMS, interactions__csv=EVENTS + "e3,ann,gone,view,,2026-01-01\n")
    zhiyin("migrate")
    zhiyin("import", "csv", folder)
    zhiyin("rules", "add", "bury", "--brand", "Lark", "--reason", "no margin", "--by", "ann")
    key = zhiyin("keys", "create", "--scope", "server", "--name", "till").stdout.strip()
    status = json.loads(zhiyin("status", "--json").stdout)
    assert status["tables"]["rejects"] == 1
    assert status["events"] == ["2026-01-01T10:00:00+00:00", "2026-01-02T00:00:00+00:00"]
    assert {one["state"] for one in status["imports"]} == {"done"}
    rejected = json.loads(zhiyin("rejects", "--json").stdout)
    assert (rejected["rejected"], rejected["rows"][0]["field"]) == (1, "item_id")
    assert json.loads(zhiyin("rejects", "--counts", "--json").stdout)["rows"][0]["rows"] == 1
    rule = json.loads(zhiyin("rules", "list", "--json").stdout)[0]
    assert (rule["action"], rule["name"], rule["holds"]) == ("bury", "Lark", True)
    assert json.loads(zhiyin("rules", "list", "--history", "--json").stdout)[0]["reason"] == "no margin"
    told = zhiyin("keys", "list", "--json").stdout
    assert (json.loads(told)[0]["name"], json.loads(told)[0]["state"], key in told) == ("till", "valid", False)


def test_a_loop_over_a_folder_without_files_is_told(home: Settings, tmp_path: Path) -> None:
    done = zhiyin("loop", tmp_path)
    assert (done.exit_code, "Traceback" in done.output) == (1, False)
    assert str(tmp_path) in done.stderr


@pytest.mark.slow
def test_a_shop_s_files_become_a_model_in_service(tmp_path: Path) -> None:
    environment = narrow(ZHIYIN_HOME=str(tmp_path / "home"), ZHIYIN_THREADS="1")
    command = [ZHIYIN, "loop", str(write_shop(tmp_path / "files"))]
    done = subprocess.run(command, env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    steps = ("tables are up to date", "features: ", "texts embedded: ", "trained: ", "gate: passed", "packaged: ")
    places = [done.stdout.index(step) for step in (*steps, "promoted: ", "profiles refreshed: ", "quality of model")]
    assert places == sorted(places)
    assert re.findall(r"^shopper (shopper-\d+): ", done.stdout, re.MULTILINE) == changed_shoppers()[:3]
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert done.stderr.splitlines()[-1] == "next: zhiyin serve"
    listed = subprocess.run(
        [ZHIYIN, "status", "--json"], env=environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(listed.stdout)["model_in_service"] in done.stdout
