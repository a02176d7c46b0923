"""What all commands print alike."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from recommender.cli.output import print_json, print_table, say_next


@dataclass
class Row:
    name: str
    time: datetime


def test_json_holds_dataclasses_times_and_all_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Row("茶", datetime(2026, 6, 1, tzinfo=UTC)), {"none": None}])
    said = capsys.readouterr()
    assert json.loads(said.out) == [{"name": "茶", "time": "2026-06-01T00:00:00+00:00"}, {"none": None}]
    assert said.err == ""


def test_a_table_groups_thousands_and_shows_brackets_as_they_are(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table("name count share", [("[bold]茶[/bold]", 12_345, 0.5), (None, -7, "x")])
    lines = capsys.readouterr().out.splitlines()
    assert any(line.split() == ["name", "count", "share"] for line in lines)
    assert any(line.split() == ["[bold]茶[/bold]", "12,345", "0.5"] for line in lines)
    assert any(line.split() == ["None", "-7", "x"] for line in lines)


def test_an_empty_table_names_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("name", [])
    assert "name" in capsys.readouterr().out


def test_what_comes_next_is_not_among_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    say_next("zhiyin run", "zhiyin serve")
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "next: zhiyin run, then zhiyin serve\n")
