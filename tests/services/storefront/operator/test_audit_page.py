"""The audit log as a page: the latest first, by action, page by page, and nothing of what rows hold becomes markup."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.db.engine import get_engine, session_scope
from recommender.privacy.audit import note
from recommender.settings import Settings
from services.storefront.operator.audit_page import PATH, ROWS
from services.storefront.pages import Site
from services.storefront.routes import make_site
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def client(home: Settings) -> TestClient:
    install_tables()
    site = make_site()
    shop: Any = type("Parts", (), {"engine": get_engine(home.sqlalchemy_url)})()
    site.state.site = Site(shop, dict)
    return TestClient(site)


def fill(count: int, action: str, **details: Any) -> None:
    with session_scope() as session:
        for number in range(count):
            note(session, NOW, "somebody", action, f"{action}-{number}", details)


def test_the_latest_rows_come_first_and_older_ones_on_the_next_page(client: TestClient) -> None:
    fill(ROWS + 2, "mute")
    first = client.get(PATH).text
    assert f"mute-{ROWS + 1}<" in first
    assert "mute-1<" not in first
    older = client.get(f"{PATH}?before=3").text
    assert "mute-1<" in older
    assert f"mute-{ROWS}<" not in older


def test_one_action_alone_can_be_looked_at(client: TestClient) -> None:
    fill(1, "mute")
    fill(1, "erase")
    page = client.get(f"{PATH}?action=erase").text
    assert "erase-0<" in page
    assert "mute-0<" not in page
    assert "mute-0<" in client.get(PATH).text


@pytest.mark.parametrize("before", ["", "x", "-1", "٣", "9" * 30, "1.0"])
def test_a_place_that_is_none_is_as_if_not_given(client: TestClient, before: str) -> None:
    fill(1, "mute")
    answer = client.get(PATH, params={"before": before})
    assert answer.status_code == 200
    assert "mute-0<" in answer.text


def test_what_a_row_says_is_text_and_the_page_speaks_chinese(client: TestClient) -> None:
    fill(1, "mute", key="<script>alert(1)</script>")
    page = client.get(f"{PATH}?lang=zh").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert 'lang="zh' in page


def test_without_tables_the_page_says_that_the_database_is_away(home: Settings) -> None:
    site = make_site()
    shop: Any = type("Parts", (), {"engine": get_engine(home.sqlalchemy_url)})()
    site.state.site = Site(shop, dict)
    assert TestClient(site).get(PATH).status_code == 503
