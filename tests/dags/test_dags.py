"""The DAG files by themselves: quick to import, complete in their forms, connected as drawn. No process of Airflow."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from console.airflow import DAGS
from console.loop import LOOP
from recommender.settings import PROJECT_ROOT

ALL = (*LOOP, "decide_drift", "catch_up", "report_sales", "retention")
MOST_SECONDS = 0.1
TIMER = """
import importlib.util, json, sys, time
import airflow.sdk, airflow.sdk.exceptions
airflow.sdk.dag, airflow.sdk.task.short_circuit, airflow.sdk.Param, airflow.sdk.Asset
import airflow.providers.standard.decorators.short_circuit, airflow.providers.standard.decorators.python
seconds = {}
for path in sys.argv[1:]:
    best = 9.0
    for _ in range(3):
        for name in [name for name in sys.modules if name.startswith("dags")]:
            del sys.modules[name]
        began = time.perf_counter()
        spec = importlib.util.spec_from_file_location("timed", path)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        best = min(best, time.perf_counter() - began)
    seconds[path] = best
heavy = [name for name in ("torch", "pandas", "feast", "evidently", "bentoml", "polars") if name in sys.modules]
print(json.dumps({"seconds": seconds, "heavy": heavy}))
"""


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The DAGs as Airflow reads them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
        patch.setenv("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(str(DAGS))
        assert bag.import_errors == {}
        yield dict(bag.dags)


def test_the_files_import_in_no_time_and_bring_nothing_heavy(tmp_path: Path) -> None:
    files = [str(DAGS / f"{dag_id}.py") for dag_id in ALL]
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", TIMER, *files], env=environment, capture_output=True, text=True, check=True
    )
    measured = json.loads(done.stdout.splitlines()[-1])
    assert measured["heavy"] == []
    assert {file: seconds for file, seconds in measured["seconds"].items() if seconds > MOST_SECONDS} == {}


def test_exactly_the_loop_and_what_keeps_house(dags: dict[str, Any]) -> None:
    assert set(dags) == set(ALL)


@pytest.mark.parametrize("dag_id", ALL)
def test_what_an_operator_reads(dags: dict[str, Any], dag_id: str) -> None:
    dag = dags[dag_id]
    assert dag.doc_md.startswith(f"### {dag_id}: ")
    assert "zhiyin" in dag.tags
    assert dag.max_active_runs == (16 if dag_id == "decide_drift" else 1)  # a question holds up no other
    for task in dag.tasks:
        assert (task.owner, task.retries) == ("zhiyin", 2), task.task_id


@pytest.mark.parametrize("dag_id", ALL)
def test_every_field_of_a_form_is_typed_limited_and_described(dags: dict[str, Any], dag_id: str) -> None:
    params = dags[dag_id].params
    for name in params:
        schema = params.get_param(name).schema
        assert schema["title"], name
        assert schema["section"], name
        assert schema["description_md"].endswith("."), name
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if {"integer", "number"} & set(kinds):
            assert schema["minimum"] < schema["maximum"], name
        elif "string" in kinds:
            assert {"enum", "format", "maxLength"} & schema.keys(), name
        params.get_param(name).resolve()  # the defaults fit their own schema


def test_the_assets_connect_the_loop(dags: dict[str, Any]) -> None:
    conditions = {dag_id: dag.timetable.asset_condition for dag_id, dag in dags.items()}
    starts = {
        dag_id: sorted(asset.uri.rstrip("/") for asset in condition.objects)
        for dag_id, condition in conditions.items()
        if condition is not None
    }
    assert starts == {
        "features": ["zhiyin://events"],
        "retrain": ["zhiyin://features"],
        "check_drift": ["zhiyin://model"],
        "refresh_profiles": ["zhiyin://drift"],
        "decide_drift": ["zhiyin://question"],
    }
    ends = {
        dag_id: sorted({getattr(asset, "uri", asset.name).rstrip("/") for task in dag.tasks for asset in task.outlets})
        for dag_id, dag in dags.items()
    }
    assert ends == {
        "ingest": ["zhiyin://events"],
        "features": ["zhiyin://features"],
        "retrain": ["zhiyin://model", "zhiyin://profiles"],
        "check_drift": ["what follows", "zhiyin://drift"],
        "decide_drift": ["what follows"],
        "refresh_profiles": ["zhiyin://profiles"],
        "catch_up": ["zhiyin://drift", "zhiyin://events", "zhiyin://features", "zhiyin://model", "zhiyin://question"],
        "report_sales": [],
        "retention": [],
    }


def test_heavy_tasks_share_one_pool_that_the_launcher_makes(dags: dict[str, Any]) -> None:
    pools = json.loads((DAGS / "pools.json").read_text())
    used = {task.pool for dag in dags.values() for task in dag.tasks}
    assert used == {"default_pool", *pools}
    assert dags["retrain"].get_task("train").pool == "cpu_heavy"


def test_the_form_of_a_drift_run_offers_what_can_be_decided(dags: dict[str, Any]) -> None:
    """The DAG's file imports none of them while it is parsed."""
    from recommender.db.tables import DRIFT_ACTIONS
    from recommender.drift.decisions import MEANINGS, Action

    assert (
        dags["decide_drift"].get_task("ask").options == list(MEANINGS) == list(get_args(Action)) == list(DRIFT_ACTIONS)
    )
