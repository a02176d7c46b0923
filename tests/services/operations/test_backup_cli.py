"""`backup`, `restore` and `erasures`: what they refuse, and that a refusal touches nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from recommender.db.engine import session_scope
from recommender.privacy.erasure import digest, request_erasure
from recommender.settings import Settings
from services.operations.commands import app
from services.operations.presence import RUN, hold
from tests.support.servers.databases import install_tables


@pytest.fixture(autouse=True)
def tables(home: Settings) -> None:
    install_tables()


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_what_is_no_backup_is_refused_before_anything_is_touched(home: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    before = (home.root / "zhiyin.db").read_bytes()
    for source in ("empty", "none"):
        done = run("restore", tmp_path / source, "--replace")
        assert done.exit_code == 1, done.output
        assert "error:" in done.output
    assert (home.root / "zhiyin.db").read_bytes() == before


def test_a_folder_that_is_there_is_no_place_for_a_backup(tmp_path: Path) -> None:
    assert run("backup", tmp_path / "b").exit_code == 0
    again = run("backup", tmp_path / "b")
    assert (again.exit_code, "error:" in again.output) == (1, True)


def test_a_service_that_runs_is_to_be_stopped_first(home: Settings, tmp_path: Path) -> None:
    held = hold(home.root / RUN / "3000")
    done = run("restore", tmp_path)
    os.close(held)
    assert done.exit_code == 1
    assert "the service runs at port 3000" in done.output


def test_the_list_of_erasures_has_a_digest_each_and_no_id() -> None:
    assert run("erasures").output == ""
    with session_scope() as session:
        request_erasure(session, "u1", datetime.now(UTC), "test")
    done = run("erasures")
    assert done.exit_code == 0, done.output
    assert done.output.split() == [digest("u1")]
