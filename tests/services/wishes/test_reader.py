"""A wish read with a text LLM beside the grammar: what callers see when it is right, lies, is slow or is away."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import orjson
import pytest

from recommender.explain.llm import Guarded
from recommender.explain.llm_openai import RemoteLLM
from recommender.settings import Settings, get_settings
from services.container import Shop
from services.schemas.events import NewEvent
from services.schemas.recommend import RecommendRequest, RecommendResponse
from services.schemas.wish import UnderstoodWish
from tests.support.servers.databases import install_tables
from tests.support.servers.llm_server import Spoken, llm_server
from tests.support.servers.local import free_port
from tests.support.shops.trained import install_shop

WISH = "a present for my schnauzer"
DOGS = {"said": "schnauzer", "kind": "category", "value": "pets", "wanted": True}
WITHIN = 0.3  # seconds that the LLM has


@pytest.fixture
def spoken() -> Iterator[Spoken]:
    with llm_server() as server:
        yield server


@pytest.fixture
def shop(home: Settings, spoken: Spoken, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The service's parts in this process, with an LLM's address in the settings."""
    monkeypatch.setenv("ZHIYIN_LLM_URL", spoken.url)
    get_settings.cache_clear()
    install_tables()
    install_shop(get_settings())
    opened = Shop(get_settings())
    opened.watcher.look()
    opened.searcher.look()
    opened.wish_reader.llm_seconds = WITHIN
    yield opened
    opened.searcher.close()
    opened.wish_reader.close()


def propose(spoken: Spoken, *constraints: object) -> None:
    spoken.text = orjson.dumps({"constraints": constraints}).decode()


def ask(shop: Shop, wish: str = WISH, user_id: str | None = None) -> RecommendResponse:
    return shop.answers.recommend(RecommendRequest(wish=wish, user_id=user_id, n=5), datetime.now(UTC))


def understood(answer: RecommendResponse) -> UnderstoodWish:
    assert answer.understood is not None
    return answer.understood


def test_what_the_llm_reads_is_in_the_answer_and_is_asked_for_once(shop: Shop, spoken: Spoken) -> None:
    propose(spoken, DOGS)
    first = ask(shop)
    [dogs] = understood(first).constraints
    assert (dogs.kind, dogs.values, dogs.said, dogs.read_by) == ("category", ["Pets"], "schnauzer", "llm")
    assert all(item.item_id.startswith("pets-") for item in first.items)
    assert "llm" not in first.degraded
    assert understood(ask(shop)).constraints == [dogs]
    assert len(spoken.asked) == 1
    ask(shop, "a present for my poodle")
    assert len(spoken.asked) == 2


def test_what_names_nothing_in_the_catalogue_is_dropped_and_counted(shop: Shop, spoken: Spoken) -> None:
    submarines = {**DOGS, "value": "submarines"}
    never_said = {**DOGS, "said": "kitten"}
    propose(spoken, DOGS, submarines, never_said)
    for _ in range(2):  # anew, and as it was kept
        read = understood(ask(shop))
        assert [one.values for one in read.constraints] == [["Pets"]]
        assert read.dropped == 2
    propose(spoken, submarines)
    read = understood(ask(shop, "something for a schnauzer"))
    assert (read.constraints, read.dropped) == ([], 1)


def test_a_wish_that_the_grammar_understands_asks_nobody(shop: Shop, spoken: Spoken) -> None:
    assert [one.values for one in understood(ask(shop, "tea")).constraints] == [["Tea"]]
    assert spoken.asked == []


@pytest.mark.parametrize("mode", ["lie", "no json", "error", "slow", "drip", "away"])
def test_without_the_llm_the_answer_still_comes_and_says_so(shop: Shop, spoken: Spoken, mode: str) -> None:
    wish = "cheap pets stuff for my schnauzer under 9"
    spoken.mode = mode
    if mode == "away":
        shop.wish_reader.llm = Guarded(RemoteLLM(f"http://127.0.0.1:{free_port()}/v1", "gone"))
    began = time.monotonic()
    answer = ask(shop, wish)
    assert time.monotonic() - began < WITHIN + 4  # a busy machine's own time
    assert "llm" in answer.degraded
    assert ["Pets"] in [one.values for one in understood(answer).constraints]
    assert {one.read_by for one in understood(answer).constraints} == {"words"}
    assert len(answer.items) == 5


def test_one_shopper_s_usual_brands_are_not_another_s(shop: Shop, spoken: Spoken) -> None:
    propose(spoken, DOGS)
    for user, place in (("of-lark", 0), ("of-heron", 1)):
        shop.intake.take(
            [
                NewEvent(event_id=f"{user}-{n}", user_id=user, item_id=f"tea-{place + 3 * n}", event_type="purchase")
                for n in range(3)
            ],
            datetime.now(UTC),
        )
    wish = "nothing of these brands for my schnauzer"
    brands = {
        user: [one.values for one in understood(ask(shop, wish, user)).constraints if one.kind == "brand"]
        for user in ("of-lark", "of-heron")
    }
    assert brands == {"of-lark": [["Lark"]], "of-heron": [["Heron"]]}
    assert len(spoken.asked) == 1, "the words that are left open are the same"
