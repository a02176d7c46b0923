"""Two workers and one shopper: whichever of them an event or a question reaches, the next answer knows of the event."""

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import func, select

from features.online import read_profile
from recommender.db.engine import session_scope
from recommender.db.tables import Event, ProfileVersion
from recommender.settings import Settings
from tests.services.conftest import Served, serving
from tests.support.shops.trained import install_shop

POSTS, CALLERS, AFTER = 24, 6, 6


@pytest.fixture
def two_workers(backend: Settings) -> Settings:
    install_shop(backend)
    return backend


@pytest.mark.slow
def test_no_event_is_lost_and_none_is_missing_from_the_next_answer(two_workers: Settings) -> None:
    with serving(two_workers.root, ZHIYIN_SERVICE_WORKERS="2") as service:
        numbers = count()
        with ThreadPoolExecutor(CALLERS) as pool:
            versions = set(pool.map(lambda _: _post_and_ask(service, next(numbers)), range(POSTS)))
        newest = max(versions)
        assert versions == set(range(1, newest + 1))  # posts that reach a worker together share a version
        assert newest >= POSTS / CALLERS
        # new connections, which the workers share among them
        after = {service.post("/recommend", user_id="both").json()["profile_version"] for _ in range(AFTER)}
        assert after == {newest}
    profile = read_profile("both")
    assert profile is not None
    assert profile.version == newest
    assert set(profile.history.event_ids) == {f"w-{number}" for number in range(POSTS)}
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.user_id == "both")) == POSTS
        assert session.scalar(select(func.count()).where(ProfileVersion.user_id == "both")) == newest


def _post_and_ask(service: Served, number: int) -> int:
    event = {"event_id": f"w-{number}", "user_id": "both", "item_id": f"tea-{number % 8}", "event_type": "view"}
    posted = service.post("/events", events=[event])
    assert posted.status_code == 200, posted.text
    version: int = posted.json()["profiles"][0]["profile_version"]
    assert service.post("/recommend", user_id="both").json()["profile_version"] >= version
    return version
