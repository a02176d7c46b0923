"""What gives way and what is kept at hand: the text LLM's rests, who asked lately, profiles that were just built."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from features.online import push_profiles, read_mark, read_profile
from recommender.db.engine import get_engine
from recommender.explain.facts import ItemDescription
from recommender.explain.llm import Guarded
from recommender.explain.llm_local import LocalLLM, model_file
from recommender.explain.llm_openai import RemoteLLM
from recommender.explain.templates import SentenceContext
from recommender.profiles.profile import Profile
from recommender.settings import Settings
from services.container import Shop
from services.core import waiting_callers as traffic
from services.core.waiting_callers import Traffic
from services.explain.sentence_requests import Key, SentenceRequest, UrgentRequest
from services.explain.worker import Explainer
from services.profiles.recent_cache import JustBuilt, mark_of
from services.schemas.events import NewEvent
from services.schemas.privacy import ShopperRequest
from services.schemas.recommend import RecommendRequest
from tests.support.profiles import some_profile


def test_who_asked_lately_is_known_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "MOST_NAMES", 2)
    here = Traffic()
    assert not here.busy
    here.came()
    assert here.busy
    for user in ("a", "b", None, "a", "c"):
        here.note_request(user)
    assert here.users() == {"a", "c"}
    assert here.is_recently_active("a")
    assert not here.is_recently_active("b")
    here.forget("a")
    assert not here.is_recently_active("a")
    monkeypatch.setattr(traffic, "LATELY_SECONDS", 0.0)
    assert not here.is_recently_active("c")


def test_a_crowd_of_questions_keeps_the_worker_busy_until_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("services.core.waiting_callers.time.monotonic", lambda: now)
    here = Traffic()
    for a_second, busy in (
        (traffic.BUSY_RATE // 2, False),
        (traffic.BUSY_RATE * 2, True),
        (traffic.BUSY_RATE // 2, False),
    ):
        for _ in range(2 * a_second):
            now += 1 / a_second
            here.note_request("a")
        assert here.busy is busy
    for _ in range(2 * traffic.BUSY_RATE):
        now += 0.5 / traffic.BUSY_RATE
        here.note_request(None)
    assert here.busy
    now += 5
    assert not here.busy, "they are gone"


def rest_of(explainer: Explainer) -> float:
    began = time.perf_counter()
    explainer._give_way(0.02)
    return time.perf_counter() - began


def test_an_engine_on_this_machine_rests_while_shoppers_wait_for_answers(home: Settings) -> None:
    here, away = Guarded(LocalLLM(model_file("smollm2"))), Guarded(RemoteLLM("http://127.0.0.1:9/v1", "m"))
    local, remote = (Explainer(get_engine(), llm, ItemDescription, 1.0) for llm in (here, away))
    assert rest_of(local) < 0.1
    for one in (local, remote):
        one.traffic.came()
    assert rest_of(remote) < 0.1
    assert rest_of(local) >= 0.17
    local.traffic.came()
    local._urgent.append(UrgentRequest(SentenceRequest(Key("u", 1, "en"), "m", (), SentenceContext(str, {}))))
    assert rest_of(local) < 0.1, "somebody waits for this sentence"


def test_profiles_just_built_serve_by_their_mark_and_the_earliest_leave() -> None:
    kept = JustBuilt(most=2)
    profiles = [some_profile(user, version=3) for user in "abc"]
    kept.put(profiles)
    assert kept.users() == {"b", "c"}
    assert kept.get("b", mark_of(profiles[1])) is profiles[1]
    assert kept.get("b", mark_of(profiles[1])._replace(version=4)) is None
    kept.put([profiles[1], profiles[0]])
    assert kept.users() == {"a", "b"}
    kept.forget("b")
    assert kept.get("b", mark_of(profiles[1])) is None


def test_an_answer_after_an_event_reads_no_profile_unless_another_was_pushed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def reading(user_id: str) -> Profile | None:
        reads.append(user_id)
        return read_profile(user_id)

    monkeypatch.setattr("services.profiles.repository.read_profile", reading)
    event = NewEvent(event_id="e", user_id="u0", item_id="tea-1", event_type="purchase")
    shop.intake.take([event], datetime.now(UTC))
    question = RecommendRequest(user_id="u0")
    first = shop.answers.recommend(question, datetime.now(UTC))
    assert (reads, first.profile_version) == ([], 1)
    mark, built = read_mark("u0"), shop.answers.shoppers.just_built
    profile = built.get("u0", mark) if mark is not None else None
    assert profile is not None
    push_profiles([replace(profile, version=7, as_of=profile.as_of + timedelta(seconds=9))])  # another worker did
    assert shop.answers.recommend(question, datetime.now(UTC)).profile_version == 7
    assert reads == ["u0"]
    assert "u0" in shop.answers.remembered()
    shop.privacy.erase(ShopperRequest(user_id="u0"), datetime.now(UTC))
    assert "u0" not in shop.answers.remembered()
