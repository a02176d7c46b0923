"""Fitting on data as shops have it: renamed, in another order, tiny, broken; it trains or says clearly why not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from recommender.data.catalog import SCHEMA, Catalogue
from recommender.data.history import History
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profile
from recommender.ranking.pipeline import RankingQuery, recommend
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, shop_catalogue, shop_frame, shop_history
from tests.support.shops.trained import SHOP_PARAMS, shop_bundle, shop_texts
from training.config import TrainParams
from training.data.interactions import make_log
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import NotEnoughData, fit_bundle

ORIGIN = Origin("m", SHOP_UNTIL, "recommender_m", "test")
QUICK = SHOP_PARAMS.model_copy(update={"sequence_steps": 20})


def _fit(
    catalogue: Catalogue, frame: pl.DataFrame, texts: Texts | None = None, params: TrainParams = QUICK
) -> ModelBundle:
    texts = texts or Texts(
        "none", np.eye(max(len(catalogue), 4), dtype=np.float32), np.arange(len(catalogue), dtype=np.int32)
    )
    return fit_bundle(catalogue, texts, make_log(frame, catalogue), params, ORIGIN)


def _top(bundle: ModelBundle, history: History, n: int = 10) -> list[str]:
    profile = build_profile(bundle, "x", history, SHOP_UNTIL, 1)
    return [one.item_id for one in recommend(bundle, profile, RankingQuery(n=n), SHOP_UNTIL)]


def _prefixed(prefix: str, column: str) -> pl.Expr:
    return (pl.lit(prefix) + pl.col(column)).alias(column)


@pytest.mark.slow
def test_renamed_ids_change_nothing_but_the_names() -> None:
    catalogue = shop_catalogue()
    renamed = Catalogue(catalogue.frame.with_columns(_prefixed("🛒", "item_id")))
    frame = shop_frame().with_columns(_prefixed("🛒", "item_id"), _prefixed("知音-", "user_id"))
    bundle = _fit(renamed, frame, shop_texts(catalogue))
    plain = _fit(catalogue, shop_frame(), shop_texts(catalogue))
    assert bundle.manifest.metrics == plain.manifest.metrics
    for user in ("u0", "u4"):
        history = shop_history(user)
        strange = replace(history, item_ids=np.array([f"🛒{item_id}" for item_id in history.item_ids], dtype=object))
        assert _top(bundle, strange) == [f"🛒{item_id}" for item_id in _top(plain, history)]


def test_the_order_of_the_catalogue_hardly_matters() -> None:
    backwards = Catalogue(shop_catalogue().frame.reverse())
    bundle = _fit(backwards, shop_frame(), shop_texts(backwards), SHOP_PARAMS)
    assert bundle.manifest.metrics["NDCG@20"] == pytest.approx(shop_bundle().manifest.metrics["NDCG@20"], abs=0.05)
    shared = [
        len({*_top(bundle, shop_history(user))} & {*_top(shop_bundle(), shop_history(user))}) for user in ("u0", "u3")
    ]
    assert min(shared) >= 7


def _catalogue(*item_ids: str, **fields: Any) -> Catalogue:
    row = dict.fromkeys(SCHEMA) | {"title": "", "categories": [], "brand": "", "hidden": False, "content_hash": ""}
    return Catalogue(pl.DataFrame([row | fields | {"item_id": one} for one in item_ids], schema=SCHEMA))


def _events(rows: list[tuple[str, str, float]]) -> pl.DataFrame:
    """(user, item, days after the shop's opening)."""
    return pl.DataFrame(
        {
            "event_id": [f"e{place}" for place in range(len(rows))],
            "user_id": [user for user, _, _ in rows],
            "item_id": [item for _, item, _ in rows],
            "event_type": ["purchase"] * len(rows),
            "value": [None] * len(rows),
            "time": [SHOP_FROM + timedelta(days=day) for _, _, day in rows],
        },
        schema_overrides={"value": pl.Float64, "time": pl.Datetime("us", "UTC")},
    )


def test_one_shopper_and_one_item() -> None:
    bundle = _fit(_catalogue("only"), _events([("me", "only", day) for day in range(0, 120, 5)]))
    assert bundle.manifest.metrics["Recall@10"] == 1.0
    assert _top(bundle, History.of([])) == ["only"]


def test_items_without_a_word_and_without_a_price() -> None:
    names = [f"i{place}" for place in range(12)]
    rows = [(f"u{user}", names[(user + day) % 12], float(day)) for user in range(8) for day in range(0, 120, 4)]
    same = Texts("none", np.full((1, 16), 0.25, dtype=np.float32), np.zeros(12, dtype=np.int32))
    bundle = _fit(_catalogue(*names), _events(rows), same)
    assert bundle.manifest.counts["texts"] == 1
    assert len(_top(bundle, History.of([]))) == 10


def test_a_history_of_ten_thousand_events() -> None:
    names = [f"i{place}" for place in range(30)]
    rows = [("keen", names[place % 30], place * 0.0119) for place in range(10_000)]
    rows += [(f"u{user}", names[user], float(day)) for user in range(10) for day in (1, 60, 95, 110)]
    assert _fit(_catalogue(*names), _events(rows)).manifest.counts["events"] == 10_040


def test_everything_at_the_same_moment_says_why_not() -> None:
    rows = [(f"u{user}", f"i{item}", 10.0) for user in range(5) for item in range(5)]
    with pytest.raises(NotEnoughData, match=r"test_days: nothing to fit the ranker on: .* range from 2026-01-11"):
        _fit(_catalogue(*(f"i{item}" for item in range(5))), _events(rows))


def test_nothing_at_all_says_what_is_missing() -> None:
    with pytest.raises(NotEnoughData, match="items: the catalogue is empty"):
        _fit(_catalogue(), _events([]))
    with pytest.raises(NotEnoughData, match="until, days: no event"):
        _fit(_catalogue("i"), _events([]))
    nobody_came_back = _events([(f"u{day}", "i", float(day)) for day in range(120)])
    with pytest.raises(NotEnoughData, match="no shopper known before"):
        _fit(_catalogue("i"), nobody_came_back)


def test_windows_begin_half_a_window_apart_and_end_before_the_measured_days() -> None:
    params = TrainParams(until=SHOP_UNTIL, days=120, test_days=14, ranker_windows=3)
    assert params.label_moments == [SHOP_UNTIL - timedelta(days=days) for days in (28, 35, 42)]
    assert params.learns_from == SHOP_UNTIL - timedelta(days=42)


@pytest.mark.slow
def test_a_ranker_of_several_windows_answers_as_well_and_passes_over_an_empty_one() -> None:
    catalogue, frame = shop_catalogue(), shop_frame()
    params = SHOP_PARAMS.model_copy(update={"ranker_windows": 5})
    bundle = _fit(catalogue, frame, shop_texts(catalogue), params)
    assert bundle.manifest.metrics["NDCG@20"] == pytest.approx(shop_bundle().manifest.metrics["NDCG@20"], abs=0.05)
    last_weeks = pl.col("time").is_between(SHOP_UNTIL - timedelta(days=28), SHOP_UNTIL - timedelta(days=14))
    closed = frame.filter(~last_weeks)
    with pytest.raises(NotEnoughData, match="nothing to fit the ranker on"):
        _fit(catalogue, closed, shop_texts(catalogue))
    assert _fit(catalogue, closed, shop_texts(catalogue), params).manifest.metrics["NDCG@20"] > 0.1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"until": datetime(2026, 5, 1)}, "until"),
        ({"days": 1}, "days"),
        ({"test_days": 0}, "test_days"),
        ({"days": 20, "test_days": 10}, "test_days"),
        ({"days": 35, "test_days": 14, "ranker_windows": 2}, "ranker_windows: the earliest of 2 windows"),
        ({"width": 30}, "width"),
        ({"seed": -1}, "seed"),
        ({"epochs": 3}, "epochs"),
    ],
)
def test_wrong_parameters_are_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        TrainParams(**{"until": datetime(2026, 5, 1, tzinfo=UTC), **wrong})
