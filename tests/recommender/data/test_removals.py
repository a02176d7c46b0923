"""A removal takes out of the cart what was put in, wherever a history is read, and weights are a setting."""

import numpy as np
import polars as pl
import pytest

from recommender.data.event_weights import strengths
from recommender.data.history import TYPE_CODES
from recommender.data.returns import find_unreturned, without_returned
from recommender.settings import get_settings
from recommender.utils.weight_setting import parse_weights

KINDS = ["cart", "cart", "removal", "purchase", "removal", "favorite"]
ITEMS = ["tea", "cup", "cup", "tea", "mug", "cup"]


def test_only_what_was_removed_leaves_the_history() -> None:
    nothing = [None] * len(KINDS)
    assert find_unreturned(KINDS, ITEMS, nothing, nothing, list(range(6))) == [0, 3, 5]


def test_frames_say_the_same() -> None:
    frame = pl.DataFrame(
        {
            "event_id": [f"e{place}" for place in range(6)],
            "user_id": ["ann"] * 6,
            "session_id": pl.Series([None] * 6, dtype=pl.String),
            "event_type": KINDS,
            "item_id": ITEMS,
            "quantity": pl.Series([None] * 6, dtype=pl.Float64),
            "value": pl.Series([None] * 6, dtype=pl.Float64),
            "time": range(6),
        }
    )
    kept = without_returned(frame)
    assert kept["event_id"].to_list() == ["e0", "e3", "e5"]
    assert kept.columns == frame.columns


def test_a_removal_of_some_pieces_leaves_the_rest() -> None:
    assert find_unreturned(["cart", "removal"], ["tea", "tea"], [3.0, 1.0], [None, None], [0, 1]) == [0]


def test_weights_are_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = np.array([TYPE_CODES["favorite"], TYPE_CODES["cart"]], dtype=np.int8)
    values = np.full(2, np.nan, dtype=np.float32)
    assert strengths(kinds, values).tolist() == pytest.approx([0.6, 0.6])
    monkeypatch.setenv("ZHIYIN_EVENT_WEIGHTS", "favorite=0.9, cart=0.3")
    get_settings.cache_clear()
    try:
        assert strengths(kinds, values).tolist() == pytest.approx([0.9, 0.3])
    finally:
        monkeypatch.undo()
        get_settings.cache_clear()


@pytest.mark.parametrize("text", ["favorite", "dance=1", "cart=2", "cart=x"])
def test_weights_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_weights(text)
