"""Newcomers on the test shop: who is held out is nowhere in what is learned, and every row is asked about the same."""

from datetime import UTC

import numpy as np
import polars as pl
import pytest

from benchmarks.quality import newcomers
from benchmarks.quality.newcomers import ATTRIBUTES, POPULARITY, QUERY, Shop
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_events
from tests.support.shops.trained import shop_attributes, shop_encoder, shop_texts
from training.data.interactions import make_log

QUICK = {"sequence_steps": 20, "ranker_epochs": 2, "width": 16, "minutes": 0.05}


def _shop() -> Shop:
    catalogue = shop_catalogue()
    log = make_log(pl.DataFrame(shop_events(shoppers=120), infer_schema_length=None), catalogue)
    return Shop(catalogue, shop_texts(catalogue), log, shop_attributes(), SHOP_UNTIL, days=40)


@pytest.mark.slow
def test_who_is_held_out_is_in_no_count() -> None:
    shop = _shop()
    held = {f"u{user}" for user in range(0, 108, 6)}  # all who drink tea, but two
    bundle = newcomers.learned_without(shop, held, 0, QUICK)
    everybody = newcomers.learned_without(shop, set(), 0, QUICK)
    tea = [row for row, item_id in enumerate(shop.catalogue.ids) if item_id.startswith("tea")]
    sold, all_sold = bundle.statistics.total_N[tea].sum(), everybody.statistics.total_N[tea].sum()
    assert 0 < sold < 0.6 * all_sold
    assert bundle.manifest.learned_until.astimezone(UTC) == bundle.manifest.statistics_until


def test_rows_and_goals() -> None:
    shop = _shop()
    newcomers.FIRST_EVENTS = 3
    try:
        rows, count = newcomers.measure(shop, shop_encoder(), 12, 0, QUICK)
    finally:
        newcomers.FIRST_EVENTS = 5
    assert 0 < count <= 12
    names = [row["system"] for row in rows]
    assert {POPULARITY, "nothing", ATTRIBUTES, QUERY, "first event"} <= set(names)
    assert all(0 <= row["NDCG@20"]["mean"] <= 1 for row in rows)
    value = {row["system"]: row["NDCG@20"]["mean"] for row in rows}
    assert value[ATTRIBUTES] > value[POPULARITY]
    assert np.isclose(value["nothing"], value[POPULARITY])
