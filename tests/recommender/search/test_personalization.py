"""How much items are a shopper's own kind of thing, from their profile."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from recommender.data.history import History
from recommender.db.tables import Event
from recommender.profiles.profile import Profile, build_profile
from recommender.search.personalization import HALF_LIFE_DAYS, Shares, affinity
from recommender.search.search_index import SearchIndex, Shopfront
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_history
from tests.support.shops.trained import shop_bundle

NOW = int(SHOP_UNTIL.timestamp())
OWN, SEQUENCE = Shares(1, 0, 0, 0), Shares(0, 1, 0, 0)
CATEGORY, BRAND = Shares(0, 0, 1, 0), Shares(0, 0, 0, 1)


@pytest.fixture(scope="module")
def front() -> Shopfront:
    frame = shop_catalogue().frame.with_columns(searched="title", attributes=pl.lit("{}"))
    return Shopfront(SearchIndex(frame), shop_bundle())


@pytest.fixture(scope="module")
def profile() -> Profile:
    return build_profile(shop_bundle(), "u2", shop_history("u2"), SHOP_UNTIL, 1)  # who leans to pets


def all_items(front: Shopfront) -> NDArray[np.int64]:
    return np.arange(len(front.index))


def bought(*item_ids: str, days_ago: float = 0, kind: str = "purchase") -> History:
    event = {"user_id": "u", "event_type": kind, "value": None, "quantity": 1.0}
    rows = [Event(event_id=f"e{place}", item_id=one, time=SHOP_UNTIL, **event) for place, one in enumerate(item_ids)]
    history = History.of(rows)
    return replace(history, times=history.times - int(days_ago * 86_400))


def test_a_shoppers_kind_comes_before_other_kinds_and_all_lie_between_0_and_1(
    front: Shopfront, profile: Profile
) -> None:
    near_O = affinity(front, profile, all_items(front), NOW)
    assert near_O.min() >= 0
    assert near_O.max() <= 1
    is_pet = np.array([item_id.startswith("pets-") for item_id in front.index.catalogue.ids])
    assert near_O[is_pet].mean() > 2 * near_O[~is_pet].mean()


def test_what_was_bought_itself_counts_by_how_long_ago(front: Shopfront, profile: Profile) -> None:
    tea = front.index.catalogue.rows_of(["tea-3", "tea-4"])
    for days, done in ((0, 1.0), (HALF_LIFE_DAYS, 0.5), (2 * HALF_LIFE_DAYS, 0.25)):
        own = replace(profile, history=bought("tea-3", days_ago=days))
        assert affinity(front, own, tea, NOW, OWN).tolist() == pytest.approx([done / (1 + done), 0], rel=1e-5)
    later = replace(profile, history=bought("tea-3", days_ago=-1))
    assert not affinity(front, later, tea, NOW, OWN).any()  # it has not happened yet


def test_of_items_that_the_index_does_not_have_nothing_is_made(front: Shopfront, profile: Profile) -> None:
    gone = replace(profile, history=bought("no-such-item"))
    assert not affinity(front, gone, all_items(front), NOW, OWN).any()
    assert affinity(front, profile, np.array([], dtype=np.int64), NOW).shape == (0,)


def test_the_most_likely_next_item_has_1_and_the_least_likely_0(front: Shopfront, profile: Profile) -> None:
    near_O = affinity(front, profile, all_items(front), NOW, SEQUENCE)
    cosine_O = front.bundle.item_cosines(profile.vector, front.row_O)
    assert (near_O.argmax(), near_O.argmin()) == (cosine_O.argmax(), cosine_O.argmin())
    assert (near_O.max(), near_O.min()) == pytest.approx((1, 0), abs=1e-6)


def test_a_profile_of_another_model_says_nothing_by_its_vector(front: Shopfront, profile: Profile) -> None:
    other = replace(profile, model_version="another")
    assert not affinity(front, other, all_items(front), NOW, SEQUENCE).any()
    nobody = replace(profile, vector=np.zeros_like(profile.vector))
    assert not affinity(front, nobody, all_items(front), NOW, SEQUENCE).any()


def test_leanings_are_measured_against_the_largest(front: Shopfront, profile: Profile) -> None:
    for shares, kind in ((CATEGORY, "category"), (BRAND, "brand")):
        weights = {one.key: one.weight for one in profile.affinities if one.kind == kind}
        near_O = affinity(front, profile, all_items(front), NOW, shares)
        catalogue = front.index.catalogue
        names = [path[-1] for path in catalogue.frame["categories"].to_list()]
        if kind == "brand":
            names = catalogue.frame["brand"].to_list()
        most = max(weights.values())
        assert near_O.tolist() == pytest.approx([weights.get(name, 0) / most for name in names], rel=1e-5)
    without = replace(profile, affinities=())
    assert not affinity(front, without, all_items(front), NOW, CATEGORY).any()
