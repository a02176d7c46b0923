"""Profiles just built are found again only as the very version that the online store holds."""

from dataclasses import replace
from datetime import timedelta

from services.profiles.recent_cache import JustBuilt, mark_of
from tests.support.profiles import some_profile


def test_a_profile_is_found_by_its_own_mark_alone() -> None:
    kept, profile = JustBuilt(), some_profile("u1", version=3)
    kept.put([profile])
    mark = mark_of(profile)
    assert kept.get("u1", mark) is profile
    assert kept.get("u2", mark) is None
    for other in (
        replace(profile, version=4),
        replace(profile, model_version="model-2"),
        replace(profile, as_of=profile.as_of + timedelta(microseconds=1)),
    ):
        assert kept.get("u1", mark_of(other)) is None


def test_the_latest_profile_takes_the_place_of_the_one_before() -> None:
    kept = JustBuilt()
    former, latest = (some_profile("u1", version=version) for version in (1, 2))
    kept.put([former, latest])
    assert kept.get("u1", mark_of(former)) is None
    assert kept.get("u1", mark_of(latest)) is latest


def test_the_earliest_built_leave_first_and_who_is_forgotten_at_once() -> None:
    kept = JustBuilt(most=2)
    kept.put(some_profile(user) for user in ("u1", "u2"))
    kept.put([some_profile("u1")])  # built anew
    kept.put([some_profile("u3")])
    assert kept.users() == {"u1", "u3"}
    kept.forget("u1")
    kept.forget("nobody")
    assert kept.users() == {"u3"}
