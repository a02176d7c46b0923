"""The service as a process, over HTTP: what a shop's own server sees."""

import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import positive_data_acceptance
from sqlalchemy import create_engine, text

from tests.services.conftest import Served, serving_a_shop


def event(event_id: str, user_id: str, item_id: str = "tea-1", event_type: str = "purchase") -> dict[str, object]:
    return {"event_id": event_id, "user_id": user_id, "item_id": item_id, "event_type": event_type}


def test_answers_carry_what_a_shop_shows(served: Served) -> None:
    answer = served.post("/recommend", user_id="u1", n=5).json()
    assert len(answer["items"]) == 5
    assert answer["degraded"] == []
    assert answer["model_version"] == "shop-1"
    scores = [item["score"] for item in answer["items"]]
    assert scores == sorted(scores, reverse=True)
    for item in answer["items"]:
        assert item["title"]
        assert item["price"] > 0
        assert item["reason"].endswith(".")
        assert item["evidence"]
    chinese = served.post("/recommend", user_id="u1", n=5, language="zh").json()["items"]
    assert all(item["reason"].endswith("。") for item in chinese)
    like = served.post("/similar", item_id="tea-1", n=4).json()
    assert [item["item_id"] for item in like["items"]].count("tea-1") == 0
    assert sum(item["item_id"].startswith("tea-") for item in like["items"]) >= 3


def test_the_answer_after_an_event_knows_of_it(served: Served) -> None:
    user = "http-1"
    assert served.post("/profile", user_id=user).status_code == 404
    for place in range(3):
        posted = served.post("/events", events=[event(f"http-{place}", user, f"coffee-{place}")])
        assert posted.json()["profiles"] == [{"user_id": user, "profile_version": place + 1}]
        answer = served.post("/recommend", user_id=user).json()
        assert answer["profile_version"] == place + 1
        assert f"coffee-{place}" in {item for one in answer["items"] for e in one["evidence"] for item in e["item_ids"]}
    assert "Coffee" in served.post("/profile", user_id=user).json()["summary"]


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("/recommend", '{"n": 0}', 400, "n"),
        ("/recommend", '{"n": "many"}', 400, "n"),
        ("/recommend", '{"usr_id": "u1"}', 400, "usr_id"),
        ("/recommend", '{"price_min": 2, "price_max": 1}', 422, "price_min"),
        ("/recommend", '{"context_item_ids": ["a", ""]}', 400, "context_item_ids[1]"),
        ("/recommend", "[]", 400, "body"),
        ("/recommend", "{", 400, "body"),
        ("/similar", "{}", 400, "item_id"),
        ("/similar", '{"item_id": "none"}', 404, "item_id"),
        ("/profile", '{"user_id": "none-such"}', 404, "user_id"),
        ("/events", '{"events": []}', 400, "events"),
        ("/events", '{"events": [{"event_id": "e", "event_type": "eat"}]}', 400, "events[0].event_type"),
        ("/events", '{"events": [{"event_id": "e", "event_type": "view", "user_id": "u"}]}', 422, "events[0].item_id"),
        ("/events", '{"events": [' + ",".join(["{}"] * 1_001) + "]}", 400, "events"),
    ],
)
def test_bad_input_is_told_by_field(served: Served, path: str, body: str, status: int, field: str) -> None:
    answer = httpx.post(served.url + path, content=body, headers={"Content-Type": "application/json"})
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field)
    assert error["message"]
    assert error["remedy"]


def test_bodies_that_are_not_read(served: Served) -> None:
    pickled = httpx.post(
        served.url + "/recommend", content=b"x", headers={"Content-Type": "application/vnd.bentoml+pickle"}
    )
    form = httpx.post(served.url + "/recommend", data={"user_id": "u1"})
    long = httpx.post(served.url + "/recommend", content=b"[" * 300_000, headers={"Content-Type": "application/json"})
    chunks = (b"[" * 10_000 for _ in range(30))
    chunked = httpx.post(served.url + "/recommend", content=chunks, headers={"Content-Type": "application/json"})
    assert [answer.status_code for answer in (pickled, form, long, chunked)] == [415, 415, 413, 413]
    assert all(answer.json()["error"]["remedy"] for answer in (pickled, form, long, chunked))


def test_metrics_count_the_service_s_own_affairs(served: Served) -> None:
    served.post("/recommend", user_id="u1")
    metrics = httpx.get(served.url + "/metrics").text
    for name in ("zhiyin_impressions_total", "zhiyin_stage_seconds_bucket", "zhiyin_requests_total"):
        assert name in metrics


def test_two_posts_of_one_event_at_once_store_it_once(served: Served) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: served.post("/events", events=[event("same", "http-2")]), range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sum(answer.json()["added"] for answer in answers) == 1
    assert {answer.json()["profiles"][0]["profile_version"] for answer in answers} == {1}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A shop of which nothing needs to stay as it is."""
    with serving_a_shop(tmp_path_factory.mktemp("scratch")) as service:
        yield service


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("examples", [5, pytest.param(60, marks=pytest.mark.slow)])
def test_no_request_of_the_document_s_kind_breaks_the_service(scratch: Served, examples: int) -> None:
    """No 5xx, and every answer is as the document says; that an id is unknown can't be told from its schema."""
    schema = schemathesis.openapi.from_url(scratch.url + "/docs.json")
    asked = set()
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(
                max_examples=examples,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def holds(case: Any) -> None:
                case.call_and_validate(excluded_checks=[positive_data_acceptance])

            if mode is GenerationMode.POSITIVE or operation.method in ("post", "put", "patch", "delete"):
                holds()
        asked.add(operation.path)
    assert {"/recommend", "/similar", "/events", "/profile", "/readyz", "/", "/items"} <= asked


@pytest.mark.slow
def test_a_kill_in_the_middle_of_a_stream_loses_and_doubles_nothing(served: Served) -> None:
    acknowledged: dict[str, str] = {}  # ids of events, and whose they are
    sent: list[str] = []
    stop = threading.Event()

    def stream(user: str) -> None:
        with httpx.Client() as client:
            while not stop.is_set():
                event_id = f"kill-{uuid.uuid4().hex}"
                sent.append(event_id)
                try:
                    answer = client.post(served.url + "/events", json={"events": [event(event_id, user)]}, timeout=10)
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    acknowledged[event_id] = user

    streams = [threading.Thread(target=stream, args=(f"killed-{n}",)) for n in range(3)]
    for thread in streams:
        thread.start()
    time.sleep(3)
    answer = served.post("/recommend", user_id="killed-0").json()
    served.kill()
    stop.set()
    for thread in streams:
        thread.join()
    served.start()

    assert len(acknowledged) > 20
    with create_engine(f"sqlite:///{served.home / 'zhiyin.db'}").connect() as database:
        stored = list(database.scalars(text("SELECT event_id FROM events WHERE event_id LIKE 'kill-%'")))
        assert acknowledged.keys() <= set(stored) <= set(sent)
        assert len(stored) == len(set(stored))
        assert served.post("/events", events=[event(*next(iter(acknowledged.items())))]).json()["added"] == 0
        deadline = time.monotonic() + 10
        shown = text("SELECT count(*) FROM recommendations WHERE recommendation_id = :id")
        while not database.scalar(shown, {"id": answer["recommendation_id"]}):
            assert time.monotonic() < deadline, "what was shown before the kill is not recorded"
            time.sleep(0.2)
            database.rollback()
    versions = {
        one["profile_version"]
        for one in served.post("/events", events=[event("k-last", "killed-0")]).json()["profiles"]
    }
    assert served.post("/recommend", user_id="killed-0").json()["profile_version"] in versions


def test_the_log_of_a_failure_is_short_and_holds_nothing_of_what_shoppers_wrote(served: Served) -> None:
    secret = "my sister lives at 5 Plum Lane"
    spoil = "CREATE TRIGGER spoil BEFORE INSERT ON events WHEN NEW.text LIKE '%Plum%' "
    spoil += "BEGIN SELECT RAISE(ABORT, 'no'); END"
    with served.database() as session:
        session.execute(text(spoil))
    before = served.log.stat().st_size
    review = {"user_id": "writes", "item_id": "tea-1", "event_type": "review", "text": secret * 100, "value": 4}
    try:
        for place in range(5):
            answer = served.post("/events", events=[{**review, "event_id": f"review-{place}"}])
            assert answer.status_code >= 500
    finally:
        with served.database() as session:
            session.execute(text("DROP TRIGGER spoil"))
    written = served.log.read_bytes()[before:].decode()
    assert "IntegrityError" in written
    assert "Plum" not in written
    assert len(written) < 20_000
