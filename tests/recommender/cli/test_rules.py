"""`zhiyin rules`: added, listed and removed."""

import json

import pytest

from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

WHY = ("--reason", "春节", "--by", "ann")


@pytest.fixture(autouse=True)
def _tables(home: Settings) -> None:
    install_tables()


def listed(*options: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(zhiyin("rules", "list", "--json", *options).stdout)
    return found


def test_a_rule_is_added_holds_in_its_time_and_is_removed_with_its_history() -> None:
    added = zhiyin("rules", "add", "boost", "--category", "茶", "--strength", "3", "--ends", "2020-01-01", *WHY)
    assert added.exit_code == 0
    rule_id = added.stdout.strip()
    [rule] = listed()
    assert (rule["rule_id"], rule["target"], rule["name"], rule["strength"]) == (rule_id, "category", "茶", 3.0)
    assert rule["holds"] is False
    assert rule["ends_at"] == "2020-01-01T00:00:00+00:00"
    assert "x 3" in zhiyin("rules", "list").stdout
    assert zhiyin("rules", "remove", rule_id, *WHY).exit_code == 0
    assert listed() == []
    assert [(one["change"], one["changed_by"], one["reason"]) for one in listed("--history")] in (
        [("added", "ann", "春节"), ("removed", "ann", "春节")],
        [("removed", "ann", "春节"), ("added", "ann", "春节")],
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("add", "boost", *WHY), "give one of --item, --category, --brand"),
        (("add", "boost", "--item", "a", "--brand", "b", *WHY), "give one of --item, --category, --brand"),
        (("add", "dance", "--item", "a", *WHY), "action"),
        (("add", "pin", "--item", "a", "--position", "0", *WHY), "position"),
        (("add", "boost", "--item", "a", "--reason", " ", "--by", "ann"), "reason: say why"),
        (("remove", "no-such", *WHY), "there is none; `rules list` shows them"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line_and_changes_nothing(arguments: tuple[str, ...], message: str) -> None:
    done = zhiyin("rules", *arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert listed() == []
