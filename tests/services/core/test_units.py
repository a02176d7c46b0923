"""Small pieces: start-up's configuration, schemas, the shape of refusals."""

from typing import get_args

import pytest

from recommender.db.tables import STORED_TYPES
from recommender.settings import Settings
from services.core.circuit_breaker import Away, Breaker
from services.core.errors import field_name
from services.operations.serve import bentoml_config, environment
from services.schemas.events import EventType
from tests.support.commands import zhiyin


def test_event_types_are_the_table_s() -> None:
    assert get_args(EventType) == (*STORED_TYPES, "refund")


def test_fields_are_named_as_people_write_them() -> None:
    assert field_name(("events", 0, "item_id")) == "events[0].item_id"
    assert field_name(()) == "body"


def test_the_service_keeps_to_its_home(home: Settings) -> None:
    settings = Settings(database_url="postgresql://shop@db/zhiyin")
    given = environment(settings, workers=2)
    assert given["BENTOML_HOME"].startswith(str(home.root))
    assert given["ZHIYIN_HOME"] == str(home.root)
    assert given["ZHIYIN_DATABASE_URL"] == "postgresql://shop@db/zhiyin"
    assert given["BENTOML_DO_NOT_TRACK"] == "True"
    services = bentoml_config(2)["services"]
    assert isinstance(services, dict)
    assert services["workers"] == 2
    assert services["monitoring"] == {"enabled": False}  # by default it writes into the folder it is started from


def test_a_bad_port_is_told() -> None:
    result = zhiyin("serve", "--port", "99999")
    assert result.exit_code == 2
    assert "--port" in result.output


def test_a_part_that_failed_is_left_alone_for_a_moment() -> None:
    breaker, calls = Breaker("part", (OSError,), pause_seconds=60), []

    def call() -> None:
        with breaker.guard():
            calls.append(1)
            raise OSError

    for _ in range(3):
        with pytest.raises(Away, match="part"):
            call()
    assert len(calls) == 1
