"""`zhiyin experiments`: started, listed and ended."""

import json

import pytest

from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

ARMS = ("--arm", "usual=0.5", "--arm", "diverse=0.5,diversity=0.3")
WHY = ("--reason", "多样", "--by", "ann")


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def listed() -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(zhiyin("experiments", "list", "--json").stdout)
    return found


def test_an_experiment_is_started_listed_and_ended_once() -> None:
    assert zhiyin("experiments", "start", "e1", *ARMS, *WHY).stdout.startswith("started e1")
    [one] = listed()
    assert (one["experiment_id"], one["started_by"], one["reason"], one["ended_at"]) == ("e1", "ann", "多样", None)
    assert "usual 50%; diverse 50%" in zhiyin("experiments", "list").stdout
    assert zhiyin("experiments", "end", "e1", *WHY).exit_code == 0
    assert listed()[0]["ended_by"] == "ann"
    assert zhiyin("experiments", "end", "e1", *WHY).exit_code == 1
    assert zhiyin("experiments", "start", "e1", *ARMS, *WHY).exit_code == 1, "a name is used once"


@pytest.mark.parametrize(
    "arms",
    [("usual=1",), ("usual=0.5", "diverse=0.9"), ("usual=0.5", "usual=0.5"), ("usual=x", "b=0.5"),
     ("usual=0.5", "b=0.5,dance=1")],
)  # fmt: skip
def test_arms_that_make_no_sense_are_said_in_one_line(arms: tuple[str, ...]) -> None:
    options = [part for arm in arms for part in ("--arm", arm)]
    done = zhiyin("experiments", "start", "e1", *options, *WHY)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert listed() == []
