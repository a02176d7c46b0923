"""At the webhooks' address: nothing is read that is not signed, and what can't be a delivery is refused by name."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from recommender.settings import Settings
from services.schemas.webhooks import WebhookResponse
from services.storefront.routes import make_site
from tests.support.webhook_payloads import SHOPIFY_ID, SHOPIFY_SECRET, SHOPIFY_SIGNATURE, SHOPIFY_TOPIC, sign

BODY = b'{"id": 1}'


@dataclass
class Recorded:
    """A shop's webhooks that note what they are given, or fail."""

    settings: Settings
    taken: list[tuple[str, str, str, Any, str]] = field(default_factory=list)
    failure: Exception | None = None

    @property
    def webhooks(self) -> "Recorded":
        return self

    def take(
        self, source: str, topic: str, delivery_id: str, payload: Any, now: datetime, host: str
    ) -> WebhookResponse:
        if self.failure is not None:
            raise self.failure
        self.taken.append((source, topic, delivery_id, payload, host))
        return WebhookResponse(topic=topic, outcome="taken")


@pytest.fixture
def shop(home: Settings) -> Recorded:
    secrets = {"shopify_secret": SecretStr(SHOPIFY_SECRET), "woocommerce_secret": None}
    return Recorded(home.model_copy(update=secrets))


@pytest.fixture
def client(shop: Recorded) -> TestClient:
    site = make_site()
    site.state.site = type("Site", (), {"shop": shop})()
    return TestClient(site)


def send(client: TestClient, body: bytes = BODY, **changes: str | None) -> tuple[int, dict[str, Any]]:
    said = {
        SHOPIFY_TOPIC: "orders/create",
        SHOPIFY_ID: "d1",
        SHOPIFY_SIGNATURE: sign(SHOPIFY_SECRET, body),
        "X-Shopify-Shop-Domain": "kettles.myshopify.com",
    }
    said |= {name.replace("_", "-"): value or "" for name, value in changes.items()}
    answer = client.post("/webhooks/shopify", content=body, headers={**said, "Content-Type": "application/json"})
    told = answer.json()
    return answer.status_code, told.get("error", told)


def test_a_signed_delivery_is_taken_with_who_sent_it(client: TestClient, shop: Recorded) -> None:
    assert send(client)[1]["outcome"] == "taken"
    assert shop.taken == [("shopify", "orders/create", "d1", {"id": 1}, "kettles.myshopify.com")]
    send(client, BODY, **{"X-Shopify-Shop-Domain": "evil.example/path?"})
    assert shop.taken[1][-1] == "", "what is no host is passed over"


@pytest.mark.parametrize(
    ("body", "changes", "status", "field_name"),
    [
        (BODY, {SHOPIFY_SIGNATURE: None}, 401, SHOPIFY_SIGNATURE),
        (BODY, {SHOPIFY_SIGNATURE: sign("another", BODY)}, 401, SHOPIFY_SIGNATURE),
        (BODY, {SHOPIFY_TOPIC: None}, 400, SHOPIFY_TOPIC),
        (BODY, {SHOPIFY_TOPIC: "x" * 65}, 400, SHOPIFY_TOPIC),
        (BODY, {SHOPIFY_ID: " "}, 400, SHOPIFY_ID),
        (b"{", {}, 400, "body"),
        (b"[1]", {}, 400, "body"),
        (b"x" * 5_000_000, {}, 413, "body"),
    ],
)
def test_what_is_no_delivery_is_refused_by_name(
    client: TestClient, shop: Recorded, body: bytes, changes: dict[str, str | None], status: int, field_name: str
) -> None:
    answered, told = send(client, body, **changes)
    assert (answered, told["field"]) == (status, field_name)
    assert shop.taken == []


def test_a_system_without_a_secret_is_told_which_setting_to_give(client: TestClient) -> None:
    answer = client.post("/webhooks/woocommerce", content=BODY)
    assert answer.status_code == 401
    assert "ZHIYIN_WOOCOMMERCE_SECRET" in answer.json()["error"]["remedy"]


def test_woocommerce_asks_unsigned_whether_the_address_is_there_and_nothing_more(client: TestClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    ping = client.post("/webhooks/woocommerce", content=b"webhook_id=12", headers=form)
    assert (ping.status_code, ping.json()) == (200, {"outcome": "ping"})
    for said in (b"webhook_id=12&x=1", b"webhook_id=", b"id=12"):
        assert client.post("/webhooks/woocommerce", content=said, headers=form).status_code == 401


def test_a_failure_says_nothing_of_its_reason(client: TestClient, shop: Recorded) -> None:
    shop.failure = ValueError("with a shopper's address")
    status, told = send(client)
    assert status == 500
    assert "address" not in str(told)
