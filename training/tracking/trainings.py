"""A training as a run of MLflow: parameters, curves, what was measured, the gate's verdict, manifest and report.

It is told after the model is kept. A server that is away, or refuses, fails no training: the log says what wasn't told.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict

import structlog

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.models.manifest import Manifest
from recommender.settings import get_settings
from recommender.store.model_report import report_of
from training.tracking.client import Point, TrackingClient, TrackingError

log = structlog.get_logger(__name__)
VERSION = "zhiyin.model_version"


def log_training(manifest: Manifest, curves: Mapping[str, Sequence[float]]) -> bool:
    """Tells MLflow of a finished training; False where none is set, or it didn't take all of it."""
    now = _now()
    points = [Point(name, value, step, now) for name, curve in curves.items() for step, value in enumerate(curve)]
    points += [Point(name, value, 0, now) for name, value in _figures(manifest).items()]
    params = {name: _text(value) for name, value in manifest.hyper_parameters.items()}
    params |= {name: str(getattr(manifest, name)) for name in ("data_from", "until", "encoder_id", "examples")}
    tags = {VERSION: manifest.model_version, "mlflow.source.git.commit": manifest.code_version}
    with _told(manifest.model_version) as outcome, _client() as client:
        if client is None:
            return False
        started = int(manifest.created_at.timestamp() * 1000)
        experiment = client.experiment(get_settings().mlflow_experiment)
        run_id, place = client.create_run(experiment, manifest.model_version, tags, started)
        client.log(run_id, points, params)
        client.finish(run_id, _now())
        client.upload(place, "manifest.json", manifest.model_dump_json(indent=1).encode())
        outcome.append(run_id)
    return bool(outcome)


def log_verdict(model_version: str, passed: bool, reason: str, figures: Mapping[str, float | None]) -> bool:
    """Tells MLflow what the gate decided, in the run of the training; False as in `log_training`."""
    points = [Point(f"gate/{name}", value, 0, _now()) for name, value in figures.items() if value is not None]
    with _told(model_version) as outcome, _client() as client:
        if client is None:
            return False
        found = client.find_run(client.experiment(get_settings().mlflow_experiment), VERSION, model_version)
        if found is None:
            raise TrackingError("there is no run of this training")
        run_id, place = found
        client.log(run_id, points, tags={"zhiyin.gate": "passed" if passed else "rejected", "zhiyin.reason": reason})
        with session_scope() as session:
            report = asdict(report_of(session.get_one(Model, model_version)))
        client.upload(place, "report.json", json.dumps(report, default=str, indent=1).encode())
        outcome.append(run_id)
    return bool(outcome)


@contextmanager
def _client() -> Iterator[TrackingClient | None]:
    """A client of the server that is set; None where none is."""
    settings = get_settings()
    if not settings.mlflow_tracking_uri:
        yield None
        return
    token = settings.mlflow_tracking_token
    with TrackingClient(settings.mlflow_tracking_uri, token.get_secret_value() if token else "") as client:
        yield client


@contextmanager
def _told(model_version: str) -> Iterator[list[str]]:
    """A list for the run's id; what MLflow didn't take is said and ends nothing."""
    try:
        yield (outcome := list[str]())
    except (TrackingError, KeyError, TypeError) as failure:
        log.warning("MLflow was not told all", model_version=model_version, reason=str(failure))
        return
    if outcome:
        log.info("MLflow was told", model_version=model_version, run_id=outcome[0])


def _figures(manifest: Manifest) -> dict[str, float]:
    """What was measured, counted and timed, by a name each."""
    found = dict(manifest.metrics)
    found |= {f"baseline/{name}/{metric}": v for name, of in manifest.baselines.items() for metric, v in of.items()}
    found |= {f"segment/{name}/{metric}": v for name, of in manifest.segments.items() for metric, v in of.items()}
    found |= {f"count/{name}": float(value) for name, value in manifest.counts.items()}
    return found | {f"seconds/{name}": value for name, value in manifest.timings.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _now() -> int:
    return int(time.time() * 1000)
