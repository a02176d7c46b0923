"""`zhiyin shops` and `zhiyin --shop ID`: shops are made, listed, entered and removed."""

from pathlib import Path

import orjson
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from recommender.db.engine import get_engine, schema_problem
from recommender.settings import Settings, get_settings, settings_of
from recommender.shops import OWN_SETTINGS, list_shops
from services.operations.presence import RUN, hold
from tests.support.commands import zhiyin


def test_a_shop_is_made_with_all_tables_listed_and_removed(backend: Settings) -> None:
    made = zhiyin("shops", "add", "tea-house")
    assert made.exit_code == 0, made.output
    assert "next: zhiyin --shop tea-house loop FOLDER" in made.output
    shop = settings_of(get_settings(), "tea-house")
    assert schema_problem(get_engine(shop.sqlalchemy_url)) is None
    assert ((shop.root / OWN_SETTINGS).stat().st_mode & 0o777, shop.root.stat().st_mode & 0o777) == (0o600, 0o700)

    [row] = orjson.loads(zhiyin("shops", "list", "--json").stdout)
    assert (row["shop"], row["model_in_service"], row["state"]) == ("tea-house", "-", "not served")
    assert row["home"] == str(shop.root)
    assert "tea-house" in zhiyin("shops", "list").stdout

    assert zhiyin("--shop", "tea-house", "status").exit_code == 0
    assert get_settings().shop_id == ""
    gone = zhiyin("shops", "remove", "tea-house", "--yes")
    assert gone.exit_code == 0, gone.output
    assert not shop.root.exists()
    assert list_shops(backend.root) == []
    if backend.database_url:
        server = create_engine(shop.sqlalchemy_url.replace("postgresql://", "postgresql+psycopg://"))
        with pytest.raises(OperationalError, match="does not exist"), server.connect():
            pass


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shops", "add", "Tea"), "lowercase letters"),
        (("shops", "add", "b"), "is there already"),
        (("shops", "remove", "c", "--yes"), "no shop 'c'"),
        (("--shop", "c", "status"), "no shop 'c'"),
        (("--shop", "../b", "status"), "lowercase letters"),
        (("--shop", "b", "shops", "list"), "leave --shop"),
        (("--shop", "b", "shops", "add", "c"), "leave --shop"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_line(home: Settings, arguments: tuple[str, ...], said: str) -> None:
    assert zhiyin("shops", "add", "b").exit_code == 0
    refused = zhiyin(*arguments)
    assert refused.exit_code == 1
    assert refused.output.startswith("error: ")
    assert said in refused.output
    assert refused.output.count("\n") == 1


def test_commands_of_a_shop_name_the_next_one_for_it(home: Settings) -> None:
    zhiyin("shops", "add", "b")
    assert "next: zhiyin --shop b import csv FOLDER" in zhiyin("--shop", "b", "status").output


def test_a_shop_that_is_served_is_not_removed(home: Settings) -> None:
    zhiyin("shops", "add", "b")
    folder = home.root / "shops" / "b"
    descriptor = hold(folder / RUN / "3001")
    refused = zhiyin("shops", "remove", "b", "--yes")
    assert (refused.exit_code, "served at port 3001: stop it first" in refused.output) == (1, True)
    assert descriptor
    assert folder.is_dir()


def test_a_shop_that_could_not_be_made_leaves_nothing(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/zhiyin")
    get_settings.cache_clear()
    refused = zhiyin("shops", "add", "b")
    assert (refused.exit_code, "the database can't be used" in refused.output) == (1, True)
    assert list_shops(home.root) == []
    assert not (home.root / "shops" / "b").exists()


@pytest.mark.postgres
def test_a_database_that_may_not_be_made_can_be_made_by_the_administrator(
    home: Settings, migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = get_engine(migrated_postgres_url).connect().execution_options(isolation_level="AUTOCOMMIT")
    name = str(admin.engine.url.database)
    with admin as connection:
        connection.execute(text("CREATE ROLE modest LOGIN"))
        connection.execute(text("GRANT ALL ON SCHEMA public TO modest"))
        monkeypatch.setenv("ZHIYIN_DATABASE_URL", migrated_postgres_url.replace("postgres@", "modest@"))
        get_settings.cache_clear()
        refused = zhiyin("shops", "add", "b")
        assert refused.exit_code == 1
        assert f"the database {name}__b can't be made" in refused.output
        connection.execute(text(f'CREATE DATABASE "{name}__b" OWNER modest'))
        assert zhiyin("shops", "add", "b").exit_code == 0
        again = zhiyin("shops", "add", "b")
        assert "is there already" in again.output
        get_engine().dispose()
        connection.execute(text("REVOKE ALL ON SCHEMA public FROM modest"))


@pytest.mark.postgres
def test_a_database_that_holds_something_is_not_taken(
    home: Settings, migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ZHIYIN_DATABASE_URL", migrated_postgres_url)
    get_settings.cache_clear()
    zhiyin("shops", "add", "b")
    (home.root / "shops" / "b").rename(tmp_path / "lost")
    refused = zhiyin("shops", "add", "b")
    assert (refused.exit_code, "has tables already" in refused.output) == (1, True)
