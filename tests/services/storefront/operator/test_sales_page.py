"""What answers led to, as people and programs read it."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from monitoring.sales.report import make_report
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Recommendation
from recommender.experiments.arms import Arm
from recommender.experiments.store import start_experiment
from services.container import Shop
from services.storefront.pages import Site
from services.storefront.routes import make_site
from tests.support.shops.shop import SHOP_UNTIL

START = SHOP_UNTIL


@pytest.fixture
def client(embedded_shop: Shop) -> TestClient:
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    return TestClient(site)


@pytest.fixture
def answered(client: TestClient) -> None:
    """Forty shoppers in two arms, half of whom click."""
    with session_scope() as session:
        start_experiment(session, "a <test>", (Arm("plain", 0.5), Arm("diverse", 0.5)), "Ann", "to see", START)
        for number in range(40):
            row: dict[str, Any] = {
                "scenario": "home",
                "model_version": "m1",
                "time": START,
                "experiment_id": "a <test>",
            }
            arm, shown = "plain" if number % 2 else "diverse", [{"item_id": "tea-1", "score": 1.0}]
            session.add(
                Recommendation(recommendation_id=f"r{number}", user_id=f"u{number}", items=shown, arm=arm, **row)
            )
            if number < 20:
                seen = {"event_type": "view", "item_id": "tea-1", "time": START + timedelta(hours=1)}
                session.add(Event(event_id=f"v{number}", user_id=f"u{number}", **seen))


def test_before_anything_is_counted_the_page_says_what_to_do(client: TestClient) -> None:
    assert "zhiyin report" in client.get("/operations/sales").text
    answer = client.get("/operations/sales.json")
    assert answer.status_code == 404
    assert "zhiyin report" in answer.json()["error"]["remedy"]


@pytest.mark.usefixtures("answered")
def test_the_page_shows_figures_with_intervals_and_how_experiments_do(client: TestClient) -> None:
    content = make_report(START - timedelta(days=1), START + timedelta(days=2), days=7)
    page = client.get("/operations/sales").text
    low, high = (100 * content["totals"]["clicked"][name] for name in ("low", "high"))
    assert f"50.00% <small>[{low:.2f}, {high:.2f}]</small>" in page
    for words in ("40 answers for 40 shoppers", "a &lt;test&gt;", "too early to say", "By position"):
        assert words in page
    assert "为时过早" in client.get("/operations/sales?lang=zh").text
    assert client.get("/operations/sales.json").json()["totals"] == content["totals"]
    rows = list(csv.DictReader(io.StringIO(client.get("/operations/sales.csv").text)))
    assert {row["table"] for row in rows} == {"arm", "model", "scenario", "source", "position", "week"}
    assert [float(row["clicked_value"]) for row in rows if row["table"] == "model"] == [0.5]
