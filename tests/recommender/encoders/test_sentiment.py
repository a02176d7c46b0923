"""Reviews in words: their verdict in stars, the same by every way into the log, and what it does to a profile."""

import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from recommender.data.history import History
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.encoders import sentiment
from recommender.encoders.sentiment import stars_of, tone
from recommender.importing.sources import run_folder
from recommender.profiles.profile import Profile, build_profile
from recommender.profiles.user_state import prepare
from recommender.settings import Settings
from recommender.store import queries
from tests.support.shops.shop import SHOP_UNTIL, shop_events, shop_items
from tests.support.shops.trained import shop_bundle

BAD, GOOD = "Terrible. It broke after a day, a waste of money.", "I love it, works great!"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (GOOD, 1),
        (BAD, -1),
        ("not good", -1),
        ("很好喝，全家都喜欢", 1),
        ("太差了，完全是垃圾", -1),
        ("不好用，不推荐", -1),
        ("不错，值得回购", 1),
        ("it is a tea", 0),
        ("一包茶", 0),
        ("", 0),
    ],
)
def test_words_are_for_or_against(text: str, verdict: int) -> None:
    assert np.sign(tone(text)) == verdict
    assert -1 <= tone(text) <= 1
    (stars,) = stars_of([text])
    assert np.isnan(stars) if verdict == 0 else np.sign(stars - 3) == verdict


def test_reading_is_quick() -> None:
    stars_of([GOOD])
    started = time.process_time()
    stars_of([GOOD, BAD, "很好喝"] * 500)
    assert time.process_time() - started < 1.5  # 1,500 reviews


def test_without_the_lexicon_english_has_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentiment, "find_spec", lambda name: None)
    sentiment._english.cache_clear()
    assert np.isnan(stars_of([BAD])).all()
    monkeypatch.undo()
    sentiment._english.cache_clear()
    assert stars_of([BAD])[0] < 3


def test_every_way_into_the_log_gives_the_same_stars(database: Settings, tmp_path: Path) -> None:
    with session_scope() as session:
        session.add_all(shop_items())
    lines = [f'tea-{place},ann,review,"{text}",,2026-03-01' for place, text in enumerate((BAD, GOOD, "一包茶"))]
    lines.append(f'tea-3,ann,review,"{BAD}",5,2026-03-01')
    (tmp_path / "interactions.csv").write_text("\n".join(["item_id,user_id,event_type,text,value,time", *lines]))
    run_folder(tmp_path)
    with session_scope() as session:
        imported = {row.item_id: row.value for row in session.scalars(select(Event))}
        rows = [
            {"event_id": f"r{place}", "user_id": "bob", "item_id": f"tea-{place}", "event_type": "review", "text": text}
            | {"time": SHOP_UNTIL, "value": value}
            for place, (text, value) in enumerate([(BAD, None), (GOOD, None), ("一包茶", None), (BAD, 5.0)])
        ]
        queries.add_events(session, rows)
    with session_scope() as session:
        taken = {row.item_id: row.value for row in session.scalars(select(Event).where(Event.user_id == "bob"))}
    assert imported == pytest.approx(taken, nan_ok=True)
    assert imported["tea-0"] is not None
    assert imported["tea-0"] < 3 < (imported["tea-1"] or 0)
    assert imported["tea-2"] is None
    assert imported["tea-3"] == 5  # the shopper's own stars count


def _with_review(text: str) -> History:
    rows = [row for row in shop_events() if row["user_id"] == "u0"]
    stars = float(stars_of([text])[0])
    review: dict[str, object] = {"event_id": "review", "user_id": "u0", "item_id": "tea-3", "event_type": "review"}
    review |= {"value": None if np.isnan(stars) else stars, "time": SHOP_UNTIL - timedelta(hours=1)}
    return History.of([Event(**row) for row in (*rows, review)])


def _tea(text: str) -> tuple[float, float]:
    """The share of tea in the profile, and the weight of the reviewed item."""
    bundle = shop_bundle()
    profile: Profile = build_profile(bundle, "u0", _with_review(text), SHOP_UNTIL, 1)
    shopper = prepare(profile.history, bundle.catalogue, int(SHOP_UNTIL.timestamp()))
    own_K = shopper.rows_K == bundle.catalogue.index["tea-3"]  # none where it was panned
    shares = {one.key: one.weight for one in profile.affinities if one.kind == "category"}
    return shares["Tea"], float(shopper.frequency_KH[own_K, 1].sum())


def test_a_bad_review_lowers_its_item_and_a_good_one_raises_it() -> None:
    bad, silent, good = _tea(BAD), _tea("a tea"), _tea(GOOD)
    assert bad[1] < silent[1] < good[1]
    assert bad[0] < silent[0] < good[0]
    before = prepare(_with_review("a tea").take(slice(None, -1)), shop_bundle().catalogue, int(SHOP_UNTIL.timestamp()))
    place = np.flatnonzero(before.rows_K == shop_bundle().catalogue.index["tea-3"])
    assert bad[1] < (float(before.frequency_KH[place[0], 1]) if len(place) else 0.0)  # worse than no review at all
