"""A traced request over HTTP: its spans reach a collector over OTLP, with the ids of what it answered."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.services.conftest import Served, serving_a_shop

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WITHIN = 60  # seconds


@dataclass
class Collector:
    """What came in, span by span."""

    url: str
    spans: list[Span] = field(default_factory=list)

    def of(self, trace: str, names: set[str]) -> dict[str, Span]:
        """The spans of a trace by name, once all of these are there."""
        deadline = monotonic() + WITHIN
        while True:
            found = {one.name: one for one in self.spans if one.trace_id.hex() == trace}
            if names <= found.keys() or monotonic() > deadline:
                return found
            sleep(0.1)


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """A receiver of OTLP over HTTP on loopback."""
    kept = Collector("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                kept.spans.extend(one for scope in resource.scope_spans for one in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Served]:
    """A shop each of whose requests is traced."""
    sent = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "200"}
    with serving_a_shop(tmp_path_factory.mktemp("traced"), ZHIYIN_TRACES="1", **sent) as service:
        yield service


def values(span: Span) -> dict[str, str]:
    """A span's attributes as text."""
    return {
        one.key: one.value.string_value or str(one.value.int_value or one.value.double_value) for one in span.attributes
    }


def test_an_answer_s_way_from_the_request_to_the_ranker(traced: Served, collector: Collector) -> None:
    headers = {"traceparent": f"00-{TRACE}-{CALLER}-01", "X-Request-Id": "page-7"}
    question = {"user_id": "u1", "context_item_ids": ["tea-1"]}
    answer = httpx.post(f"{traced.url}/recommend", json=question, headers=headers, timeout=60).json()
    names = {"POST /recommend", "feast online read", "profile", "rank", "retrieval", "ranker", "reasons"}
    found = collector.of(TRACE, names)
    assert names <= found.keys()
    request = values(found["POST /recommend"])
    assert request["zhiyin.recommendation_id"] == answer["recommendation_id"]
    assert (request["zhiyin.request_id"], request["http.response.status_code"]) == ("page-7", "200")
    assert found["ranker"].parent_span_id == found["rank"].span_id
    assert found["retrieval"].parent_span_id == found["rank"].span_id
    assert found["rank"].parent_span_id == found["POST /recommend"].span_id
    assert not any("u1" in value for one in found.values() for value in values(one).values())


def test_a_refusal_is_told_with_its_status(traced: Served, collector: Collector) -> None:
    trace = TRACE[::-1]
    httpx.post(f"{traced.url}/search", json={}, headers={"traceparent": f"00-{trace}-{CALLER}-01"}, timeout=60)
    assert values(collector.of(trace, {"POST /search"})["POST /search"])["http.response.status_code"] == "400"
