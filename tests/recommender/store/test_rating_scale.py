"""Ratings in other numbers than 1 to 5 stars: learned or set, and good and bad all the same."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from recommender.data.event_weights import strengths
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.importing.sources import run_folder
from recommender.settings import Settings, get_settings
from recommender.store.latest_events import latest_events
from recommender.store.queries import add_events, load_history
from recommender.store.rating_scale import rating_scale, sync_scale
from recommender.utils.rating_scale import STARS, Scale, infer_scale, parse_scale
from tests.support.shops.files import write

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ITEMS = "item_id,title\n" + "".join(f"i{number},Thing {number}\n" for number in range(6))
HEAD = "user_id,item_id,event_type,value,timestamp\n"
SCALES = {
    "1..5": (1, 2, 4, 5),
    "1..10": (1, 3, 8, 10),
    "0..100": (0, 20, 85, 100),
    "0..1": (0, 0.2, 0.9, 1),
    "-1..1": (-1, -0.5, 0.8, 1),
    "-10..10": (-9.5, -3, 7, 9.9),
}


def import_ratings(folder: Path, *values: float) -> tuple[str, ...]:
    """Of ann, each of an item of its own."""
    rows = "".join(f"ann,i{place},rating,{value},2026-02-{place + 1:02}\n" for place, value in enumerate(values))
    return run_folder(write(folder, items__csv=ITEMS, interactions__csv=HEAD + rows)).notes


def signs() -> list[int]:
    """What each of ann's events says of its item, in order of time."""
    with session_scope() as session:
        history = load_history(session, "ann")
    return [int(one) for one in np.sign(strengths(history.event_types, history.values))]


@pytest.mark.parametrize("scale", SCALES)
def test_low_ratings_speak_against_and_high_ones_for_whatever_the_numbers(
    database: Settings, tmp_path: Path, scale: str
) -> None:
    notes = import_ratings(tmp_path, *SCALES[scale])
    assert signs() == [-1, -1, 1, 1]
    with session_scope() as session:
        assert str(rating_scale(session)) == scale
        kept = list(session.scalars(select(Event.value).order_by(Event.time)))
        stars = latest_events(session, 100).sort("time")["value"].to_list()
    assert kept == list(SCALES[scale]), "as they were given"
    assert (stars[0] < 2.1, stars[-1] > 4.9) == (True, True)
    assert any(f"taken as from {scale}" in note for note in notes) == (scale != "1..5")


def test_a_scale_is_learned_again_from_all_ratings(database: Settings, tmp_path: Path) -> None:
    import_ratings(tmp_path, 2, 5, 5)
    assert signs() == [-1, 1, 1]
    more = tmp_path / "more"
    more.mkdir()
    import_ratings(more, 9)
    assert signs()[1] == -1, "5 of 10 is none too good"


def test_nothing_but_ones_is_panned_and_told(database: Settings, tmp_path: Path) -> None:
    rows = "".join(f"u{number},i{number % 6},rating,1,2026-02-01\n" for number in range(40))
    told = run_folder(write(tmp_path, items__csv=ITEMS, interactions__csv=HEAD + rows)).notes
    assert any("for likes set ZHIYIN_RATING_SCALE=0..1" in note for note in told)
    with session_scope() as session:
        assert rating_scale(session) == STARS


def test_the_setting_decides(database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_RATING_SCALE", "0..20")
    get_settings.cache_clear()
    import_ratings(tmp_path, 4, 18)
    assert signs() == [-1, 1]
    monkeypatch.delenv("ZHIYIN_RATING_SCALE")
    get_settings.cache_clear()
    with session_scope() as session:
        assert sync_scale(session, None) == Scale(0, 100)
        assert sync_scale(session, None) is None


def test_words_of_a_review_mean_the_same_on_every_scale(database: Settings, tmp_path: Path) -> None:
    def review(event_id: str, text: str, value: float | None = None) -> dict[str, object]:
        number = int(event_id)
        return {
            "event_id": event_id,
            "user_id": "ann",
            "item_id": f"i{number}",
            "event_type": "review",
            "text": text,
            "value": value,
            "time": NOW + timedelta(days=number),
        }

    with session_scope() as session:
        add_events(session, [review("0", "Terrible, it broke at once"), review("1", "Wonderful, I love it")])
        before = [float(value or 0) for value in session.scalars(select(Event.value).order_by(Event.event_id))]
        for number in range(5):
            add_events(session, [review("2", "no words", 10.0) | {"event_id": f"given-{number}"}])
        assert sync_scale(session, None) == Scale(1, 10)
        add_events(session, [review("3", "Terrible, it broke at once")])
        values = {event_id: value for event_id, value in session.execute(select(Event.event_id, Event.value))}
        history = load_history(session, "ann")
    assert values["0"] == pytest.approx(1 + 9 * (before[0] - 1) / 4)
    assert values["3"] == pytest.approx(values["0"])
    assert history.values[:2].tolist() == pytest.approx(before, abs=1e-4)
    assert np.sign(strengths(history.event_types, history.values)).tolist() == [-1, 1, 1, 1, 1, 1, 1, -1]


def test_what_is_learned_of_how_often_each_value_was_given() -> None:
    assert infer_scale({}, {}) == STARS
    assert infer_scale({1: 3}, {}) == STARS
    assert infer_scale({0: 4}, {}) == STARS
    assert infer_scale({1: 2_000}, {}) == STARS, "what everybody panned is no like"
    assert infer_scale({0: 1, 1: 20}, {}) == Scale(0, 1)
    assert infer_scale({0.5: 1, 5: 2}, {}) == STARS
    assert infer_scale({3: 5_000, 5: 5_000, 10: 3}, {}) == STARS, "a slip among ten thousand"
    assert infer_scale({3: 50, 5: 50, 10: 3}, {}) == Scale(1, 10)
    assert infer_scale({-1: 1, 1: 1}, {4.2: 9}) == Scale(-1, 1), "what words amount to isn't a number that was given"
    assert infer_scale({}, {9.0: 2, 4.0: 2}) == Scale(1, 10)
    assert infer_scale({0: 1, 500: 2}, {}) == Scale(0, 500)


def test_a_token_alone_teaches_no_scale(database: Settings, tmp_path: Path) -> None:
    import_ratings(tmp_path, 2, 4, 5)
    claim = {"event_id": "x", "user_id": "mallory", "item_id": "i1", "event_type": "rating", "value": 90.0, "time": NOW}
    with session_scope() as session:
        add_events(session, [{**claim, "confirmed": False}])
        assert sync_scale(session, None) is None
        assert rating_scale(session) == STARS


@pytest.mark.parametrize("text", ["", "5", "5..1", "1..x", "1..1", "nan..3"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"scale|float"):
        parse_scale(text)
