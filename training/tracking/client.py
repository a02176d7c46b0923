"""MLflow's documented REST API (2.0), as much of it as a training needs; no package of MLflow is installed.

`mlflow-skinny` holds pins that this platform's other parts can't keep, and would bring far more than four requests.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx

SECONDS = 10.0
MOST_METRICS, MOST_PARAMS = 1_000, 100  # in one request, by MLflow's limits
LONGEST_PARAM, LONGEST_TAG = 6_000, 5_000
PROXIED = "mlflow-artifacts:"  # artefacts that the server itself takes
NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. /")


class TrackingError(Exception):
    """The tracking server didn't take something; the message says why."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric. `time` is in milliseconds since 1970."""

    name: str
    value: float
    step: int
    time: int


class TrackingClient:
    """A user of one MLflow server; a context, which closes its connections. Everything raises `TrackingError`."""

    def __init__(self, uri: str, token: str = "", seconds: float = SECONDS) -> None:
        try:
            scheme = urlsplit(uri).scheme
        except ValueError as error:
            raise TrackingError(f"{error}: check ZHIYIN_MLFLOW_TRACKING_URI") from None
        if scheme not in ("http", "https"):
            raise TrackingError(
                f"{scheme or uri!r}: only an `mlflow server` is spoken to (http:// or https://); for a "
                "folder start `mlflow server --backend-store-uri FOLDER` and give its address"
            )
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._http = httpx.Client(timeout=seconds, headers=headers, follow_redirects=False)
        self._base = uri.rstrip("/")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def experiment(self, name: str) -> str:
        """The id of the experiment of this name, which is made where there is none."""
        found = self._call("GET", "experiments/get-by-name", missing_is_none=True, params={"experiment_name": name})
        if found is not None:
            return str(found["experiment"]["experiment_id"])
        return str(self._call("POST", "experiments/create", json={"name": name})["experiment_id"])

    def create_run(self, experiment: str, name: str, tags: Mapping[str, str], time: int) -> tuple[str, str]:
        """A new run: its id, and where its artefacts lie. `time` is its start, in milliseconds since 1970."""
        body = {"experiment_id": experiment, "run_name": name, "start_time": time, "tags": _pairs(tags, LONGEST_TAG)}
        info = self._call("POST", "runs/create", json=body)["run"]["info"]
        return str(info["run_id"]), str(info["artifact_uri"])

    def find_run(self, experiment: str, tag: str, value: str) -> tuple[str, str] | None:
        """The latest run with this tag: its id, and where its artefacts lie. None where there is none."""
        wanted = f"tags.`{tag}` = '{value}'"
        body = {"experiment_ids": [experiment], "filter": wanted, "max_results": 1}
        for run in self._call("POST", "runs/search", json=body).get("runs", []):
            return str(run["info"]["run_id"]), str(run["info"]["artifact_uri"])
        return None

    def log(
        self,
        run_id: str,
        points: Sequence[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Values, parameters and tags of a run, in as many requests as MLflow's limits ask for."""
        finite = [point for point in points if math.isfinite(point.value)]
        said = [
            {"key": metric_name(one.name), "value": one.value, "step": one.step, "timestamp": one.time}
            for one in finite
        ]
        pairs = _pairs(params or {}, LONGEST_PARAM)
        for start in range(0, len(said), MOST_METRICS):
            self._call("POST", "runs/log-batch", json={"run_id": run_id, "metrics": said[start : start + MOST_METRICS]})
        for start in range(0, len(pairs), MOST_PARAMS):
            self._call("POST", "runs/log-batch", json={"run_id": run_id, "params": pairs[start : start + MOST_PARAMS]})
        if tags:
            self._call("POST", "runs/log-batch", json={"run_id": run_id, "tags": _pairs(tags, LONGEST_TAG)})

    def upload(self, artifact_uri: str, name: str, content: bytes) -> None:
        """A file of a run, through the server; one that keeps artefacts elsewhere is refused."""
        if not artifact_uri.startswith(PROXIED):
            raise TrackingError(f"artefacts lie at {artifact_uri}: start the server with --serve-artifacts")
        folder = urlsplit(artifact_uri).path.strip("/")
        self._send("PUT", f"/api/2.0/mlflow-artifacts/artifacts/{quote(f'{folder}/{name}')}", content=content)

    def finish(self, run_id: str, time: int) -> None:
        """Ends a run, at `time` in milliseconds since 1970."""
        self._call("POST", "runs/update", json={"run_id": run_id, "status": "FINISHED", "end_time": time})

    def _call(self, method: str, path: str, missing_is_none: bool = False, **options: Any) -> Any:
        answer = self._send(method, f"/api/2.0/mlflow/{path}", missing_is_none=missing_is_none, **options)
        if answer is None:
            return None
        try:
            told = answer.json()
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise TrackingError(f"{path}: what answers is no MLflow server")
        return told

    def _send(self, method: str, path: str, missing_is_none: bool = False, **options: Any) -> httpx.Response | None:
        try:
            answer = self._http.request(method, self._base + path, **options)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TrackingError(f"{type(error).__name__}: {error}") from None
        if missing_is_none and answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if not answer.is_success:
            raise TrackingError(f"{path}: it answers {answer.status_code}: {answer.text[:300]}")
        return answer


def metric_name(name: str) -> str:
    """A name that MLflow takes: NDCG@20 is told as NDCG_at_20."""
    return "".join(letter if letter in NAME else "_" for letter in name.replace("@", "_at_"))[:250]


def _pairs(values: Mapping[str, str], longest: int) -> list[dict[str, str]]:
    return [{"key": metric_name(key), "value": value[:longest]} for key, value in values.items()]
