"""What /recommend reads of the feature store is what training would have read at that moment, and its loss is said."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from features.behaviour import StoredBehaviours
from features.building.pipeline import build_features
from features.online import read_done
from features.store import close_stores, materialize
from recommender.data.behaviour import NOTHING_DONE
from recommender.models.bundle import BundleError, ModelBundle
from recommender.profiles.profile import Profile, prepare_shopper
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.retrieval import retrieve
from recommender.retrieval.columns import check_columns, feature_matrix
from recommender.retrieval.sources.behaviour import StoredBehaviour, reads_behaviour
from recommender.settings import Settings
from services.container import Shop
from services.schemas.privacy import RemoveEventRequest
from services.schemas.recommend import RecommendRequest
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, shop_events
from tests.support.shops.trained import install_shop, shop_bundle_with_behaviour

NOW = SHOP_UNTIL + timedelta(hours=14)


@pytest.fixture
def reading_shop(home: Settings) -> Iterator[Shop]:
    """A shop whose model reads the feature store, the features built and online."""
    install_tables()
    install_shop(home, trained=shop_bundle_with_behaviour())
    build_features(SHOP_FROM, SHOP_UNTIL)
    materialize(SHOP_FROM, SHOP_UNTIL)
    shop = Shop(home)
    shop.watcher.look()
    yield shop
    close_stores()


def matrix(bundle: ModelBundle, profile: Profile) -> NDArray[np.float32]:
    """The ranker's columns of all candidates of a profile."""
    shopper = prepare_shopper(bundle, profile, NOW)
    candidates = retrieve(bundle, shopper, profile.vector, np.ones(len(bundle.catalogue), dtype=bool))
    return feature_matrix(bundle, candidates)


def test_served_requests_read_online_what_training_reads_point_in_time(reading_shop: Shop) -> None:
    answers, bundle = reading_shop.answers, reading_shop.answers.models.needed().bundle
    users = [f"u{number}" for number in range(12)]
    trained = StoredBehaviours(bundle.manifest.feature_service).at(users, int(NOW.timestamp()))
    assert NOTHING_DONE not in trained
    for user, behaviour in zip(users, trained, strict=True):
        question = RecommendRequest(user_id=user, n=8)
        profile = answers.profile_of(answers.models.needed(), question, NOW, degraded := set[str]())
        assert profile is not None
        assert (profile.behaviour, degraded) == (behaviour, set())
        offline = replace(profile, behaviour=behaviour)
        assert (matrix(bundle, profile) == matrix(bundle, offline)).all()
        shown = [(one.item_id, one.score) for one in answers.recommend(question, NOW).items]
        wanted = recommend(bundle, offline, RankingQuery(n=8), NOW)
        assert [item for item, _ in shown] == [one.item_id for one in wanted]
        assert [score for _, score in shown] == pytest.approx([one.score for one in wanted], abs=1e-4)
        unread = recommend(bundle, replace(profile, behaviour=NOTHING_DONE), RankingQuery(n=8), NOW)
        assert [one.score for one in unread] != [one.score for one in wanted], "the ranker reads it"

    new = answers.recommend(RecommendRequest(user_id="somebody new"), NOW)
    assert new.items
    assert new.degraded == []


def test_an_answer_without_the_stores_behaviour_says_so(reading_shop: Shop, home: Settings) -> None:
    answers, question = reading_shop.answers, RecommendRequest(user_id="u1")
    answers.shoppers.online.pause_seconds = 0
    assert answers.recommend(question, NOW).degraded == []
    with sqlite3.connect(home.feast_dir / "online.db") as online:
        online.execute("ALTER TABLE zhiyin_user_behaviour RENAME TO away")
    answer = answers.recommend(question, NOW + timedelta(hours=2))  # an hour's list is kept
    assert answer.degraded == ["online_store"]
    assert len(answer.items) == 10
    with sqlite3.connect(home.feast_dir / "online.db") as online:
        online.execute("ALTER TABLE away RENAME TO zhiyin_user_behaviour")
    assert answers.recommend(question, NOW + timedelta(hours=4)).degraded == []
    assert read_done("u1", "recommender_shop-behaviour") != NOTHING_DONE


def test_what_was_made_of_an_event_that_is_taken_back_is_not_read_any_more(reading_shop: Shop) -> None:
    event = next(row for row in shop_events()[::-1] if row["user_id"] == "u2")
    assert isinstance(event["time"], datetime)
    service = StoredBehaviours("recommender_shop-behaviour")
    midnight, now = (int(moment.timestamp()) for moment in (event["time"].replace(hour=0, minute=0), NOW))
    before, after = service.at(["u2"], midnight), service.at(["u2"], now)
    assert before != after
    question = RemoveEventRequest(user_id="u2", event_id=str(event["event_id"]))
    assert reading_shop.privacy.remove_event(question, NOW).removed
    assert read_done("u2", service.feature_service) == NOTHING_DONE
    assert service.at(["u2"], now) == before
    assert read_done("u3", service.feature_service) == service.at(["u3"], now)[0]


def test_a_model_of_an_earlier_release_reads_none_and_an_unknown_column_is_refused() -> None:
    present = shop_bundle_with_behaviour()
    kept = tuple(name for name in present.manifest.ranker_columns if name not in StoredBehaviour.columns)
    former = replace(present, manifest=present.manifest.model_copy(update={"ranker_columns": kept}))
    assert not reads_behaviour(former)
    check_columns(former)
    assert set(StoredBehaviour.columns) <= set(present.manifest.ranker_columns)
    columns = (*present.manifest.ranker_columns, "behaviour of tomorrow")
    with pytest.raises(BundleError, match="no source of this release tells 'behaviour of tomorrow'"):
        check_columns(replace(present, manifest=present.manifest.model_copy(update={"ranker_columns": columns})))
