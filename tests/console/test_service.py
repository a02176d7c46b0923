"""The service as a child process, and the key with which it is asked."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from console.processes import Processes, ProcessFailed, find_free_port
from console.service import KEY_LASTS, open_client, start_service
from recommender.auth.keys import find_caller
from recommender.db.engine import session_scope
from recommender.db.tables import ApiKey
from recommender.settings import Settings
from tests.support.servers.databases import install_tables


def test_without_keys_the_service_is_asked_without_one(home: Settings) -> None:
    with open_client(home.model_copy(update={"auth": "off"}), 1234) as client:
        assert "Authorization" not in client.headers
        assert str(client.base_url).endswith(":1234")


def test_a_key_holds_as_long_as_the_service_is_asked(home: Settings) -> None:
    install_tables()
    now = datetime.now(UTC)
    with open_client(home.model_copy(update={"auth": "required"}), 1234) as client:
        key = client.headers["Authorization"].removeprefix("Bearer ")
        with session_scope() as session:
            caller = find_caller(session, key, now)
            assert caller is not None
            assert caller.scope == "server"
            assert find_caller(session, key, now + 2 * KEY_LASTS) is None
    with session_scope() as session:
        assert find_caller(session, key, datetime.now(UTC)) is None
        assert session.scalars(select(ApiKey)).one().revoked_at is not None


def test_a_service_that_ends_at_once_is_told_with_its_log(home: Settings, tmp_path: Path) -> None:
    with Processes(tmp_path / "logs") as processes, pytest.raises(ProcessFailed, match="No such option"):
        start_service(processes, home, find_free_port(), "--no-such-option")
