"""MLflow's REST API: names that it takes, requests within its limits, and words for what it refuses."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from training.tracking.client import MOST_METRICS, Point, TrackingClient, TrackingError, metric_name

MISSING = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Could not find experiment with name 'zhiyin'"}


class Server(BaseHTTPRequestHandler):
    """Answers as mlflow 3.17.2 did; keeps what it was sent."""

    heard: list[tuple[str, Any]]
    answers: dict[str, tuple[int, Any]]

    def _reply(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        path = self.path.partition("?")[0].removeprefix("/api/2.0/mlflow/")
        body = self.rfile.read(length)
        self.heard.append((path, json.loads(body) if body[:1] == b"{" else body))
        status, told = self.answers.get(path, (200, {}))
        sent = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PUT = _reply

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def client() -> Iterator[TrackingClient]:
    Server.heard, Server.answers = [], {}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    with TrackingClient(f"http://127.0.0.1:{server.server_port}/", "a token", 5) as found:
        yield found
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_an_experiment_is_made_once(client: TrackingClient) -> None:
    Server.answers["experiments/get-by-name"] = (404, MISSING)
    Server.answers["experiments/create"] = (200, {"experiment_id": "7"})
    assert client.experiment("zhiyin") == "7"
    Server.answers["experiments/get-by-name"] = (200, {"experiment": {"experiment_id": "7"}})
    assert client.experiment("zhiyin") == "7"
    assert [path for path, _ in Server.heard].count("experiments/create") == 1


def test_requests_keep_to_the_limits_and_hold_no_nan(client: TrackingClient) -> None:
    points = [Point("loss", float(step), step, 1) for step in range(MOST_METRICS + 1)]
    client.log("r", [*points, Point("x", float("nan"), 0, 1)], {f"p{number}": "v" * 9_000 for number in range(101)})
    sizes = [(len(body.get("metrics", ())), len(body.get("params", ()))) for _, body in Server.heard]
    assert sizes == [(1000, 0), (1, 0), (0, 100), (0, 1)]
    assert len(Server.heard[2][1]["params"][0]["value"]) == 6_000


def test_a_refusal_and_what_is_no_mlflow_are_told(client: TrackingClient) -> None:
    Server.answers["runs/search"] = (400, {"error_code": "INVALID_PARAMETER_VALUE", "message": "bad filter"})
    with pytest.raises(TrackingError, match=r"400: .*bad filter"):
        client.find_run("7", "tag", "v")
    for strange in (b"<html>", b"[]", b"null"):
        Server.answers["runs/search"] = (200, strange)
        with pytest.raises(TrackingError, match="no MLflow server"):
            client.find_run("7", "tag", "v")
    with pytest.raises(TrackingError, match="Invalid IPv6 URL: check ZHIYIN_MLFLOW_TRACKING_URI"):
        TrackingClient("http://[::1")
    with pytest.raises(TrackingError, match="start the server with --serve-artifacts"):
        client.upload("s3://bucket/7", "a.json", b"{}")
    client.upload("mlflow-artifacts:/7/r/artifacts", "a b.json", b"x")
    assert Server.heard[-1] == ("/api/2.0/mlflow-artifacts/artifacts/7/r/artifacts/a%20b.json", b"x")


@pytest.mark.parametrize(
    ("name", "taken"), [("NDCG@20", "NDCG_at_20"), ("segment/few purchases/shoppers", None), ("a<b>", "a_b_")]
)
def test_names_are_those_that_mlflow_takes(name: str, taken: str | None) -> None:
    assert metric_name(name) == (taken or name)
