"""A home is backed up, moved and restored by one command each: it answers the same, without who was erased since."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import func, select
from typer.testing import Result

from features.backups.archive import back_up
from features.online import push_profiles, read_profile
from features.store import close_stores
from recommender.auth.keys import create_key, find_caller, revoke_key
from recommender.auth.tokens import revoke_tokens
from recommender.db.engine import alembic_config, close_engines, get_engine, migrate, session_scope
from recommender.db.tables import Erasure, Event, Model, TokenRevocation
from recommender.privacy.erasure import digest
from recommender.settings import Settings, get_settings
from recommender.store.consent import PERSONALISATION, consents_of, record_consent
from services.container import Shop
from services.schemas.events import NewEvent
from services.schemas.recommend import RecommendRequest
from tests.support.commands import zhiyin
from tests.support.profiles import some_profile
from tests.support.servers.databases import install_tables
from tests.support.shops.trained import install_shop
from tests.support.sqlite_locks import is_open

ASKED = ("u0", "u3", "nobody")


def run(*arguments: str) -> Result:
    forget()
    done = zhiyin(*arguments)
    forget()
    return done


def forget() -> None:
    close_stores()
    close_engines()
    get_settings.cache_clear()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    close_stores()


def answers() -> dict[str, object]:
    """What the home of the settings answers; a shopper's profile has just been pushed."""
    shop = Shop(get_settings())
    shop.watcher.look()
    told: dict[str, object] = {}
    for user_id in ASKED:
        answer = shop.answers.recommend(RecommendRequest(user_id=user_id), datetime.now(UTC))
        told[user_id] = (answer.model_version, answer.profile_version, [one.item_id for one in answer.items])
    return told


def buy(user_id: str) -> None:
    shop = Shop(get_settings())
    shop.watcher.look()
    event = NewEvent(event_id=f"{user_id}-buys", user_id=user_id, item_id="tea-1", event_type="purchase")
    shop.intake.take([event], datetime.now(UTC))


def move_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forget()
    monkeypatch.setenv("ZHIYIN_HOME", str(home))


def test_a_home_that_was_moved_answers_the_same(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate()
    install_shop(home)
    buy("u0")
    before = answers()
    forget()
    home.root.rename(tmp_path / "elsewhere")
    move_to(tmp_path / "elsewhere", monkeypatch)
    assert answers() == before


def test_a_restored_home_answers_the_same(backend: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_shop(backend)
    buy("u0")
    before = answers()
    done = run("backup", str(tmp_path / "backup"))
    assert done.exit_code == 0, done.output
    buy("u3")
    buy("u0")
    shutil.rmtree(backend.root)
    move_to(tmp_path / "again", monkeypatch)
    done = run("restore", str(tmp_path / "backup"))
    assert done.exit_code == 0, done.output
    after = answers()
    assert after == before
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.event_id == "u3-buys")) == 0


@pytest.mark.parametrize("backend", ["embedded", pytest.param("servers", marks=pytest.mark.slow)], indirect=True)
def test_who_was_erased_since_is_erased_again(backend: Settings, tmp_path: Path) -> None:
    install_shop(backend)
    buy("u0")
    assert run("backup", str(tmp_path / "backup")).exit_code == 0
    assert run("shopper", "erase", "u0", "--yes").exit_code == 0
    buy("came-later")
    assert run("shopper", "erase", "came-later", "--yes").exit_code == 0
    listed = run("erasures").output.split()
    assert set(listed) == {digest("u0"), digest("came-later")}
    refused = run("restore", str(tmp_path / "backup"))
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    done = run("restore", str(tmp_path / "backup"), "--replace")
    assert done.exit_code == 0, done.output
    assert "erased again: 1 of 2" in done.output
    assert read_profile("u0") is None
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.user_id == "u0")) == 0
        assert session.scalar(select(func.count()).where(Event.user_id == "u1"))
        assert {row.digest for row in session.scalars(select(Erasure)) if row.done_at} == set(listed)


def test_what_was_taken_back_since_does_not_come_back(backend: Settings, tmp_path: Path) -> None:
    install_shop(backend)
    with session_scope() as session:
        key, row = create_key(session, "server", datetime.now(UTC))
    assert run("backup", str(tmp_path / "backup")).exit_code == 0
    with session_scope() as session:
        revoke_key(session, row.key_id, datetime.now(UTC))
        revoke_tokens(session, datetime.now(UTC), user_id="u2")
        record_consent(session, "u1", PERSONALISATION, False, datetime.now(UTC))
    done = run("restore", str(tmp_path / "backup"), "--replace")
    assert done.exit_code == 0, done.output
    with session_scope() as session:
        assert find_caller(session, key, datetime.now(UTC)) is None
        assert session.scalar(select(func.count()).select_from(TokenRevocation)) == 1
        assert consents_of(session, "u1")[PERSONALISATION] is False


def test_a_home_that_was_lost_is_restored_with_a_list_of_erasures(home: Settings, tmp_path: Path) -> None:
    migrate()
    install_shop(home)
    assert run("backup", str(tmp_path / "backup")).exit_code == 0
    assert "no new folder" not in run("backup", str(tmp_path / "backup")).output
    forget()
    shutil.rmtree(home.root)
    (tmp_path / "list").write_text(digest("u5") + "\n")
    done = run("restore", str(tmp_path / "backup"), "--erasures", str(tmp_path / "list"))
    assert done.exit_code == 0, done.output
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.user_id == "u5")) == 0


def test_what_cannot_be_backed_up_or_restored_is_told_in_one_line(home: Settings, tmp_path: Path) -> None:
    def refused(*arguments: str) -> str:
        done = run(*arguments)
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        return done.output

    assert "migrate" in refused("backup", str(tmp_path / "backup"))
    migrate()
    assert "lies in what is backed up" in refused("backup", str(home.root / "backup"))
    assert run("backup", str(tmp_path / "backup")).exit_code == 0
    assert "name a new folder" in refused("backup", str(tmp_path / "backup"))
    assert "no backup" in refused("restore", str(tmp_path))
    (tmp_path / "list").write_text("u5\n")
    assert "list:1" in refused("restore", str(tmp_path / "backup"), "--erasures", str(tmp_path / "list"))
    (tmp_path / "backup" / "database.sqlite").write_bytes(b"")
    assert "database.sqlite" in refused("restore", str(tmp_path / "backup"), "--replace")


def test_models_of_an_earlier_release_lie_below_home_from_now_on(database: Settings) -> None:
    with session_scope() as session:
        row = Model(model_version="m", status="promoted", reason="", created_at=datetime.now(UTC), manifest={})
        row.path = "/an/old/home/models/m"
        session.add(row)
    command.downgrade(alembic_config(), "0007")
    migrate()
    with session_scope(get_engine()) as session:
        assert session.scalar(select(Model.path)) == "models/m"


def test_a_backup_leaves_the_locks_of_open_databases(home: Settings, tmp_path: Path) -> None:
    """Else whoever closes the file last from another process throws away what this one has still to write."""
    install_tables()
    push_profiles([some_profile("u")])
    online = home.feast_dir / "online.db"
    assert is_open(online)
    back_up(tmp_path / "backup")
    assert is_open(online)
    assert (tmp_path / "backup" / "home" / "feast" / "online.db").is_file()
