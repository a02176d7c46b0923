"""A profile for people: affinities with the events that show them, what is muted, and the latest events first."""

from dataclasses import replace

import pytest

from recommender.privacy.preferences import Saying
from recommender.profiles.profile import Affinity
from services.profiles.view import RECENT_SHOWN, readable
from services.schemas.profile import ProfileResponse
from services.state.preferences import NO_PREFERENCES, Control
from tests.support.profiles import some_profile

PROFILE = some_profile("u1", events=30)
IDS = PROFILE.history.event_ids.tolist()


def title(item_id: str) -> str:
    return f"title of {item_id}"


def told(*affinities: Affinity, control: Control = NO_PREFERENCES, language: str = "en") -> ProfileResponse:
    return readable(replace(PROFILE, affinities=affinities), control, title, language, ["database"])


def test_an_affinity_names_its_events_and_passes_over_those_that_are_gone() -> None:
    (one,) = told(Affinity("category", "Tea", 0.5, (IDS[2], "taken back", IDS[4]))).affinities
    assert [event.event_id for event in one.evidence] == [IDS[2], IDS[4]]
    assert (one.title, one.muted) == ("Tea", False)


def test_what_is_bought_again_has_the_item_s_title() -> None:
    (one,) = told(Affinity("repeat", "tea-1", 30.0, ())).affinities
    assert (one.key, one.title) == ("tea-1", "title of tea-1")


@pytest.mark.parametrize(("kind", "muted"), [("category", True), ("brand", False), ("price", False)])
def test_what_is_muted_is_so_of_its_kind(kind: str, muted: bool) -> None:
    control = Control(categories=frozenset({"Lark", "Tea"}), brands=frozenset({"Wren"}))
    answer = told(Affinity(kind, "Lark", 1.0, ()), control=control)
    assert answer.affinities[0].muted is muted
    assert (answer.muted_categories, answer.muted_brands) == (["Lark", "Tea"], ["Wren"])


def test_the_latest_events_come_first_and_a_search_has_no_title() -> None:
    answer = told()
    assert [event.event_id for event in answer.recent] == IDS[::-1][:RECENT_SHOWN]
    assert {event.title for event in answer.recent if not event.item_id} == {""}
    assert [event.time.timestamp() for event in answer.recent] == PROFILE.history.times[::-1][:RECENT_SHOWN].tolist()
    assert answer.degraded == ["database"]


def test_preferences_and_language() -> None:
    control = Control(preferences=(Saying("word", "mint", False), Saying("brand", "Lark", True)))
    answer = told(control=control, language="zh")
    assert [(one.key, one.wanted) for one in answer.preferences] == [("mint", False), ("Lark", True)]
    assert answer.summary != told(control=control).summary == PROFILE.summary
