"""An erasure is told to whoever holds its receipt, and nobody can guess one by trying."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Erasure
from recommender.privacy.erasure import request_erasure
from recommender.settings import Settings
from services.http.rate_limit import Limiter
from services.profiles.repository import Shoppers
from services.storefront import receipts
from services.storefront.pages import Site
from services.storefront.routes import make_site
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass
class Answers:
    """The part of a shop that the page asks."""

    shoppers: Shoppers


@pytest.fixture
def shop(home: Settings) -> Any:
    install_tables()
    engine = get_engine(home.sqlalchemy_url)
    return type("Parts", (), {"engine": engine, "answers": Answers(Shoppers(engine))})()


@pytest.fixture
def client(shop: Any, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(receipts, "_limiter", Limiter(clock=lambda: 0.0))
    site = make_site()
    site.state.site = Site(shop, dict)
    return TestClient(site)


def receipt_of_an_erasure() -> str:
    with session_scope() as session:
        request_erasure(session, "u1", NOW, "test")
        session.flush()
        return str(session.scalars(select(Erasure.receipt)).one())


def test_the_holder_is_told_how_far_it_is(client: TestClient) -> None:
    receipt = receipt_of_an_erasure()
    answer = client.get(f"/erasures/{receipt}")
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["receipt"]) == ("sweeping", receipt)
    with session_scope() as session:
        row = session.scalars(select(Erasure)).one()
        row.done_at, row.removed = NOW, {"events": 3}
    done = client.get(f"/erasures/{receipt}").json()
    assert (done["state"], done["removed"]) == ("done", {"events": 3})
    assert "u1" not in answer.text


@pytest.mark.parametrize("receipt", ["0" * 32, "0" * 31, "none", "0" * 31 + "G"])
def test_what_is_no_receipt_tells_nothing(client: TestClient, receipt: str) -> None:
    answer = client.get(f"/erasures/{receipt}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (404, "receipt")


def test_who_tries_many_is_told_to_wait(client: TestClient) -> None:
    answers = [client.get("/erasures/" + "0" * 32) for _ in range(12)]
    assert {one.status_code for one in answers[:10]} == {404}
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_while_the_database_is_away_it_is_to_be_asked_again(client: TestClient, shop: Any) -> None:
    shop.answers.shoppers.database._closed_until = float("inf")
    assert client.get("/erasures/" + "0" * 32).status_code == 503
