"""The pages of rules and of the audit log: a rule added there is in the next answer, and who did what can be read."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from recommender.db.engine import session_scope
from recommender.db.tables import Audit
from services.container import Shop
from services.schemas.recommend import RecommendRequest
from services.storefront.pages import Site
from services.storefront.routes import make_site
from tests.support.shops.shop import SHOP_UNTIL

PATH = "/operations/rules"


@pytest.fixture
def pages(embedded_shop: Shop) -> TestClient:
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    return TestClient(site)


def first_items(shop: Shop) -> list[str]:
    answer = shop.answers.recommend(RecommendRequest(user_id="u1", n=5), datetime.now(UTC))
    return [one.item_id for one in answer.items]


def test_a_rule_of_the_form_is_in_the_next_answer_until_it_is_ended(pages: TestClient, embedded_shop: Shop) -> None:
    assert "There is no rule." in pages.get(PATH).text
    unwanted = first_items(embedded_shop)[0]
    rule = {"action": "exclude", "target": "item", "name": unwanted, "reason": "recalled <today>"}
    page = pages.post(PATH, data=rule).text
    assert unwanted in page
    assert "recalled &lt;today&gt;" in page
    assert "holds now" in page
    embedded_shop.watcher.look()
    assert unwanted not in first_items(embedded_shop)

    rule_id = page.split('name="end" value="')[1].split('"')[0]
    assert "reason: say why" in pages.post(PATH, data={"end": rule_id}).text
    ended = pages.post(PATH, data={"end": rule_id, "reason": "sold again"}).text
    assert "There is no rule." in ended
    assert "removed" in ended
    embedded_shop.watcher.look()
    assert unwanted in first_items(embedded_shop)
    assert f"rule {rule_id!r}: there is none" in pages.post(PATH, data={"end": rule_id, "reason": "x"}).text.replace(
        "&#39;", "'"
    )


@pytest.mark.parametrize(
    ("field", "said", "told"),
    [
        ("action", "burn", "action: "),
        ("name", " ", "category: give its name"),
        ("strength", "much", "strength: "),
        ("position", "first", "position: "),
        ("starts_at", "soon", "starts_at: "),
        ("ends_at", "2020-01-01T00:00", "ends_at: not after starts_at"),
        ("reason", "", "reason: say why"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_field(pages: TestClient, field: str, said: str, told: str) -> None:
    rule = {"action": "boost", "target": "category", "name": "Tea", "reason": "spring", "starts_at": "2026-03-01T00:00"}
    assert told in pages.post(PATH, data=rule | {field: said}).text
    assert "There is no rule." in pages.get(PATH).text


def test_the_page_speaks_chinese(pages: TestClient) -> None:
    rule = {"action": "pin", "target": "brand", "name": "Heron", "position": "2", "reason": "节日", "lang": "zh"}
    page = pages.post(PATH, data=rule).text
    assert "固定位置" in page
    assert "生效中" in page
    assert 'lang="zh-Hans"' in page


def test_the_audit_log_is_read_page_by_page_and_by_action(pages: TestClient) -> None:
    assert "Nothing was done yet." in pages.get("/operations/audit").text
    with session_scope() as session:
        for number in range(120):
            action = "mute" if number % 2 else "promote"
            time = SHOP_UNTIL + timedelta(seconds=number)
            session.add(Audit(time=time, actor="ann", action=action, user_id="u<1>", details={"place": number}))
    page = pages.get("/operations/audit").text
    assert "u&lt;1&gt;" in page
    assert "119}" in page
    assert "19}</code>" in page
    assert ":19}" not in page.replace("119}", "")
    older = page.split('href="/operations/audit?lang=en&amp;action=&amp;before=')[1].split('"')[0]
    assert ":19}" in pages.get(f"/operations/audit?kind=&before={older}").text
    muted = pages.get("/operations/audit?action=mute").text
    assert ":119}" in muted
    assert ":118}" not in muted
