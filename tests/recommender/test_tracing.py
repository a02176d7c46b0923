"""Traces: off they cost nothing and import nothing; on, a share of requests and steps is told, and no one's words."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from recommender.settings import PROJECT_ROOT, Settings, get_settings
from recommender.tracing import (
    annotate,
    is_tracing,
    provider,
    request_span,
    span,
    stop_tracing,
    traced_step,
)

NOWHERE = "http://127.0.0.1:9/v1/traces"
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.fixture
def spans(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """What all that is traced leaves, in memory."""
    monkeypatch.setenv("ZHIYIN_TRACES", "1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", NOWHERE)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    get_settings.cache_clear()
    stop_tracing()
    kept = InMemorySpanExporter()
    provider().add_span_processor(SimpleSpanProcessor(kept))
    yield kept
    stop_tracing()


def test_off_nothing_is_imported() -> None:
    said = "import sys; from recommender.tracing import span\nwith span('one'): pass\n"
    said += "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run(
        [sys.executable, "-c", said], env={"ZHIYIN_TRACES": "0", "PYTHONPATH": str(PROJECT_ROOT)}, capture_output=True
    )
    assert done.stdout.decode().strip() == "[]", done.stderr.decode()


def test_a_part_belongs_to_what_it_is_a_part_of(spans: InMemorySpanExporter) -> None:
    with span("whole"), span("part", items=3):
        annotate(recommendation_id="r1")
    part, whole = spans.get_finished_spans()
    assert (part.name, dict(part.attributes or {})) == ("part", {"zhiyin.items": 3, "zhiyin.recommendation_id": "r1"})
    assert part.parent is not None
    assert part.parent.span_id == whole.context.span_id


def test_an_error_is_told_by_its_type_alone(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="secret"), span("one"):
        raise ValueError("secret words")
    [one] = spans.get_finished_spans()
    assert one.status.description == "ValueError"
    assert "secret" not in one.to_json()


def test_a_request_belongs_to_its_caller_s_trace(spans: InMemorySpanExporter) -> None:
    with request_span("POST /recommend", {"traceparent": f"00-{TRACE}-{CALLER}-00"}, http__route="/recommend"):
        pass
    [one] = spans.get_finished_spans()
    assert f"{one.context.trace_id:032x}" == TRACE
    assert dict(one.attributes or {}) == {"http.route": "/recommend"}


def test_the_setting_s_share_decides_not_the_caller(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_TRACES", "0.0000001")
    get_settings.cache_clear()
    stop_tracing()
    provider().add_span_processor(SimpleSpanProcessor(spans))
    spans.clear()
    with request_span("POST /recommend", {"traceparent": f"00-{'f' * 32}-{CALLER}-01"}):
        assert is_tracing()
    assert not spans.get_finished_spans()


def test_a_step_names_the_run_of_its_dag(spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CTX_DAG_ID", "retrain")
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "manual__1")

    @traced_step("train")
    def train(number: int) -> int:
        return number + 1

    assert train(1) == 2
    [one] = spans.get_finished_spans()
    assert dict(one.attributes or {}) == {"zhiyin.dag_id": "retrain", "zhiyin.dag_run_id": "manual__1"}
