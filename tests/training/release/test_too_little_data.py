"""`zhiyin run` and the retrain DAG on shops that have too little to learn from: a useful end, and what it is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from console.airflow import DAGS
from features.building.pipeline import build_features
from features.building.unbuilt_days import unbuilt_days
from recommender.db.engine import session_scope
from recommender.db.tables import Embedding, Model
from recommender.settings import Settings, get_settings
from recommender.store.queries import time_span
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL
from tests.support.shops.trained import install_shop
from tests.support.shops.young_shops import YOUNG_SHOPS, fill_young_shop


@pytest.fixture
def young(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ZHIYIN_THREADS", "1")
    get_settings.cache_clear()
    install_tables()
    return get_settings()


def _build() -> None:
    with session_scope() as session:
        span = time_span(session)
    if span is not None:
        build_features(span[0], span[1] + timedelta(days=1))


def _run(*arguments: str) -> tuple[int, str]:
    result = zhiyin("run", *arguments)
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize("kind", YOUNG_SHOPS)
def test_too_little_to_learn_from_is_no_failure(young: Settings, kind: str) -> None:
    ids = fill_young_shop(kind)
    _build()
    code, said = _run()
    assert code == 0, said
    assert "No model yet: " in said
    assert "what sells, what is alike by text, search" in said
    with session_scope() as session:
        assert 1 <= session.query(Embedding).count() <= len(ids)  # so that like texts are found from here on


def test_an_empty_catalogue_and_a_shop_with_a_model_are_told_what_is_wrong(young: Settings) -> None:
    code, said = _run()
    assert (code, "there are no events yet" in said) == (2, True)
    install_shop(young)
    build_features(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    code, said = _run("--until", "2026-01-05")
    assert (code, "nothing to fit the ranker on" in said or "features are not" in said) == (2, True)


def test_features_that_were_not_built_are_named_with_what_to_do(young: Settings) -> None:
    install_shop(young)
    span = (SHOP_FROM, SHOP_UNTIL)
    with_events = unbuilt_days(*span)
    code, said = _run()
    assert code == 2
    days = f"{len(with_events)} days from {with_events[0]} to {with_events[-1]}"
    assert f"events are there, features are not, for {days} with events" in said
    assert "zhiyin features build" in said
    assert zhiyin("features", "build", "--from", "2026-01-01", "--until", "2026-02-01").exit_code == 0
    assert unbuilt_days(*span) == [day for day in with_events if day >= date(2026, 2, 1)]
    told = zhiyin("features", "build")
    assert (told.exit_code, "events " in told.output) == (0, True)
    assert unbuilt_days(*span) == []


def test_without_events_there_is_nothing_to_build(young: Settings) -> None:
    told = zhiyin("features", "build")
    assert (told.exit_code, "there are none yet: zhiyin import csv FOLDER" in told.output) == (2, True)


@pytest.fixture(scope="module")
def retrain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        from airflow.dag_processing.dagbag import DagBag

        yield DagBag(str(DAGS)).dags["retrain"]


def test_the_dag_skips_with_the_same_words(young: Settings, retrain: Any) -> None:
    fill_young_shop("single purchases")
    _build()
    planned = {"train": {"until": datetime.now(UTC).isoformat(), "days": 365}}
    with pytest.raises(AirflowSkipException, match=r"No model yet: .* The service answers without a model"):
        retrain.get_task("train").python_callable(planned)


def test_erased_shoppers_make_a_training_due_early(young: Settings, retrain: Any) -> None:
    install_shop(young)
    due = retrain.get_task("train").python_callable.__globals__["_due"]
    tomorrow = SHOP_UNTIL + timedelta(days=1)
    for erased, expected in ((0, False), (young.retrain_erased - 1, False), (young.retrain_erased, True)):
        with session_scope() as session:
            session.query(Model).update({"erased_shoppers": erased})
        is_due, why = due(tomorrow, 7)
        assert is_due == expected, why
    assert f"learned from {young.retrain_erased} shoppers who are erased since" in why
