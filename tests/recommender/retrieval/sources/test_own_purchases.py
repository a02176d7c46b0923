"""What nobody buys twice isn't put before those who have it; what is bought again and again is."""

from datetime import timedelta
from functools import lru_cache

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from recommender.data.event_weights import DAY
from recommender.data.history import History
from recommender.db.tables import Event
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profile
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.retrieval import Candidates
from recommender.retrieval.columns import feature_matrix
from recommender.retrieval.sources.own_purchases import not_bought_again
from tests.support.shops.shop import SHOP_UNTIL, shop_catalogue, shop_events
from tests.support.shops.trained import SHOP_PARAMS, shop_texts
from training.data.interactions import make_log, shoppers_at, window
from training.fit import ranker_examples
from training.fit.model_parts import Origin
from training.fit.trainer import fit_bundle

DURABLE = "toys-"


def _rows() -> list[dict[str, object]]:
    """As the shop's, but of each toy a shopper has only the first purchase; of more shoppers."""
    seen: set[tuple[object, object]] = set()
    rows = []
    for row in shop_events(shoppers=90):
        if str(row["item_id"]).startswith(DURABLE):
            if row["event_type"] != "purchase" or (row["user_id"], row["item_id"]) in seen:
                continue
            seen.add((row["user_id"], row["item_id"]))
        rows.append(row)
    return rows


@lru_cache
def _bundle() -> ModelBundle:
    catalogue = shop_catalogue()
    log = make_log(pl.DataFrame(_rows(), infer_schema_length=None), catalogue)
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, Origin("durables", SHOP_UNTIL, "", "test"))


def test_a_durable_leaves_its_buyers_answer_and_a_staple_stays() -> None:
    bundle, own_staples, rows = _bundle(), 0, _rows()
    for user in range(0, 90, 5):
        mine = [row for row in rows if row["user_id"] == f"u{user}"]
        history = History.of([Event(**row) for row in mine])
        bought = {str(row["item_id"]) for row in mine if row["event_type"] == "purchase"}
        then = SHOP_UNTIL + timedelta(minutes=1)
        shown = recommend(bundle, build_profile(bundle, f"u{user}", history, then, 1), RankingQuery(n=10), then)
        items = {item.item_id for item in shown}
        assert not {item for item in items & bought if item.startswith(DURABLE)}
        own_staples += len(items & bought)
    assert own_staples > 20


def test_a_durable_is_shown_to_its_buyers_where_it_is_asked_for() -> None:
    bundle, found = _bundle(), 0
    then = SHOP_UNTIL + timedelta(minutes=1)
    for user in range(0, 90, 5):
        mine = [row for row in _rows() if row["user_id"] == f"u{user}"]
        bought = {str(row["item_id"]) for row in mine if row["event_type"] == "purchase"}
        profile = build_profile(bundle, f"u{user}", History.of([Event(**row) for row in mine]), then, 1)
        shown = recommend(bundle, profile, RankingQuery(n=60, include_bought=True), then)
        found += len({item.item_id for item in shown if item.item_id.startswith(DURABLE)} & bought)
    assert found > 0


def test_the_ranker_learns_from_the_lists_that_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept from its buyers is no candidate of an example either."""
    bundle, read = _bundle(), []
    log, moment = make_log(pl.DataFrame(_rows(), infer_schema_length=None), bundle.catalogue), SHOP_UNTIL.timestamp()
    asked = window(log, int(moment) - 14 * DAY, int(moment), 30, seed=0)
    shoppers = shoppers_at(log, asked.users_U, bundle.catalogue, asked.moment)

    def remember(model: ModelBundle, candidates: Candidates) -> NDArray[np.float32]:
        read.append(set(candidates.rows_C.tolist()))
        return feature_matrix(model, candidates)

    monkeypatch.setattr(ranker_examples, "feature_matrix", remember)
    ranker_examples.make_examples([(bundle, shoppers, asked)])
    kept_back = [set(not_bought_again(bundle, shopper).tolist()) for shopper in shoppers]
    assert sum(map(len, kept_back)) > 20
    assert not any(rows & kept for rows, kept in zip(read, kept_back, strict=True))
