"""f and h: what a profile says, that each claim has its events, and that it never sees the future."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.profiles.profile import Profile, build_profile, build_profiles
from tests.support.shops.shop import SHOP_UNTIL, leaning, shop_events, shop_history
from tests.support.shops.trained import shop_bundle


def _profile(user_id: str, history: History | None = None) -> Profile:
    return build_profile(shop_bundle(), user_id, history or shop_history(user_id), SHOP_UNTIL, 1)


def _categories(profile: Profile) -> dict[str, float]:
    return {one.key: one.weight for one in profile.affinities if one.kind == "category"}


@pytest.mark.parametrize("user", range(6))
def test_the_strongest_category_is_the_one_the_shopper_leans_to(user: int) -> None:
    profile = _profile(f"u{user}")
    categories = _categories(profile)
    assert max(categories, key=categories.__getitem__) == leaning(user)
    assert leaning(user) in profile.summary
    assert np.linalg.norm(profile.vector) == pytest.approx(1, abs=1e-5)


def test_every_affinity_is_shown_by_events_of_its_own() -> None:
    events = {str(row["event_id"]): row for row in shop_events()}
    catalogue = shop_bundle().catalogue
    for user in range(12):
        for affinity in _profile(f"u{user}").affinities:
            assert affinity.evidence
            rows = [events[event_id] for event_id in affinity.evidence]
            assert all(row["user_id"] == f"u{user}" for row in rows)
            assert [row["time"] for row in rows] == sorted((row["time"] for row in rows), reverse=True)  # type: ignore[type-var]
            places = catalogue.rows_of(str(row["item_id"]) for row in rows)
            if affinity.kind == "category":
                assert {catalogue.paths[catalogue.path_codes[place]][-1] for place in places} == {affinity.key}
            elif affinity.kind == "brand":
                assert {catalogue.brands[catalogue.brand_codes[place]] for place in places} == {affinity.key}
            elif affinity.kind == "repeat":
                assert {(row["item_id"], row["event_type"]) for row in rows} == {(affinity.key, "purchase")}


def test_shares_are_shares() -> None:
    for user in range(12):
        assert sum(_categories(_profile(f"u{user}")).values()) <= 1.001


def test_the_future_changes_nothing() -> None:
    past = shop_history("u1")
    future = Event(event_id="f", user_id="u1", item_id="baby-0", event_type="purchase", time=SHOP_UNTIL)
    rows = [Event(**row) for row in shop_events() if row["user_id"] == "u1"]
    planted = History.of([*rows, future])
    assert len(planted) == len(past) + 1
    before, after = _profile("u1", past), _profile("u1", planted)
    np.testing.assert_array_equal(before.vector, after.vector)
    assert (before.affinities, before.summary) == (after.affinities, after.summary)


def test_one_by_one_and_all_together_are_the_same() -> None:
    users = [f"u{user}" for user in range(8)]
    together = build_profiles(shop_bundle(), [(user, shop_history(user), 1) for user in users], SHOP_UNTIL)
    for user, profile in zip(users, together, strict=True):
        np.testing.assert_allclose(profile.vector, _profile(user).vector, atol=1e-5)
        assert profile.affinities == _profile(user).affinities


def test_a_shopper_nobody_knows_and_one_whose_items_are_gone() -> None:
    empty = _profile("nobody", History.of([]))
    assert (empty.affinities, empty.summary) == ((), "Nothing is known of this shopper yet.")
    assert not empty.vector.any()
    gone = replace(shop_history("u1"), item_ids=np.full(len(shop_history("u1")), "gone", dtype=object))
    assert not _profile("u1", gone).vector.any()


def test_a_search_and_a_bad_rating_dont_speak_for_an_item() -> None:
    moment = SHOP_UNTIL - timedelta(days=1)
    history = History.of(
        [
            Event(event_id="1", user_id="x", item_id=None, event_type="search", time=moment),
            Event(event_id="2", user_id="x", item_id="toys-1", event_type="rating", value=1.0, time=moment),
            Event(event_id="3", user_id="x", item_id="tea-1", event_type="view", time=moment),
        ]
    )
    assert _categories(_profile("x", history)) == {"Tea": 1.0}
    assert _profile("x", history).summary.startswith("Looks at Tea (100%)")
