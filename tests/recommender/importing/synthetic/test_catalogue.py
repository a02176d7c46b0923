"""Items of a synthetic shop: the same for a seed, as popular and as named as the source's, at any size."""

import numpy as np
import polars as pl
import pytest

from recommender.importing.synthetic.catalogue import make_catalogue, weights_by_rank
from recommender.importing.synthetic.description import read_description

DESCRIPTION = read_description()


def test_the_same_seed_makes_the_same_items_however_many_at_a_time() -> None:
    one, same, other = (make_catalogue(DESCRIPTION, 2_000, seed) for seed in (1, 1, 2))
    assert pl.concat(one.frames(300)).equals(pl.concat(same.frames(2_000)))
    assert not pl.concat(other.frames(300)).equals(pl.concat(one.frames(300)))


@pytest.mark.parametrize("items", [1, 50, 5_000, 200_000])
def test_weights_fall_with_the_rank_and_sum_to_one(items: int) -> None:
    weights = weights_by_rank(DESCRIPTION, items)
    assert np.isclose(weights.sum(), 1)
    assert weights.min() >= 0
    assert weights[0] == weights.max()


@pytest.mark.parametrize("items", [10_000, 100_000])
def test_a_part_of_the_catalogue_has_the_source_s_share(items: int) -> None:
    place, share = np.array(DESCRIPTION.sold).T
    first = weights_by_rank(DESCRIPTION, items)[: items // 100].sum()
    assert np.isclose(first, np.interp(0.01, place, share), atol=0.01)


def test_every_item_has_a_title_a_category_and_a_price() -> None:
    frame = pl.concat(make_catalogue(DESCRIPTION, 3_000, 0).frames(1_000))
    assert frame["item_id"].n_unique() == 3_000
    assert frame["price"].min() > 0  # type: ignore[operator]
    assert frame["title"].str.len_chars().min() > 0  # type: ignore[operator]
    known = [list(kind.path) for kind in DESCRIPTION.categories]
    assert all(path in known for path in frame["categories"].str.json_decode(pl.List(pl.String)).to_list())


def test_items_are_drawn_as_often_as_their_weight_says() -> None:
    catalogue = make_catalogue(DESCRIPTION, 500, 0)
    random = np.random.default_rng(0)
    drawn = catalogue.draw_items(catalogue.draw_categories((200_000,), random), random)
    share = np.bincount(drawn, minlength=500) / len(drawn)
    assert np.abs(share - catalogue.weight_N).max() < 0.005
