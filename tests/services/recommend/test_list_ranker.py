"""Which lists serve again, under which key, and what is ranked anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from features.online import ProfileMark
from recommender.profiles.profile import Profile
from services.container import Shop
from services.profiles.recent_cache import mark_of
from services.recommend.list_ranker import DEPTH, RankRequest, is_of
from services.schemas.recommend import RecommendRequest
from services.state.preferences import Control
from tests.support.profiles import some_profile

NOW = datetime(2026, 5, 1, 1, tzinfo=UTC)


def asked(shop: Shop, profile: Profile | None = None, depth: int = 5, **said: Any) -> RankRequest:
    request = RecommendRequest.model_validate({"n": depth, **said})
    return RankRequest(shop.models.needed(), request, profile, NOW, depth)


def profile_of(shop: Shop, user: str) -> Profile:
    found = shop.answers.shoppers.from_database(shop.models.needed().bundle, user, NOW, set())
    assert found is not None
    return replace(found, version=1)


def test_a_profile_is_the_mark_s_whichever_model_built_it() -> None:
    profile = some_profile("u1", version=2)
    mark = mark_of(profile)
    assert is_of(mark, replace(profile, model_version="another"))
    assert not is_of(mark, replace(profile, version=3))
    assert not is_of(mark, replace(profile, as_of=profile.as_of + timedelta(microseconds=1)))
    assert not is_of(mark, None)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ({}, True),
        ({"n": 100, "exclude": ["tea-1"], "categories": ["Tea"], "price_max": 5.0}, True),
        ({"include_bought": False}, True),
        ({"include_bought": True}, False),
        ({"context_item_ids": ["tea-1"]}, False),
        ({"scenario": "home"}, True),
        ({"scenario": "buy_again"}, False),
        ({"offset": 1}, False),
        ({"diversity": 0.1}, False),
        ({"kinds": ["article"]}, False),
        ({"attributes": {"colour": ["red"]}}, False),
        ({"wish": "tea"}, False),
    ],
)
def test_only_the_top_of_a_shopper_s_own_ranking_serves_again(
    module_shop: Shop, said: dict[str, Any], plain: bool
) -> None:
    assert module_shop.answers.ranker.is_plain(RecommendRequest.model_validate(said)) is plain


def test_the_key_says_all_that_a_list_is_made_from(module_shop: Shop) -> None:
    ranker, model = module_shop.answers.ranker, module_shop.models.needed()
    mark = ProfileMark(1, "shop-1", 0)

    def key(now: datetime = NOW, mark: ProfileMark | None = mark, **said: Any) -> Any:
        return ranker.key(model, RecommendRequest.model_validate({"user_id": "u1", **said}), mark, now)

    same = key()
    assert key(n=50, exclude=["tea-1"]) == same, "what is left out is taken from the list that is kept"
    others = [
        key(language="zh"),
        key(brands=["Lark"]),
        key(price_min=1.0),
        key(user_id="u2"),
        key(mark=ProfileMark(2, "shop-1", 0)),
        key(now=NOW + timedelta(hours=1)),
    ]
    ranker.controls._controls["u1"] = Control(brands=frozenset({"Lark"}))
    others.append(key())
    del ranker.controls._controls["u1"]
    ranker.live_items.epoch += 1
    others.append(key())
    ranker.live_items.epoch -= 1
    assert len({*others, same}) == len(others) + 1
    assert key() == same


def test_a_list_is_ranked_once_for_many_answers(module_shop: Shop) -> None:
    ranker, profile = module_shop.answers.ranker, profile_of(module_shop, "u1")
    mark = mark_of(profile)
    first = ranker.kept(asked(module_shop, profile, user_id="u1"), mark, degraded=False)
    assert len(first.places) == DEPTH
    again = ranker.kept(asked(module_shop, profile, user_id="u1"), mark, degraded=False)
    assert again.places is first.places
    without = ranker.kept(
        asked(module_shop, profile, user_id="u1", exclude=[first.places[0].item_id]), mark, degraded=False
    )
    assert without.places == first.places[1:]
    longer = ranker.kept(asked(module_shop, profile, depth=40, user_id="u1"), mark, degraded=False)
    assert len(longer.places) == 40
    assert longer.places[:DEPTH] == first.places


def test_what_would_not_serve_again_is_not_kept(module_shop: Shop) -> None:
    ranker, profile = module_shop.answers.ranker, profile_of(module_shop, "u2")
    mark = mark_of(profile)
    for question, degraded, its_mark in (
        (asked(module_shop, profile, user_id="u2"), True, mark),
        (asked(module_shop, profile, user_id="u2", context_item_ids=["tea-1"]), False, mark),
        (asked(module_shop, profile, user_id="u2"), False, mark._replace(version=7)),
    ):
        assert len(ranker.kept(question, its_mark, degraded).places) == 5
    assert "u2" not in ranker.lists.users()


def test_nobody_s_list_is_for_all_but_those_who_said_something(module_shop: Shop) -> None:
    ranker = module_shop.answers.ranker
    first = ranker.kept(asked(module_shop, user_id="never seen"), None, degraded=False)
    other = ranker.kept(asked(module_shop, session_id="s"), None, degraded=False)
    assert other.places is first.places
    ranker.controls._controls["mutes"] = Control(categories=frozenset({"Tea"}))
    own = ranker.kept(asked(module_shop, user_id="mutes"), None, degraded=False)
    del ranker.controls._controls["mutes"]
    assert not any(place.item_id.startswith("tea-") for place in own.places)
    assert ranker.kept(asked(module_shop), None, degraded=False).places is first.places


def test_a_sentence_may_speak_of_what_was_done_until_a_moment(module_shop: Shop) -> None:
    ranker, profile = module_shop.answers.ranker, profile_of(module_shop, "u1")
    first = datetime.fromtimestamp(int(profile.history.times[0]), UTC)
    assert dict(ranker.known(None).actions) == {}
    assert len(ranker.known(profile).actions) > 1
    assert len(ranker.known(profile, first + timedelta(seconds=1)).actions) == 1
    assert len(ranker.known(profile, first).actions) == 0
