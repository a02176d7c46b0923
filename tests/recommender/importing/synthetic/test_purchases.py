"""Purchases of a synthetic shop: each shopper's in time, none twice in a basket, the same for a seed."""

from datetime import timedelta

import numpy as np
import polars as pl

from recommender.importing.synthetic.catalogue import make_catalogue
from recommender.importing.synthetic.description import read_description
from recommender.importing.synthetic.purchases import END, at_part, draw_seconds, purchase_frames

DESCRIPTION = read_description()
CATALOGUE = make_catalogue(DESCRIPTION, 2_000, 0)


def bought(shoppers: int = 100, days: int = 60, seed: int = 0, rows: int = 3_000) -> pl.DataFrame:
    """All purchases of a small shop."""
    return pl.concat(purchase_frames(CATALOGUE, shoppers, days, seed, rows))


def test_the_same_seed_makes_the_same_purchases() -> None:
    assert bought().equals(bought())
    assert not bought(seed=1).equals(bought())


def test_ids_are_ids_and_times_lie_in_the_days() -> None:
    frame = bought()
    assert frame["event_id"].n_unique() == len(frame)
    assert frame.select("session_id", "item_id").n_unique() == len(frame)
    assert frame["time"].min() >= END - timedelta(days=60)  # type: ignore[operator]
    assert frame["time"].max() < END  # type: ignore[operator]
    assert frame["user_id"].n_unique() <= 100


def test_a_shopper_s_purchases_come_in_time() -> None:
    steps = bought().select(pl.col("time").diff().over("user_id"))["time"].drop_nulls()
    assert steps.min() >= timedelta(0)  # type: ignore[operator]


def test_a_frame_is_about_as_long_as_was_asked_for_whatever_the_shop() -> None:
    lengths = [len(frame) for frame in purchase_frames(CATALOGUE, 600, 60, 0, 5_000)]
    assert len(lengths) > 5
    assert max(lengths) < 15_000


def test_few_days_leave_some_shoppers_without_a_purchase() -> None:
    assert 0 < bought(days=3)["user_id"].n_unique() < 100


def test_moments_follow_the_source_s_hours() -> None:
    seconds = draw_seconds(DESCRIPTION, 50_000, 364, np.random.default_rng(0))
    share = np.bincount(seconds // 3600 % 24, minlength=24) / len(seconds)
    assert np.abs(share - np.array(DESCRIPTION.hours).sum(axis=0)).max() < 0.01


def test_a_quantile_lies_in_its_part() -> None:
    assert at_part((1.0, 2.0, 4.0), np.array([0.0, 0.34, 0.99, 1.0])).tolist() == [1, 2, 4, 4]
