"""A training told to MLflow: all of it to a real server, and nothing that a server does or doesn't fails a training."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from features.building.pipeline import build_features
from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.models.manifest import Manifest
from recommender.settings import Settings, get_settings
from tests.support.servers.databases import install_tables
from tests.support.servers.local import free_port
from tests.support.servers.mlflow_server import install_mlflow, mlflow_server
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, fill_shop
from training.encoders.embed_catalog import embed_catalogue
from training.pipeline import TrainParams, train
from training.release.gate import gate
from training.tracking.client import TrackingClient
from training.tracking.trainings import VERSION, log_training, log_verdict

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CURVES = {"sequence_loss": [3.0, 2.5, 2.25], "ranker_loss/network_0": [1.0, 0.5, float("nan")]}


def manifest_of(**more: Any) -> Manifest:
    days = dict.fromkeys(("created_at", "data_from", "learned_until", "statistics_until", "until"), NOW)
    said: dict[str, Any] = {
        "model_version": "m1",
        "test_interval": "two weeks",
        "encoder_id": "minilm",
        "feature_service": "f",
    }
    said |= {"code_version": "0.1.0+abc", "sequence_length": 96, "ranker_columns": (), "sources": ()}
    figures: dict[str, Any] = {
        "metrics": {"NDCG@20": 0.25},
        "baselines": {"popularity": {"NDCG@20": 0.125}},
        "counts": {"items": 60},
    }
    return Manifest.model_validate({**days, **said, **figures, "hyper_parameters": {"width": 64, "seed": 0}, **more})


@pytest.fixture
def tracked(home: Settings, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Lets a test say where MLflow is."""
    install_tables()
    return monkeypatch


def at(tracked: pytest.MonkeyPatch, uri: str) -> None:
    tracked.setenv("MLFLOW_TRACKING_URI", uri)
    get_settings.cache_clear()


def keep_model() -> None:
    with session_scope() as session:
        session.add(Model(
            model_version="m1", path="models/m1", manifest=manifest_of().model_dump(mode="json"), status="rejected",
            reason="worse", created_at=NOW,
        ))  # fmt: skip


@pytest.mark.slow
def test_a_real_server_holds_params_curves_figures_verdict_and_files(
    tracked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keep_model()
    with mlflow_server(install_mlflow(tmp_path), tmp_path) as url:
        at(tracked, url)
        assert log_training(manifest_of(), CURVES)
        assert log_verdict("m1", False, "worse", {"metric": 0.25, "in_service": None})
        experiment = httpx.get(f"{url}/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": "zhiyin"})
        body = {"experiment_ids": [experiment.json()["experiment"]["experiment_id"]]}
        (run,) = httpx.post(f"{url}/api/2.0/mlflow/runs/search", json=body).json()["runs"]
        values = {
            name: {one["key"]: one["value"] for one in run["data"][name]} for name in ("params", "metrics", "tags")
        }
        assert (run["info"]["status"], run["info"]["run_name"]) == ("FINISHED", "m1")
        assert (values["params"]["width"], values["params"]["encoder_id"]) == ("64", "minilm")
        assert (values["metrics"]["NDCG_at_20"], values["metrics"]["baseline/popularity/NDCG_at_20"]) == (0.25, 0.125)
        assert values["metrics"]["gate/metric"] == 0.25
        assert (values["tags"][VERSION], values["tags"]["zhiyin.gate"]) == ("m1", "rejected")
        asked = {"run_id": run["info"]["run_id"], "metric_key": "sequence_loss"}
        history = httpx.get(f"{url}/api/2.0/mlflow/metrics/get-history", params=asked).json()["metrics"]
        assert [(one["step"], one["value"]) for one in history] == [(0, 3.0), (1, 2.5), (2, 2.25)]
        files = {path.name: json.loads(path.read_text()) for path in (tmp_path / "art").rglob("*.json")}
        assert files["manifest.json"]["model_version"] == files["report.json"]["model_version"] == "m1"


@pytest.mark.slow
def test_a_training_by_the_commands_has_its_curves_there(tracked: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fill_shop()
    build_features(SHOP_FROM, SHOP_UNTIL)
    with mlflow_server(install_mlflow(tmp_path), tmp_path) as url:
        at(tracked, url)
        embed_catalogue()
        version = train(TrainParams(until=SHOP_UNTIL, days=120, minutes=0.2))
        gate(version)
        with TrackingClient(url) as client:
            found = client.find_run(client.experiment("zhiyin"), VERSION, version)
        assert found is not None
        run = httpx.get(f"{url}/api/2.0/mlflow/runs/get", params={"run_id": found[0]}).json()["run"]["data"]
        names = {one["key"] for one in run["metrics"]}
        assert {"sequence_loss", "ranker_loss/network_0", "NDCG_at_20", "gate/metric"} <= names
        asked = {"run_id": found[0], "metric_key": "ranker_loss/network_0"}
        history = httpx.get(f"{url}/api/2.0/mlflow/metrics/get-history", params=asked).json()["metrics"]
        assert [one["step"] for one in history] == list(range(TrainParams(until=SHOP_UNTIL).ranker_epochs))
        assert {path.name for path in (tmp_path / "art").rglob("*.json")} == {"manifest.json", "report.json"}


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    """The log, which is on standard error where a process has set it up."""
    said = capsys.readouterr()
    return said.out + said.err


def test_without_an_address_nothing_is_told(tracked: pytest.MonkeyPatch) -> None:
    assert not log_training(manifest_of(), CURVES)
    assert not log_verdict("m1", True, "", {})


def test_a_server_that_is_away_fails_nothing_and_the_log_says_so(
    tracked: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at(tracked, f"http://127.0.0.1:{free_port()}")
    assert not log_training(manifest_of(), CURVES)
    assert not log_verdict("m1", True, "", {})
    assert logged(capsys).count("MLflow was not told all") == 2


@pytest.mark.parametrize("uri", ["file:///srv/mlruns", "./mlruns", "sqlite:///mlflow.db", "databricks"])
def test_a_store_that_only_mlflow_itself_writes_is_named_with_the_remedy(
    tracked: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], uri: str
) -> None:
    at(tracked, uri)
    assert not log_training(manifest_of(), CURVES)
    assert "only an `mlflow server` is spoken to" in logged(capsys)
