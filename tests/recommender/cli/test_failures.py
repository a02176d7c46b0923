"""No command answers a wrong home, a wrong setting, another schema or an absurd day with a traceback."""

from pathlib import Path

import pytest
from sqlalchemy import text

from recommender.db.engine import session_scope
from recommender.settings import Settings, get_settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables


def told(*arguments: str) -> str:
    done = zhiyin(*arguments)
    assert done.exit_code in (1, 2), done.output
    assert isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done.output


COMMANDS: list[tuple[str, ...]] = [
    ("status",),
    ("rejects",),
    ("keys", "list"),
    ("models",),
    ("drift", "list"),
    ("erasures",),
]


@pytest.mark.parametrize("arguments", [*COMMANDS, ("migrate",), ("serve",)])
def test_a_home_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Settings, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ZHIYIN_HOME", str(tmp_path / "file" / "home"))
    get_settings.cache_clear()
    assert "ZHIYIN_HOME" in told(*arguments)


@pytest.mark.parametrize("arguments", COMMANDS[:-1])
def test_a_database_without_tables_is_told(home: Settings, arguments: tuple[str, ...]) -> None:
    assert "zhiyin migrate" in told(*arguments)


def test_a_schema_of_a_later_release_is_told(database: Settings) -> None:
    with session_scope() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "later release (revision 9999" in told("migrate")


def test_a_database_that_cannot_be_written_is_told(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    install_tables()
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", f"sqlite:///file:{home.root / 'zhiyin.db'}?mode=ro&uri=true")
    get_settings.cache_clear()
    assert "error" in told("keys", "create", "--scope", "server")


@pytest.mark.parametrize(
    "arguments",
    [
        ("import", "demo", "--shift-days", "99999999"),
        ("import", "demo", "--shift-days", "-99999999999999999999"),
        ("drift", "check", "--until", "0001-01-01"),
        ("train", "--until", "0001-01-01"),
        ("train", "--until", "2026-01-01", "--days", "999999999"),
        ("refresh", "--as-of", "0001-01-01"),
    ],
)
def test_an_absurd_day_is_told(home: Settings, arguments: tuple[str, ...]) -> None:
    install_tables()
    told(*arguments)


def test_a_setting_of_no_sense_is_told(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_SERVICE_PORT", "many")
    get_settings.cache_clear()
    assert "ZHIYIN_SERVICE_PORT" in told("status")
