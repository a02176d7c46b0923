"""Where the time of a `/recommend` goes: each part of an answer by itself, in one process, on a home's shoppers."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from features.online import ProfileMark, read_mark, read_profile
from recommender.profiles.profile import Profile
from recommender.profiles.user_state import prepare
from recommender.ranking.pipeline import RankingQuery, allowed, rank, recommend
from recommender.retrieval import retrieve
from recommender.settings import Settings
from services.container import Shop
from services.recommend.list_cache import Ranked
from services.schemas.recommend import RecommendRequest


@dataclass(frozen=True)
class Shopping:
    """A shop in this process and shoppers who have a profile there."""

    shop: Shop
    profiles: dict[str, Profile]

    @classmethod
    def of(cls, settings: Settings, users: list[str]) -> "Shopping":
        shop = Shop(settings)
        shop.watcher.look()
        bundle, now = shop.models.needed().bundle, datetime.now(UTC)
        found = ((user, shop.answers.shoppers.profile(bundle, user, now, set())) for user in users)
        return cls(shop, {user: profile for user, profile in found if profile is not None})


def parts_of_an_answer(shopping: Shopping) -> dict[str, float]:
    """Median microseconds of each part; those of a ready list first, then those of making one."""
    answers, profiles, now = shopping.shop.answers, shopping.profiles, datetime.now(UTC)
    model = answers.models.needed()
    bundle = model.bundle
    query = RankingQuery(n=10)
    allowed_N = allowed(bundle, query, now)
    body = {user: f'{{"user_id": "{user}"}}'.encode() for user in profiles}
    questions = {user: RecommendRequest(user_id=user) for user in profiles}
    prepared = {user: prepare(one.history, bundle.catalogue, int(now.timestamp())) for user, one in profiles.items()}
    marks: dict[str, ProfileMark | None] = {user: read_mark(user) for user in profiles}
    for user in profiles:
        answers.prepare(user, now)
    found = {user: recommend(bundle, profiles[user], query, now) for user in profiles}
    lists: dict[str, Ranked] = {}

    def find(user: str) -> None:
        ranked = answers.lists.get(answers.ranker.key(answers.models.needed(), questions[user], marks[user], now))
        lists[user] = ranked or Ranked((), whole=True)

    def tell(user: str) -> Any:
        return answers.writer.write(questions[user], lists[user], bundle.manifest.model_version, 1, (), now)

    ready = {
        "ready: question read and checked": lambda user: RecommendRequest.model_validate_json(body[user]),
        "ready: Feast read of the profile's mark": read_mark,
        "ready: list found": find,
        "ready: answer written and impression spooled": tell,
    }
    made = {
        "made: Feast read of the profile": read_profile,
        "made: filter (who may be shown)": lambda user: allowed(bundle, query, now),
        "made: candidates": lambda user: retrieve(bundle, prepared[user], profiles[user].vector, allowed_N),
        "made: ranker (and candidates)": lambda user: rank(
            bundle, prepared[user], profiles[user].vector, allowed_N, 10
        ),
        "made: all of g (shopper, filter, candidates, ranker, evidence)": lambda user: recommend(
            bundle, profiles[user], query, now
        ),
        "made: reasons": lambda user: answers.ranker.reasons(model, questions[user], profiles[user], found[user]),
    }
    return {name: median_us(part, list(profiles)) for name, part in {**ready, **made}.items()}


def median_us(part: Callable[[str], Any], users: list[str]) -> float:
    times = np.zeros(len(users))
    for place, user in enumerate(users):
        began = time.perf_counter()
        part(user)
        times[place] = time.perf_counter() - began
    return statistics.median(times) * 1e6
