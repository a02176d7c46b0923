"""A campaign's audience by its address: numbers within their bounds, and what there is no audience of."""

import pytest
from starlette.testclient import TestClient

from services.container import Shop
from services.storefront.pages import Site
from services.storefront.routes import make_site


@pytest.fixture
def client(module_shop: Shop) -> TestClient:
    site = make_site()
    site.state.site = Site(module_shop, dict)
    return TestClient(site)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=", "limit"),
        ("limit=ten", "limit"),
        ("limit=1.5", "limit"),
        ("limit=٣", "limit"),
        ("limit=0000000010", "limit"),
        ("offset=-1", "offset"),
        ("offset=10000001", "offset"),
        ("limit=10&offset=x", "offset"),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(client: TestClient, query: str, field: str) -> None:
    answer = client.get(f"/campaigns/c1/audience?{query}")
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)


def test_a_campaign_that_there_is_not_is_told(client: TestClient) -> None:
    answer = client.get("/campaigns/none/audience?limit=10&offset=10000000")
    assert (answer.status_code, answer.json()["error"]["field"]) == (404, "campaign_id")
