"""The replay on the test shop: what each way may know, and what the report holds."""

from datetime import timedelta

import pytest

from benchmarks.quality.replay import FULL, INCREMENTAL, PROFILES, STATIC, Shop, goals, run
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, shop_catalogue, shop_frame
from tests.support.shops.trained import shop_texts
from training.data.interactions import make_log


@pytest.mark.slow
def test_three_weeks_of_the_test_shop() -> None:
    catalogue = shop_catalogue()
    settings = {"width": 32, "sequence_length": 32, "sequence_steps": 30, "minutes": 0.05}
    shop = Shop(catalogue, shop_texts(catalogue), make_log(shop_frame(), catalogue), SHOP_FROM, 40, settings)
    report = run(shop, 3)
    rows = {row["system"]: row for row in report["rows"]}
    assert list(rows) == [STATIC, PROFILES, INCREMENTAL, FULL]
    assert all(len(row["weeks"]) == 3 for row in rows.values())
    first = [row["weeks"][0]["NDCG@20"] for row in rows.values()]
    assert max(first) == min(first)  # one model, and the same profiles
    assert rows[STATIC]["compute"]["mean"] == rows[PROFILES]["compute"]["mean"] == 0
    assert 0 < rows[INCREMENTAL]["compute"]["mean"] < rows[FULL]["compute"]["mean"]
    assert shop.params(SHOP_UNTIL).start == SHOP_FROM
    assert shop.params(SHOP_UNTIL).test_from == SHOP_UNTIL
    assert shop.params(SHOP_UNTIL).learns_from == SHOP_UNTIL - timedelta(days=7)


def test_goals_are_taken_from_the_rows() -> None:
    def row(system: str, quality: float, compute: float) -> dict[str, object]:
        return {"system": system, "NDCG@20": {"mean": quality}, "compute": {"mean": compute}}

    kept, cost = goals([row(INCREMENTAL, 0.297, 5), row(FULL, 0.3, 100)])
    assert (round(kept["value"], 4), kept["met"]) == (0.99, True)
    assert (cost["value"], cost["met"]) == (0.05, True)
