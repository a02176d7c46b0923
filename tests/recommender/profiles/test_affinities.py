"""What a shopper leans to, by sums over their own events; the events that show it; one sentence of it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY
from recommender.data.history import TYPE_CODES, History
from recommender.profiles.affinities import LEAST_SHARE, Affinity, find_affinities, summarise
from recommender.profiles.user_state import Shopper, prepare
from tests.support.shops.counted import MOMENT, counted_bundle, query_of

BUNDLE = counted_bundle()


def shopper_of(*events: tuple[str, str, float]) -> Shopper:
    """(item, event type, days ago), oldest first; the events' ids are e0, e1, ..."""
    history = History(
        np.array([f"e{place}" for place in range(len(events))], dtype=object),
        np.array([item for item, _, _ in events], dtype=object),
        np.array([TYPE_CODES[kind] for _, kind, _ in events], dtype=np.int8),
        np.full(len(events), np.nan, dtype=np.float32),
        np.array([MOMENT - int(ago * DAY) for _, _, ago in events], dtype=np.int64),
    )
    return prepare(history, BUNDLE.catalogue, MOMENT)


def of_kind(affinities: tuple[Affinity, ...], kind: str) -> list[Affinity]:
    return [one for one in affinities if one.kind == kind]


@pytest.mark.parametrize("user", ["u0", "u5", "u11"])
def test_categories_and_brands_are_shares_of_what_the_shopper_keeps_doing(user: str) -> None:
    shopper = query_of(user).shopper
    found = find_affinities(BUNDLE, shopper)
    total = float(shopper.lasting_K.sum())
    namings: tuple[tuple[str, Callable[[int], str]], ...] = (
        ("category", lambda row: BUNDLE.catalogue.paths[BUNDLE.catalogue.path_codes[row]][-1]),
        ("brand", lambda row: BUNDLE.catalogue.brands[BUNDLE.catalogue.brand_codes[row]]),
    )
    for kind, names_of in namings:
        shares: dict[str, float] = {}
        for row, weight in zip(shopper.rows_K.tolist(), shopper.lasting_K.tolist(), strict=True):
            shares[names_of(row)] = shares.get(names_of(row), 0) + weight / total
        expected = {name: share for name, share in shares.items() if share >= LEAST_SHARE}
        told = of_kind(found, kind)
        assert {one.key: one.weight for one in told} == pytest.approx(expected, abs=1e-3)
        assert [one.weight for one in told] == sorted((one.weight for one in told), reverse=True)


def test_an_affinity_is_shown_by_its_latest_events_that_speak_for_it() -> None:
    events = [("tea-0", "purchase", 9 - place) for place in range(8)]
    found = of_kind(find_affinities(BUNDLE, shopper_of(*events, ("toys-0", "search", 0.5))), "category")
    assert [(one.key, one.evidence) for one in found] == [("Tea", ("e7", "e6", "e5", "e4", "e3"))]


def test_the_repeat_cycle_is_the_median_of_days_between_purchases() -> None:
    days_ago = (40, 33, 26, 18)
    shopper = shopper_of(
        *(("tea-1", "purchase", ago) for ago in days_ago), ("tea-1", "view", 1), ("tea-2", "purchase", 1)
    )
    (repeat,) = of_kind(find_affinities(BUNDLE, shopper), "repeat")
    assert (repeat.key, repeat.weight, repeat.evidence) == ("tea-1", 7.0, ("e3", "e2", "e1", "e0"))
    assert "Black tea about every 7 days" in summarise(BUNDLE, shopper, find_affinities(BUNDLE, shopper))
    same_day = shopper_of(*(("tea-1", "purchase", 3 + place / 1000) for place in range(3)))
    assert of_kind(find_affinities(BUNDLE, same_day), "repeat") == [], "one day of three purchases is no habit"
    daily = shopper_of(*(("tea-1", "purchase", ago) for ago in (4, 3, 2, 1)))
    assert "Black tea nearly every day" in summarise(BUNDLE, daily, find_affinities(BUNDLE, daily))


@pytest.mark.parametrize(("item", "band"), [("tea-0", "low"), ("tea-5", "medium"), ("tea-9", "high")])
def test_prices_fall_into_a_third_of_the_catalogues(item: str, band: str) -> None:
    (price,) = of_kind(find_affinities(BUNDLE, shopper_of((item, "purchase", 1))), "price")
    assert (price.key, price.weight) == (band, 1.0)


def test_what_has_no_price_category_or_brand_is_not_named() -> None:
    frame = BUNDLE.catalogue.frame.with_columns(price=np.full(60, np.nan), brand=np.full(60, ""))
    nameless = replace(BUNDLE, catalogue=Catalogue(frame))
    assert {one.kind for one in find_affinities(nameless, shopper_of(("tea-0", "purchase", 1)))} == {"category"}


def test_who_has_done_nothing_or_only_disliked_leans_to_nothing() -> None:
    nobody = shopper_of()
    assert find_affinities(BUNDLE, nobody) == ()
    assert summarise(BUNDLE, nobody, ()) == "Nothing is known of this shopper yet."
    searching = shopper_of(("tea-0", "search", 1))
    assert find_affinities(BUNDLE, searching) == ()
    assert summarise(BUNDLE, searching, ()) == "Looked at 1 different items so far."


def test_the_sentence_says_what_the_affinities_say_and_no_more() -> None:
    viewed, bought = shopper_of(("tea-0", "view", 1)), shopper_of(("tea-0", "purchase", 1))
    affinities = (
        Affinity("category", "Tea", 0.6, ()), Affinity("category", "Toys", 0.3, ()),
        Affinity("category", "Pets", 0.06, ()),
        Affinity("brand", "Lark", 0.7, ()), Affinity("brand", "Wren", 0.1, ()), Affinity("price", "low", 0.4, ()),
    )  # fmt: skip
    assert summarise(BUNDLE, bought, affinities) == "Buys Tea (60%), Toys (30%) and Pets (6%); chooses Lark."
    assert summarise(BUNDLE, viewed, affinities).startswith("Looks at Tea (60%)")
    dear = (Affinity("price", "high", 0.5, ()),)
    assert summarise(BUNDLE, bought, dear) == "Keeps mostly to high prices."
