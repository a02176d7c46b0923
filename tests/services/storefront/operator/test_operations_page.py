"""The drift runs as people see them: what was found, who and why, and the form that decides once."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus as unquote

import pytest
from starlette.testclient import TestClient

from monitoring.check_params import DriftParams
from monitoring.runs import DriftedShopper, replace_run
from recommender.drift.decisions import Choice, decide, decision_on, waiting_users
from recommender.drift.runs import mark_refreshed
from services.airflow.client import AirflowApi
from services.container import Shop
from services.storefront.pages import Site
from services.storefront.routes import make_site
from tests.monitoring.test_check_params import GOOD
from tests.support.servers.local import free_port
from tests.support.servers.recorded_airflow import recorded_airflow

COLUMN = {"score": 0.41, "threshold": 0.1, "method": "w", "drifted": True}
VERDICT: dict[str, Any] = {
    "drifted": True,
    "sentence": "Drift: so it is",
    "as_of": "2026-03-09T00:00:00+00:00",
    "activity": {"share": 0.62, "shoppers": 50, "ordinary_shares": [0.6, 0.66], "drifted": False},
    "behaviour": {"share": 0.25, "drifted": True, "columns": {"spend_<30d>": COLUMN}},
    "profiles": {"share": 0.0, "drifted": False, "columns": {}},
    "shoppers": {
        "checked": 31,
        "drifted_count": 30,
        "drifted": True,
        "expected_share": 0.05,
        "threshold": 0.2,
        "histogram": {"edges": [0.0, 0.2, 0.4], "ordinary": [0.95, 0.05], "found": [0.1, 0.9]},
    },
}


def figure(value: float, **more: Any) -> dict[str, Any]:
    shipped = {"unit": "shoppers", "units": 40, "ordinary": [0.1, 0.2], "p": 0.4, "drifted": False}
    return {"value": value, **shipped, **more}


ANSWERS: dict[str, Any] = {
    "answers": 1234,
    "shoppers": 40,
    "figures": {
        "ndcg": figure(0.0512, drifted=True, p=0.001),
        "coverage": figure(0.15),
        "degraded": figure(0.01, unit="hours", units=3, ordinary=[], p=None),
    },
    "ndcg_by_model": {"model <2>": {"shoppers": 25, "value": 0.05, "low": 0.04, "high": 0.06}},
    "sentences": {"checked": 140, "by_llm": 12, "problems": {"word": 2, "untold": 1}},
    "drifted": True,
}
SCORES: dict[str, Any] = {"share": 0.5, "drifted": True, "columns": {"first_score": COLUMN}}
FOUND = {
    f"shopper {place:02d}": DriftedShopper(0.9 - place / 100, place, "Likes <tea>.", "Likes coffee.")
    for place in range(30)
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def client(embedded_shop: Shop) -> TestClient:
    replace_run("one", DriftParams.of(**GOOD), VERDICT, "one/report.html", FOUND)
    site = make_site()
    site.state.site = Site(embedded_shop, dict)
    return TestClient(site, follow_redirects=False)


def test_runs_stand_beside_each_other_with_what_was_decided(client: TestClient) -> None:
    later = {name: moment + timedelta(days=7) for name, moment in GOOD.items()}
    decide("one", Choice("dismiss", "Ann", "airflow", "a <sale>"))
    replace_run("two", DriftParams.of(**later), VERDICT | {"drifted": False}, "two/report.html", {})
    page = client.get("/operations").text
    assert page.index(">two<") < page.index(">one<")
    assert "Dismiss, by Ann through the Airflow form" in page
    assert "a &lt;sale&gt;" in page
    assert page.count("waits for a decision") == 1
    decide("two", Choice("refresh", "the policy", "policy"), announced=False)
    assert "Refresh, by the policy, 20" in client.get("/operations/two").text
    assert "由策略决定" in client.get("/operations/two?lang=zh").text
    assert page.count('<rect class="alarmed"') == page.count('<rect class="calm"') == 1
    assert "漂移检查" in client.get("/operations?lang=zh").text


def test_a_run_shows_who_drifted_and_what_their_profiles_say(client: TestClient) -> None:
    page = client.get("/operations/one").text
    told = ("62% of the shoppers came, in ordinary stretches 60% to 66%", "30 of 31 shoppers moved", "/one/report.html")
    for words in (*told, "spend_&lt;30d&gt;", "Likes &lt;tea&gt;.", "Likes coffee.", ">shopper 00<"):
        assert words in page
    assert ">shopper 25<" not in page
    assert ">shopper 25<" in client.get("/operations/one?page=2").text
    assert "62%的顾客来过" in client.get("/operations/one?lang=zh").text
    assert client.get("/operations/none").status_code == 404


def test_a_run_shows_how_good_and_how_whole_answers_were(client: TestClient) -> None:
    assert "What was answered" not in client.get("/operations/one").text  # a run of an earlier release
    later = {name: moment + timedelta(days=7) for name, moment in GOOD.items()}
    replace_run("two", DriftParams.of(**later), VERDICT | {"answers": ANSWERS, "scores": SCORES}, "two/report.html", {})
    page = client.get("/operations/two").text
    for words in ("Of 1,234 answers for 40 shoppers", "<td>0.051</td>", "<td>0.100 – 0.200</td>", "<td>15.0%</td>",
                  "worse", "3 hours", "nothing to compare with", "too few to judge", "1 of 1 columns changed",
                  "model &lt;2&gt;", "0.040 – 0.060", "140 explanations were read again, 12 of",
                  "3 say more", "first_score"):  # fmt: skip
        assert words in page
    chinese = client.get("/operations/two?lang=zh").text
    assert "回答得如何" in chinese
    assert "变差" in chinese
    nobody = ANSWERS | {"figures": {}, "ndcg_by_model": {}, "answers": 0}
    replace_run("two", DriftParams.of(**later), VERDICT | {"answers": nobody, "scores": SCORES}, "two/report.html", {})
    assert "Nobody was answered in these days." in client.get("/operations/two").text


def test_the_form_decides_and_a_second_one_is_told_who_was_first(client: TestClient) -> None:
    answer = client.post("/operations/one", content="action=refresh&at_most=3&note=&farther_than=", headers=FORM)
    assert (answer.status_code, answer.headers["location"]) == (303, "/operations/one?lang=en#decision")
    made = decision_on("one")
    assert made is not None
    assert (made.action, made.at_most, made.door) == ("refresh", 3, "page")
    assert len(waiting_users("one")) == 3
    assert "Refresh (the 3 farthest), by " in client.get("/operations/one").text
    second = client.post("/operations/one", content="action=hold&lang=zh", headers=FORM)
    page = client.get(second.headers["location"].partition("#")[0]).text
    assert "没有决定：" in page
    assert "run: one is decided: refresh (the 3 farthest)" in page


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("action=dismiss", "note: say why"),
        ("action=refresh&farther_than=far", "farther_than: &#39;far&#39; is no number"),
        ("action=refresh&at_most=1.5", "at_most: give a whole number"),
        ("action=", "action: &#39;&#39; is none of"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(client: TestClient, said: str, told: str) -> None:
    back = client.post("/operations/one", content=said, headers=FORM).headers["location"]
    assert told in client.get(back.partition("#")[0]).text
    assert decision_on("one") is None


def test_a_replaced_run_has_no_form(client: TestClient) -> None:
    later = {name: moment + timedelta(days=7) for name, moment in GOOD.items()}
    assert "<form" in client.get("/operations/one").text
    replace_run("two", DriftParams.of(**later), VERDICT, "two/report.html", {})
    page = client.get("/operations/one").text
    assert "A newer run replaced this one" in page
    assert "<form" not in page


def test_a_refresh_is_taken_back_by_a_button(client: TestClient) -> None:
    decide("one", Choice("refresh", "Ann", "page"))
    assert "Take the refresh" not in client.get("/operations/one").text  # nobody is refreshed yet
    mark_refreshed("one", ["shopper 00", "shopper 01"])
    assert "Take the refresh of 2 shoppers back" in client.get("/operations/one").text
    answer = client.post("/operations/one", content="action=undo", headers=FORM)
    assert answer.headers["location"] == "/operations/one?lang=en#decision"
    page = client.get("/operations/one").text
    assert "taken back by" in page
    assert "Take the refresh" not in page
    assert waiting_users("one") == []
    assert "is decided" in unquote(
        client.post("/operations/one", content="action=undo", headers=FORM).headers["location"]
    )


def test_what_is_decided_here_ends_airflow_s_question(
    client: TestClient, embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorded_airflow() as airflow:
        monkeypatch.setattr(embedded_shop, "airflow", airflow.api)
        assert (
            "<strong>ask</strong> (manual__2026-12-01T14:25:11.671509+00:00): waits"
            in client.get("/operations/one").text
        )
        client.post("/operations/one", content="action=refresh&at_most=3&note=so&farther_than=", headers=FORM)
        params = {"note": "so", "farther_than": None, "at_most": 3}
        assert airflow.said == [{"chosen_options": ["refresh"], "params_input": params}]
        page = client.get("/operations/one").text
        assert "answered Refresh by admin, 2026-12-01 14:30 UTC" in page
        assert "Tell Airflow" not in page
        assert "回答“刷新”" in client.get("/operations/one?lang=zh").text
        airflow.question["chosen_options"] = ["another release's"]
        assert "answered another release&#39;s by admin" in client.get("/operations/one").text
        client.post("/operations/one", content="action=hold", headers=FORM)
        assert len(airflow.said) == 1


def test_airflow_is_told_later_of_what_was_decided_while_it_was_away(
    client: TestClient, embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_shop, "airflow", AirflowApi(f"http://127.0.0.1:{free_port()}"))
    client.post("/operations/one", content="action=dismiss&note=a+sale", headers=FORM)
    assert decision_on("one") is not None
    assert "Airflow is away: ConnectError" in client.get("/operations/one").text
    with recorded_airflow() as airflow:
        monkeypatch.setattr(embedded_shop, "airflow", airflow.api)
        assert "Tell Airflow what was decided" in client.get("/operations/one").text
        client.post("/operations/one", content="action=tell", headers=FORM)
        assert [one["chosen_options"] for one in airflow.said] == [["dismiss"]]
        assert "Tell Airflow" not in client.get("/operations/one").text


@pytest.mark.parametrize("number", ["inf", "nan", "1e30", "1.5", "0"])
def test_a_number_of_shoppers_that_is_none_is_refused(client: TestClient, number: str) -> None:
    content = f"action=refresh&at_most={number}"
    place = client.post("/operations/one", content=content, headers=FORM).headers["location"]
    assert "refused=at_most" in place
    assert decision_on("one") is None
