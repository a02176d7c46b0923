"""`zhiyin canary`: a trial started, shown and ended; what makes no sense is said in one line."""

import json
from datetime import UTC, datetime

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Canary
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def running(share: float = 0.05) -> None:
    with session_scope() as session:
        session.add(Canary(running=True, model_version="m2", incumbent="m1", share=share, shadow=True, reason="试",
                           started_by="ann", started_at=NOW))  # fmt: skip


def test_what_was_tried_is_listed_and_ended() -> None:
    assert json.loads(zhiyin("canary", "--json").stdout) == []
    running()
    [one] = json.loads(zhiyin("canary", "--json").stdout)
    assert (one["model_version"], one["beside"], one["share"], one["reason"]) == ("m2", "m1", 0.05, "试")
    shown = zhiyin("canary").stdout
    assert "5.0% shadow" in shown
    assert "runs" in shown
    assert zhiyin("canary", "--end", "--reason", "enough", "--by", "bob").stdout.startswith("ended m2")
    [ended] = json.loads(zhiyin("canary", "--json").stdout)
    assert (ended["running"], ended["ended_by"], ended["end_reason"]) == (None, "bob", "enough")


@pytest.mark.parametrize(
    "arguments",
    [("--end", "--reason", "x"), ("no-such", "--reason", "x"), ("m", "--share", "2", "--reason", "x")],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: tuple[str, ...]) -> None:
    done = zhiyin("canary", *arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")


def test_a_trial_ends_only_with_a_reason() -> None:
    running()
    done = zhiyin("canary", "--end", "--by", "bob")
    assert (done.exit_code, "reason" in done.stderr) == (1, True)
