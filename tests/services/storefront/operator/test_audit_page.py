"""The audit log as a page: the latest first, by action, page by page, and nothing of what rows hold becomes markup."""

from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from recommender.db.engine import get_engine, session_scope
from recommender.privacy.audit import note
from recommender.settings import Settings
from services.storefront.operator import audit_page
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
    older = client.get(first.split('<a href="')[-1].split('"')[0].replace("&amp;", "&")).text
    assert "mute-1<" in older
    assert f"mute-{ROWS}<" not in older


def test_one_action_alone_can_be_looked_at(client: TestClient) -> None:
    fill(1, "mute")
    fill(1, "erase")
    page = client.get(f"{PATH}?action=erase").text
    assert "erase-0<" in page
    assert "mute-0<" not in page
    assert "mute-0<" in client.get(PATH).text


@pytest.mark.parametrize("before", ["", "x", "-1", "٣", "9" * 30, "1.0", "2026-05-01T00:00:00Z~data~x"])
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


def test_machines_read_the_same_page_by_page(client: TestClient) -> None:
    fill(ROWS + 2, "mute")
    first = client.get(f"{PATH}.json?kind=shoppers").json()
    assert (len(first["entries"]), first["entries"][0]["what"]) == (ROWS, f"mute-{ROWS + 1}")
    second = client.get(f"{PATH}.json", params={"kind": "shoppers", "before": first["next"]}).json()
    assert [one["what"] for one in second["entries"]] == ["mute-1", "mute-0"]
    assert second["next"] is None
    assert client.get(f"{PATH}.json?kind=drift").json() == {"entries": [], "next": None}


def test_the_csv_holds_all_and_nothing_that_a_spreadsheet_computes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(2, "=1+1")
    rows = client.get(f"{PATH}.csv").text.splitlines()
    assert rows[0] == "time,kind,action,by,what,reason,details"
    assert rows[1].startswith("2026-05-01T00:00:00+00:00,shoppers,'=1+1,somebody,'=1+1-1,,")
    monkeypatch.setattr(audit_page, "ROWS_OF_CSV", 1)
    cut = client.get(f"{PATH}.csv")
    assert len(cut.text.splitlines()) == 2
    following = client.get(cut.headers["Link"].partition(">")[0].removeprefix("<"))
    assert "=1+1-0" in following.text
    assert "Link" not in following.headers
