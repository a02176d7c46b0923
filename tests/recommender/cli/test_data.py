"""The commands, as a user types them."""

from pathlib import Path

import pytest

from recommender.settings import Settings, get_settings
from tests.support.commands import zhiyin as run
from tests.support.shops.files import EVENTS, ITEMS, write


def test_from_nothing_to_a_shop(home: Settings, tmp_path: Path) -> None:
    bad = EVENTS + "e3,ann,gone,view,,2026-01-01\n"
    folder = write(tmp_path / "shop", items__csv=ITEMS, interactions__csv=bad)
    assert "up to date" in run("migrate").output
    first = run("import", "csv", folder)
    assert first.exit_code == 0
    assert "user_id -> user_id" in first.output
    assert "4 added, 0 updated, 0 unchanged, 1 rejected" in first.output
    second = run("import", "csv", folder)
    assert "0 added" in second.output
    assert "not read again" in second.output
    listed = run("rejects").output
    assert "interactions.csv:4: item_id: no such item" in listed
    assert '"item_id":"gone"' in listed
    assert "1 rejected" in run("rejects", "--counts", "--field", "item_id").output
    assert "0 rejected" in run("rejects", "--file", "users").output
    status = run("status").output
    assert "events from 2026-01-01 10:00 to 2026-01-02 00:00 UTC" in status
    assert "forgotten: 1" in run("rejects", "--clear").output
    assert "0 rejected" in run("rejects").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["import", "csv", "/no/such/folder"], "there is no folder /no/such/folder"),
        (["import", "csv", "{empty}"], "put the shop's files there"),
        (["import", "csv", "{shop}", "--map", "title"], "--map 'title' is not OURS=THEIRS"),
        (["import", "csv", "{shop}", "--map", "title=label"], "no file has such a column"),
        (["import", "csv", "{shop}", "--type", "dance=x"], "--type 'dance=x' is not OURS=THEIRS"),
        (["import", "csv", "{shop}", "--default-type", "dance"], "--default-type 'dance' is none of view"),
        (["import", "amazon-reviews", "{shop}/a.jsonl", "{shop}/b.jsonl"], "is not a .jsonl or .jsonl.gz file"),
    ],
)
def test_mistakes_are_said_in_one_line(home: Settings, tmp_path: Path, arguments: list[str], message: str) -> None:
    run("migrate")
    places = {"shop": write(tmp_path / "shop", items__csv=ITEMS), "empty": write(tmp_path / "empty")}
    result = run(*(argument.format(**places) for argument in arguments))
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.strip().startswith("error:")
    assert "Traceback" not in result.output


@pytest.mark.parametrize("arguments", [["status"], ["rejects"], ["import", "demo"], ["import", "csv", "{shop}"]])
def test_a_database_without_tables_is_named(database_url: None, tmp_path: Path, arguments: list[str]) -> None:
    shop = write(tmp_path / "shop", items__csv=ITEMS)
    result = run(*(argument.format(shop=shop) for argument in arguments))
    assert result.exit_code == 1
    assert "zhiyin migrate" in result.stderr


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without tables."""
    if request.param == "postgres":
        monkeypatch.setenv("ZHIYIN_DATABASE_URL", request.getfixturevalue("postgres_url"))
        get_settings.cache_clear()


@pytest.mark.parametrize("url", ["nonsense", "postgresql://nobody@127.0.0.1:1/none"])
def test_a_database_that_cannot_be_reached_is_named(home: Settings, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", url)
    get_settings.cache_clear()
    result = run("migrate")
    assert result.exit_code == 1
    assert "ZHIYIN_DATABASE_URL" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["import", "demo", "--until", "soon"],
        ["import", "demo", "--shift-days", "x"],
        ["rejects", "--limit", "0"],
    ],
)
def test_options_of_the_wrong_form_are_refused(home: Settings, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert arguments[-2] in result.stderr
