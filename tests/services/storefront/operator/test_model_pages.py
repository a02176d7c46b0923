"""The models' page and its JSON show what manifests name, and what the gate said."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from recommender.db.engine import session_scope
from recommender.db.tables import Audit, Model
from services.container import Shop
from services.core.metrics import exposition
from services.schemas.recommend import RecommendRequest
from services.storefront.pages import Site
from services.storefront.routes import _count_erased, make_site
from tests.support.shops.shop import SHOP_UNTIL
from tests.support.shops.trained import add_model


def test_the_page_shows_measures_baselines_groups_and_the_reason(embedded_shop: Shop) -> None:
    manifest: dict[str, Any] = {
        "metrics": {"NDCG@20": 0.3125, "Diversity@20": 0.5},
        "baselines": {"score fusion <plain>": {"NDCG@20": 0.2875}},
        "segments": {"sparse shoppers": {"shoppers": 42.0, "NDCG@20": 0.1875}},
        "test_interval": "2026-04-17 to 2026-05-01",
    }
    reason = "above the best of them <score fusion> by 0.0250"
    with session_scope() as session:
        session.execute(update(Model).values(manifest=manifest, reason=reason))
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    client = TestClient(site)
    page = client.get("/models")
    assert page.status_code == 200
    for words in ("0.3125", "0.2875", "0.1875", "Diversity@20", ">42<", "score fusion &lt;plain&gt;",
                  "above the best of them &lt;score fusion&gt;", "measured on 2026-04-17"):  # fmt: skip
        assert words in page.text
    [model] = client.get("/models.json").json()
    assert model["systems"] == {"zhiyin": manifest["metrics"], **manifest["baselines"]}
    assert (model["segments"], model["reason"], model["status"]) == (manifest["segments"], reason, "promoted")


def test_metrics_count_erased_shoppers_in_the_model_in_service(
    embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)  # Feast may have set it after the meters were made
    for erased in (2, 0):
        with session_scope() as session:
            session.execute(update(Model).values(erased_shoppers=erased))
        _count_erased(Site(embedded_shop, dict))
        assert f"zhiyin_erased_shoppers_learned {erased}.0" in exposition().decode()


def test_buttons_put_a_candidate_in_service_and_the_former_model_back(embedded_shop: Shop) -> None:
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    client = TestClient(site, follow_redirects=False)
    assert "Take it out" not in client.get("/models").text  # there is no way back from the only model
    with session_scope() as session:
        present = session.scalars(select(Model)).one()
        values = {"path": present.path, "manifest": present.manifest, "created_at": SHOP_UNTIL, "reason": "passed"}
        session.add(Model(model_version="shop-2", status="candidate", **values))
    assert "Put in service" in client.get("/models").text
    assert press(client, action="promote", model_version="shop-2") == "/models"
    page = client.get("/models").text
    assert "shop-2: promoted" in page
    assert "Take it out: shop-1 is back in service" in page
    assert press(client, action="rollback", model_version="shop-2") == "/models"
    assert "shop-1: promoted" in client.get("/models").text
    assert "rolled back by " in client.get("/models").text

    again = press(client, action="rollback", model_version="shop-2")
    assert "shop-2 is not in service any more" in client.get(again).text
    assert "was rejected" in client.get(press(client, action="promote", model_version="shop-2")).text
    assert "is unknown" in client.get(press(client, action="promote", model_version="<none>")).text
    assert "give promote, rollback, canary or end" in client.get(press(client, action="burn")).text
    with session_scope() as session:
        assert [row.action for row in session.scalars(select(Audit).order_by(Audit.id))] == ["promote", "rollback"]


def press(client: TestClient, **form: str) -> str:
    answer = client.post("/models", data=form)
    assert answer.status_code == 303
    return answer.headers["location"]


def test_buttons_try_a_model_and_end_the_trial_in_both_languages(embedded_shop: Shop) -> None:
    add_model(embedded_shop.settings, "shop-2")
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    client = TestClient(site, follow_redirects=False)
    assert "No model is on trial." in client.get("/models").text
    refused = press(client, action="canary", model_version="shop-2", share="many", reason="to see")
    assert "share: &#39;many&#39; is no number" in client.get(refused).text
    assert "reason: say why" in client.get(press(client, action="canary", model_version="shop-2", share="0.1")).text
    assert press(client, action="canary", model_version="shop-2", share="0.25", reason="a &lt; b") == "/models"
    again = press(client, action="canary", model_version="shop-2", share="0.25", reason="me too")
    assert "shop-2 is running; end it first" in client.get(again).text
    embedded_shop.watcher.look()
    now = datetime.now(UTC)
    for user in range(20):
        embedded_shop.answers.recommend_json(RecommendRequest(user_id=f"u{user}"), now)
    embedded_shop.watcher.look()
    page = client.get("/models").text
    assert "shop-2 answers 25.0% of the shoppers beside shop-1" in page
    assert "a &amp;lt; b" in page
    assert "End the trial" in page
    assert "<td>0 (0.0%)</td>" in page
    assert "结束试用" in client.get("/models?lang=zh").text
    assert press(client, action="end", model_version="shop-2", reason="seen", lang="zh") == "/models?lang=zh"
    assert "shop-2 is not running" in client.get(press(client, action="end", model_version="shop-2", reason="x")).text
    with session_scope() as session:
        rows = session.scalars(select(Audit).order_by(Audit.id)).all()
    assert [row.action for row in rows] == ["canary_start", "canary_end"]
    assert all(row.actor for row in rows)
