"""How unlike their own past shoppers' new behaviour is: by hand, and in a population where some swap tastes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from monitoring.shoppers import Ordinary, ServedProfile, made_comparable, new_behaviours, ordinary_changes
from monitoring.tastes import LEAST_KNOWN, Tastes
from recommender.data.catalog import Catalogue
from recommender.data.event_weights import PURCHASE
from recommender.data.history import History
from recommender.db.tables import Item

NOW = datetime(2026, 5, 1, tzinfo=UTC)
WEEK, DAY = timedelta(weeks=1), timedelta(days=1)
CATEGORIES, EACH = 30, 10
FALSE_ALARM = 0.02


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    rows = [(f"c{category:02}-{place}", f"c{category:02}") for category in range(CATEGORIES) for place in range(EACH)]
    plain = {"kind": "product", "title": "t", "description": "", "brand": "", "attributes": {}, "hidden": False}
    items = [
        Item(item_id=item, categories=[name], price=1.0, stub=False, content_hash=item, updated_at=NOW, **plain)
        for item, name in rows
    ]
    return Catalogue.from_items(items)


def history(items: list[str], days_ago: list[float]) -> History:
    times = [int((NOW - one * DAY).timestamp()) for one in days_ago]
    order = np.argsort(times, kind="stable")
    return History(
        np.array([f"e{place}" for place in order], dtype=object),
        np.array(items, dtype=object)[order],
        np.full(len(items), PURCHASE, dtype=np.int8),
        np.full(len(items), np.nan, dtype=np.float32),
        np.array(times, dtype=np.int64)[order],
    )


def test_their_own_is_near_what_is_anybodys_is_at_one_and_what_is_others_is_beyond(catalogue: Catalogue) -> None:
    rng = np.random.default_rng(1)
    others = [history(rng.choice(catalogue.ids, 200).tolist(), rng.uniform(1, 200, 200).tolist()) for _ in range(30)]
    past = [f"c00-{place % 3}" for place in range(60)]
    shoppers = {
        "as ever": history([*past, "c00-0", "c00-1"], [*range(10, 70), 1, 2]),
        "same kind": history([*past, "c00-8", "c00-9"], [*range(10, 70), 1, 2]),
        "another kind": history([*past, "c09-8", "c21-9"], [*range(10, 70), 1, 2]),
    }
    tastes = Tastes.of(catalogue, [*others, *shoppers.values()], NOW - WEEK)
    far = {name: tastes.distance(one, NOW - WEEK, NOW) for name, one in shoppers.items()}
    assert [items for _, items in far.values()] == [2, 2, 2]
    assert far["as ever"][0] < far["same kind"][0] < 1 < far["another kind"][0]
    assert 0 <= far["as ever"][0] < 0.1


def test_who_is_hardly_known_has_no_distance_and_counts_as_without_a_profile(catalogue: Catalogue) -> None:
    little = history(["c00-0"] * (LEAST_KNOWN - 1) + ["c00-1"], [*range(20, 19 + LEAST_KNOWN), 1])
    unknown = history(["c00-0"] * 20 + ["gone"], [*range(20, 40), 1])
    tastes = Tastes.of(catalogue, [little, unknown], NOW - WEEK)
    served = {name: ServedProfile(NOW - WEEK, "") for name in ("little", "unknown")}
    found = new_behaviours(tastes, {"little": little, "unknown": unknown, "new": little}, served, NOW, NOW - WEEK)
    assert {name: one.age for name, one in found.items()} == {"little": None, "new": None}


def test_of_a_population_those_who_swap_tastes_are_found(catalogue: Catalogue) -> None:
    rng, population = np.random.default_rng(3), 600
    tastes_of = [rng.dirichlet(np.full(CATEGORIES, 0.15)) for _ in range(population)]
    swapped = set(rng.choice(population, 30, replace=False).tolist())
    histories = {}
    for number in range(population):
        days = np.sort(rng.uniform(0, 120, int(rng.integers(80, 200))))
        other = tastes_of[(number + 1) % population]
        chosen = [
            f"c{rng.choice(CATEGORIES, p=other if day < 7 and number in swapped else tastes_of[number]):02}-"
            f"{min(int(rng.exponential(2)), EACH - 1)}"
            for day in days
        ]
        histories[f"u{number}"] = history(chosen, days.tolist())
    tastes = Tastes.of(catalogue, histories.values(), NOW - WEEK)
    ordinary = Ordinary(
        *ordinary_changes(tastes, histories, [NOW - WEEK, NOW - 2 * WEEK], [WEEK], 2_000, 0), FALSE_ALARM
    )
    served = {user: ServedProfile(NOW - WEEK, "") for user in histories}
    changes = made_comparable(new_behaviours(tastes, histories, served, NOW, NOW - WEEK), ordinary)
    found = {int(user[1:]) for user, one in changes.items() if one.distance > ordinary.threshold}
    assert len(found & swapped) >= 0.7 * len(swapped)
    assert len(found - swapped) <= 3 * FALSE_ALARM * population
    assert ordinary.beyond() == pytest.approx(FALSE_ALARM * len(ordinary.distances), abs=8)


def test_a_few_items_may_stray_farther_than_many() -> None:
    rng = np.random.default_rng(5)
    items = rng.integers(1, 40, 3_000)
    ordinary = Ordinary(0.5 + rng.normal(0, 0.3, 3_000) / np.sqrt(items), items, 0.01)
    few, many = ordinary.comparable(np.array([0.9, 0.9]), np.array([2, 36]))
    assert few < ordinary.threshold < many


def test_frames_without_categories_have_tastes_too(catalogue: Catalogue) -> None:
    bare = Catalogue(catalogue.frame.with_columns(categories=pl.lit([], dtype=pl.List(pl.String))))
    past = history(["c00-0"] * 20 + ["c00-0"], [*range(20, 40), 1])
    assert Tastes.of(bare, [past], NOW - WEEK).distance(past, NOW - WEEK, NOW)[0] < 1
