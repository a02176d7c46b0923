"""Shoppers alike: cosines of histories in which rare items weigh more, and what those alike chose lately."""

import numpy as np
import pytest

from recommender.models.counting import user_knn
from recommender.models.counting.user_knn import UserKnn, fit_user_knn, tasted

ITEMS = 8


def drawn(seed: int = 0, shoppers: int = 9) -> tuple[UserKnn, np.ndarray, np.ndarray]:
    """Shoppers at random, their strengths (U, N), and what they have lately (U, N)."""
    rng = np.random.default_rng(seed)
    users, items = np.repeat(np.arange(shoppers), 6), rng.integers(0, ITEMS, shoppers * 6)
    taste, recent = rng.random(len(users)).astype(np.float32), rng.random(len(users)) < 0.5
    strength, lately = np.zeros((shoppers, ITEMS), dtype=np.float32), np.zeros((shoppers, ITEMS))
    np.add.at(strength, (users, items), taste)
    lately[users[recent], items[recent]] = 1
    return fit_user_knn(users, items, taste, recent, ITEMS), strength, lately


def test_shoppers_alike_are_those_with_the_same_things() -> None:
    """The shopper of 0 and 1 is like the second, who bought 2 lately, not like the third, who bought 7."""
    users = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3])
    items = np.array([0, 1, 0, 1, 2, 5, 6, 7, 4])
    ones = np.ones(len(users), dtype=np.float32)
    crowd = fit_user_knn(users, items, ones, np.ones(len(users), dtype=bool), ITEMS)
    for flow in crowd.flows(np.array([0, 1]), np.ones(2, dtype=np.float32)):
        bought = flow.everywhere(ITEMS)
        assert bought[2] > 0
        assert bought[7] == bought[4] == 0
    nobody = crowd.flows(np.array([3]), np.ones(1, dtype=np.float32))
    assert all(not flow.everywhere(ITEMS).any() for flow in nobody)


def test_likeness_is_the_cosine_of_what_shoppers_have() -> None:
    rng = np.random.default_rng(0)
    users, items = np.repeat(np.arange(6), 5), rng.integers(0, ITEMS, 30)
    taste = rng.random(30).astype(np.float32)
    crowd = fit_user_knn(users, items, taste, taste < 0, ITEMS)
    strength = np.zeros((6, ITEMS), dtype=np.float32)
    np.add.at(strength, (users, items), taste)
    plain = tasted(strength) * crowd.rarity_N
    lengths = np.maximum(np.linalg.norm(plain, axis=1), 1e-9)
    for user in range(6):
        rows = np.flatnonzero(strength[user])
        expected = plain @ plain[user] / lengths / lengths[user]
        np.testing.assert_allclose(crowd.likeness(rows, tasted(strength[user, rows])), expected, atol=1e-5)


@pytest.mark.parametrize("close", [2, 50])
def test_what_arrives_is_what_the_nearest_have_lately_by_how_alike_they_are(
    close: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(user_knn, "CLOSE", close)
    knn, strength, lately = drawn()
    rows = np.flatnonzero(strength[3])
    taste_K = tasted(strength[3, rows])
    alike_U = knn.likeness(rows, taste_K)
    nearest = np.argsort(-alike_U)[:close]
    weights_U = np.where(np.isin(np.arange(9), nearest) & (alike_U > 0), alike_U, 0) ** 1.5
    expected = (weights_U / weights_U.sum()) @ lately
    np.testing.assert_allclose(knn.flows(rows, taste_K)[0].everywhere(ITEMS), expected, atol=1e-5)


def test_of_many_shoppers_the_most_active_stay() -> None:
    users, items = np.array([0, 1, 1, 2, 2, 2]), np.array([0, 1, 2, 3, 4, 5])
    knn = fit_user_knn(users, items, np.ones(6, dtype=np.float32), np.ones(6, dtype=bool), ITEMS, most=2)
    assert len(knn.recent_items) == 2
    flow = knn.flows(np.array([0]), np.ones(1, dtype=np.float32))[0]
    assert not flow.everywhere(ITEMS).any(), "the shopper of item 0 did least"


def test_items_that_join_are_nobodys_and_an_empty_shop_has_no_neighbours() -> None:
    grown = drawn()[0].grown(2)
    assert not grown.likeness(np.array([ITEMS, ITEMS + 1]), np.ones(2, dtype=np.float32)).any()
    nobody = np.zeros(0, dtype=np.int64)
    empty = fit_user_knn(nobody, nobody, np.zeros(0, dtype=np.float32), np.zeros(0, dtype=bool), ITEMS)
    for flow in empty.flows(np.array([1]), np.ones(1, dtype=np.float32)):
        assert not flow.everywhere(ITEMS).any()


def test_strengths_are_damped_and_dislikes_count_as_nothing() -> None:
    assert tasted(np.array([-1, 0, 1, 2.25, 3, 99], dtype=np.float32)).tolist() == pytest.approx(
        [0, 0, 1, 1.5, 3**0.5, 3**0.5]
    )
