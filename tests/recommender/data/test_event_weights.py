"""How much an event says, and how that fades."""

import numpy as np
import pytest

from recommender.data.event_weights import DAY, decay, strengths
from recommender.data.history import TYPE_CODES
from recommender.settings import get_settings


def strength(kind: str, value: float = np.nan) -> float:
    return float(strengths(np.array([TYPE_CODES[kind]], dtype=np.int8), np.array([value], dtype=np.float32))[0])


def test_a_purchase_says_most_and_a_search_nothing_of_an_item() -> None:
    told = {kind: strength(kind) for kind in ("view", "cart", "favorite", "purchase")}
    assert 0 < told["view"] < told["cart"] <= told["favorite"] < told["purchase"] == 1
    assert strength("search") == 0
    assert strength("purchase", 0.0) == strength("purchase", 1e6) == 1, "money is no strength"


@pytest.mark.parametrize("kind", ["rating", "review"])
def test_stars_speak_for_or_against(kind: str) -> None:
    told = [strength(kind, stars) for stars in (1, 2.9, 3, 3.9, 4, 5)]
    assert told[0] == told[1] < 0
    assert 0 < told[2] == told[3] < told[4] == told[5]


def test_a_review_without_stars_has_merely_been_written_and_events_keep_their_order() -> None:
    assert strength("review") == pytest.approx(0.6)
    kinds = np.array([TYPE_CODES[kind] for kind in ("review", "purchase", "rating", "review")], dtype=np.int8)
    values = np.array([1, 1, 5, np.nan], dtype=np.float32)
    assert strengths(kinds, values).tolist() == pytest.approx([-0.5, 1, 0.8, 0.6])
    assert strengths(kinds[:0], values[:0]).shape == (0,)


def test_what_is_asked_once_is_not_changed_by_asking_of_ratings() -> None:
    before = strength("rating", 5)
    strength("rating", 1)
    assert strength("rating", 5) == before


def test_the_setting_changes_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_EVENT_WEIGHTS", "view=0.5")
    get_settings.cache_clear()
    try:
        assert (strength("view"), strength("purchase")) == (0.5, 1.0)
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()


def test_a_weight_halves_with_each_half_life_and_what_is_to_come_counts_whole() -> None:
    times = np.array([1_000_000, 1_000_000 - 10 * DAY, 1_000_000 - 25 * DAY, 1_000_000 + 99 * DAY])
    assert decay(times, 1_000_000, 10.0).tolist() == pytest.approx([1, 0.5, 2**-2.5, 1])
    assert decay(times[:0], 5, 1.0).shape == (0,)
