"""Towers as arrays: chances sum to one, what isn't there is no neighbour, content alone places an item."""

import numpy as np
import pytest
import scipy.sparse as sp

from recommender.ranker.items import item_facts
from recommender.ranker.log import Floats
from recommender.ranker.towers import Towers, content_of


def small_towers(items: int = 6, width: int = 4) -> Towers:
    rng = np.random.default_rng(3)

    def vectors() -> Floats:
        found = rng.standard_normal((items, width)).astype(np.float32)
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), dtype=np.float32)

    return Towers(vectors(), vectors(), vectors(), vectors(), np.arange(items, dtype=np.float32), 5.0)


def test_chances_sum_to_one_and_follow_the_cosine() -> None:
    towers = small_towers()
    history = sp.csr_matrix(np.eye(6, dtype=np.float32)[:2])
    cosines = towers.cosines(history)
    chances = np.exp(towers.chances(cosines))
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    odds = np.log(chances[0, 1] / chances[0, 0])
    assert odds == pytest.approx(5 * (cosines[0, 1] - cosines[0, 0]) + 1, abs=1e-3)


def test_what_is_not_there_is_no_neighbour() -> None:
    near = small_towers().nearest(np.array([[1, 0]]), np.array([[True, False]]), np.array([[2, 3, 4]]))
    assert near.shape == (1, 2, 3)
    assert (near[0, 1] == -1).all()
    assert (near[0, 0] > -1).all()


def test_items_alike_have_content_alike_and_missing_content_is_none() -> None:
    titles = ["red nail polish", "red nail polish", "hair dryer", "hair dryer", "", ""]
    brands = ["a", "a", "b", "b", "", ""]
    facts = item_facts(np.zeros((6, 3), dtype=np.float32), titles, brands, [[brand] for brand in brands])
    content = content_of(facts)
    np.testing.assert_allclose(content[0], content[1], atol=1e-5)
    assert content[0] @ content[1] > 2 * abs(content[0] @ content[2])
    np.testing.assert_allclose(content[4], 0, atol=1e-5)
    nothing = content_of(item_facts(np.zeros((4, 3), dtype=np.float32), [""] * 4, [""] * 4, [[]] * 4))
    assert np.isfinite(nothing).all()
