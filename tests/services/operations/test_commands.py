"""`zhiyin shopper`: all that is kept of somebody as JSON, and their end, which is never by mistake."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from features import privacy
from recommender.db.engine import session_scope
from recommender.db.tables import Erasure, Event
from recommender.settings import Settings
from services.operations.commands import app
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop, shop_events


@pytest.fixture(autouse=True)
def tables(home: Settings) -> None:
    install_tables()
    fill_shop()


def events_of(user_id: str) -> int:
    with session_scope() as session:
        return session.scalar(select(func.count()).where(Event.user_id == user_id)) or 0


def test_an_export_is_json_of_every_store() -> None:
    done = CliRunner().invoke(app, ["shopper", "export", "u1"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert {"database", "offline", "online"} <= told.keys()
    assert len(told["database"]["events"]) == sum(event["user_id"] == "u1" for event in shop_events())


def test_nobody_is_erased_who_was_not_confirmed() -> None:
    before = events_of("u1")
    done = CliRunner().invoke(app, ["shopper", "erase", "u1"], input="n\n")
    assert done.exit_code == 1
    assert events_of("u1") == before > 0


def test_an_erasure_tells_what_was_removed_and_its_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(privacy, "STRAGGLERS", timedelta(seconds=0.05))  # nobody writes meanwhile
    count = events_of("u1")
    done = CliRunner().invoke(app, ["shopper", "erase", "u1"], input="y\n")
    assert done.exit_code == 0, done.output
    assert f"events: {count}" in done.output
    with session_scope() as session:
        assert f"receipt {session.scalars(select(Erasure.receipt)).one()}" in done.output
    assert events_of("u1") == 0


def test_who_is_nobody_is_said_and_noted_nowhere() -> None:
    done = CliRunner().invoke(app, ["shopper", "erase", "nobody", "--yes"])
    assert done.exit_code == 1
    assert "no store knows a shopper 'nobody'" in done.output
    with session_scope() as session:
        assert session.scalar(select(func.count()).select_from(Erasure)) == 0
