"""Explanations over real HTTP, with a text LLM that behaves or doesn't: none of it may delay or break an answer."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import create_engine, text

from tests.services.conftest import Served, serving_a_shop
from tests.support.servers.llm_server import Spoken, llm_server


@pytest.fixture(scope="module")
def spoken() -> Iterator[Spoken]:
    with llm_server() as server:
        yield server


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory, spoken: Spoken) -> Iterator[Served]:
    """The shop with a text LLM of the test's own behind it."""
    home = tmp_path_factory.mktemp("talking")
    with serving_a_shop(home, ZHIYIN_LLM_URL=spoken.url, ZHIYIN_LLM_KEY="sk-9", ZHIYIN_LLM_SECONDS="1.5") as service:
        yield service


def know(talking: Served, user: str, *items: str) -> None:
    """A shopper of the test's own, whose profile is kept."""
    events = [
        {"event_id": f"{user}-{item}", "user_id": user, "item_id": item, "event_type": "purchase"} for item in items
    ]
    assert talking.post("/events", events=events).status_code == 200


def by(talking: Served, user: str, **more: Any) -> dict[str, list[str]]:
    """The reasons of a shopper's answer, by who wrote them."""
    found: dict[str, list[str]] = {"llm": [], "template": []}
    for item in talking.post("/recommend", user_id=user, n=5, **more).json()["items"]:
        found[item["explained_by"]].append(item["reason"])
    return found


def until_written(talking: Served, user: str, **more: Any) -> dict[str, list[str]]:
    deadline = time.monotonic() + 30
    while (found := by(talking, user, **more))["template"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found


def pieces(answer: httpx.Response) -> list[tuple[str, Any]]:
    found = []
    for block in answer.text.strip().split("\n\n"):
        name, data = block.split("\n")
        found.append((name.removeprefix("event: "), orjson.loads(data.removeprefix("data: "))))
    return found


@pytest.mark.slow
def test_sentences_come_with_a_later_answer_and_stay_after_a_restart(talking: Served, spoken: Spoken) -> None:
    spoken.mode = "good"
    know(talking, "x-1", "tea-1", "tea-2", "tea-3")
    assert by(talking, "x-1", language="zh")["llm"] == []  # a list in English is made ahead, with its sentences
    chinese = until_written(talking, "x-1", language="zh")
    assert all(reason.endswith("。") for reason in chinese["llm"])
    found = until_written(talking, "x-1")
    assert len(found["llm"]) == 5
    assert set(spoken.keys) == {"Bearer sk-9"}
    told = orjson.dumps(spoken.asked).decode()
    assert "x-1" not in told, "prompts carry no shopper's id"
    talking.end()
    asked = len(spoken.asked)
    talking.start()
    assert until_written(talking, "x-1")["llm"] == found["llm"]
    assert len(spoken.asked) == asked, "what is in the database is not asked for again"


def test_an_event_makes_new_sentences(talking: Served, spoken: Spoken) -> None:
    spoken.mode = "good"
    know(talking, "x-2", "pets-1")
    until_written(talking, "x-2")
    know(talking, "x-2", "pets-2")
    with create_engine(f"sqlite:///{talking.home / 'zhiyin.db'}").connect() as database:
        until_written(talking, "x-2")
        time.sleep(0.5)
        versions = text("SELECT DISTINCT profile_version FROM explanations WHERE user_id = 'x-2'")
        assert list(database.scalars(versions)) == [2]


@pytest.mark.parametrize("mode", ["slow", "lie", "no json", "error", "drip"])
def test_a_bad_llm_neither_delays_nor_breaks_an_answer(talking: Served, spoken: Spoken, mode: str) -> None:
    time.sleep(0.1)
    spoken.mode = mode
    user = f"x-{mode.replace(' ', '')}"
    know(talking, user, "garden-1", "garden-2")
    slowest = 0.0
    for _ in range(15):
        started = time.perf_counter()
        found = by(talking, user)
        slowest = max(slowest, time.perf_counter() - started)
        assert found["llm"] == []
        assert len(found["template"]) == 5
    assert slowest < 1, "an answer waited for the text LLM"
    spoken.mode = "good"


def rested(talking: Served, user: str, item: str, **more: Any) -> httpx.Response:
    """An explanation by the LLM, after whatever rest an earlier test gave it."""
    deadline = time.monotonic() + 40
    while True:
        answer = talking.post("/explain", user_id=user, item_id=item, **more)
        if answer.status_code != 200 or "llm" in answer.text.split('"explained_by":"')[-1][:5]:
            return answer
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.5)


def test_explain_writes_while_its_reader_waits(talking: Served, spoken: Spoken) -> None:
    spoken.mode = "good"
    know(talking, "x-3", "toys-1", "toys-2")
    item = talking.post("/recommend", user_id="x-3", n=1).json()["items"][0]["item_id"]
    answer = rested(talking, "x-3", item).json()
    assert (answer["item_id"], answer["explained_by"]) == (item, "llm")
    assert answer["evidence"]
    assert answer["reason"]


def test_explain_streams_what_is_true_at_once_and_the_rest_later(talking: Served, spoken: Spoken) -> None:
    spoken.mode = "good"
    know(talking, "x-4", "baby-1", "baby-2")
    item = talking.post("/recommend", user_id="x-4", n=1).json()["items"][0]["item_id"]
    rested(talking, "x-4", item)
    answer = talking.post("/explain", user_id="x-4", item_id=item, language="zh", stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = pieces(answer)
    assert [name for name, _ in found] in (["sentence", "sentence", "done"], ["sentence", "done"])
    assert found[-1][1]["reason"] == found[-2][1]["reason"]
    spoken.mode = "slow"
    know(talking, "x-4", "baby-3")
    started = time.monotonic()
    late = pieces(talking.post("/explain", user_id="x-4", item_id=item, stream=True))
    assert time.monotonic() - started < 6
    assert [name for name, _ in late] == ["sentence", "done"]
    assert late[-1][1]["explained_by"] == "template"
    spoken.mode = "good"


def test_explain_knows_answers_by_their_id_and_only_one_s_own(talking: Served) -> None:
    know(talking, "x-5", "tea-4")
    shown = talking.post("/recommend", user_id="x-5", n=3).json()
    mine = {"user_id": "x-5", "recommendation_id": shown["recommendation_id"]}
    deadline = time.monotonic() + 10
    while (answer := talking.post("/explain", **mine)).status_code == 404:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert answer.json()["item_id"] == shown["items"][0]["item_id"]
    second = shown["items"][1]["item_id"]
    assert talking.post("/explain", **mine, item_id=second).json()["item_id"] == second
    foreign = talking.post("/explain", user_id="x-6", recommendation_id=shown["recommendation_id"])
    absent = talking.post("/explain", user_id="x-6", recommendation_id="none-such")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.json() == absent.json(), "whether another shopper got it is not told"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"user_id": "u1"}, 422, "item_id"),
        ({"item_id": "tea-1"}, 400, "user_id"),
        ({"user_id": "u1", "item_id": "none"}, 404, "item_id"),
        ({"user_id": "u1", "item_id": "tea-1", "stream": "loud"}, 400, "stream"),
        ({"user_id": "u1", "item_id": "none", "stream": True}, 404, "item_id"),
    ],
)
def test_bad_questions_are_told_by_field(talking: Served, body: dict[str, Any], status: int, field: str) -> None:
    answer = talking.post("/explain", **body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)


def test_the_meters_tell_of_sentences(talking: Served, spoken: Spoken) -> None:
    metrics = httpx.get(talking.url + "/metrics").text
    assert 'zhiyin_explanations_total{explained_by="llm",refused=""}' in metrics
    for name in ("zhiyin_llm_tokens_total", "zhiyin_llm_seconds_bucket"):
        assert name in metrics
    assert Path(talking.log).read_text().count("Traceback") == 0
