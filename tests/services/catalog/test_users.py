"""Shoppers over HTTP: what the shop knows of them, written in bulk by its server."""

from datetime import UTC, datetime
from typing import Any

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Consent, User
from services.container import Shop
from services.schemas.privacy import ShopperRequest
from tests.services.conftest import Served

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def test_shoppers_are_written_and_each_row_is_judged(served: Served) -> None:
    rows: list[Any] = [
        {"user_id": "put-1", "attributes": {"age": "25-34"}, "city": "Delft"},
        {"user_id": "put-2", "consent": "perhaps"},
        {"attributes": {"age": "35-44"}},
        {"user_id": "put-3", "consent": False, "consent_time": "2026-04-01T00:00:00Z"},
    ]
    answer = served.send("PUT", "/users", users=rows)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["added"], told["updated"], told["unchanged"]) == (2, 0, 0)
    assert [(row["index"], row["user_id"], row["field"]) for row in told["rejected"]] == [
        (1, "put-2", "consent"),
        (2, None, "user_id"),
    ]
    with served.database() as session:
        assert session.get_one(User, "put-1").attributes == {"age": "25-34", "city": "Delft"}
        assert not session.get_one(Consent, ("put-3", "personalisation")).given
    assert served.send("PUT", "/users", users=rows).json()["unchanged"] == 2
    replaced = served.send("PUT", "/users", users=[{"user_id": "put-1", "attributes": {"age": "35-44"}}]).json()
    assert replaced["updated"] == 1
    with served.database() as session:
        assert session.get_one(User, "put-1").attributes == {"age": "35-44"}
    refused = served.send("PUT", "/users", users=[])
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "users")


def test_an_erased_shopper_does_not_come_back(shop: Shop) -> None:
    writer = shop.catalogue
    assert writer.put_users([{"user_id": "leaves", "age": "25-34"}], NOW).added == 1
    shop.privacy.erase(ShopperRequest(user_id="leaves"), NOW)
    told = writer.put_users([{"user_id": "leaves", "age": "25-34"}, {"user_id": "stays"}], NOW)
    assert (told.added, [(row.index, row.user_id, row.field) for row in told.rejected]) == (
        1,
        [(0, "leaves", "user_id")],
    )
    with session_scope() as session:
        assert session.get(User, "leaves") is None


@pytest.mark.parametrize("consent", [True, False])
def test_what_a_shopper_said_of_consent_stands_unless_a_later_word_comes(shop: Shop, consent: bool) -> None:
    with session_scope() as session:
        session.add(Consent(user_id="u1", purpose="personalisation", given=not consent, time=NOW))
    told = shop.catalogue.put_users([{"user_id": "u1", "consent": consent}], NOW)
    assert "u1" in " ".join(told.notes)
    with session_scope() as session:
        assert session.get_one(Consent, ("u1", "personalisation")).given is not consent
