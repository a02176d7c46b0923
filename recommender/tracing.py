"""Traces by OpenTelemetry: spans of what a request or a step of the loop spends its time on, for a share of them.

Where `ZHIYIN_TRACES` is 0 nothing of OpenTelemetry is imported, and a span costs a comparison. Spans name models,
stations, counts and ids of answers, never a shopper or what one wrote. Where they are sent, OpenTelemetry's own
variables say: `OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME` and others.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from recommender.settings import get_settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

P = ParamSpec("P")
T = TypeVar("T")
NAME = "zhiyin"
Attribute = str | int | float | bool
_NOTHING: AbstractContextManager[None] = nullcontext()


def is_tracing() -> bool:
    """Whether some share of what this process does is traced."""
    return _tracer() is not None


def span(name: str, **attributes: Attribute) -> AbstractContextManager[object]:
    """A part of what is traced now, or the beginning of a trace; an error in it is noted by its type."""
    tracer = _tracer()
    if tracer is None:
        return _NOTHING
    return _recorded(tracer, name, attributes=_named(attributes))


def request_span(name: str, headers: Mapping[str, str], **attributes: Attribute) -> AbstractContextManager[object]:
    """The span of a request that came in: of the caller's trace where a header `traceparent` names it.

    Whether it is recorded the setting's share decides, not the caller.
    """
    tracer = _tracer()
    if tracer is None:
        return _NOTHING
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    caller = TraceContextTextMapPropagator().extract(headers)
    return _recorded(tracer, name, context=caller, kind=SpanKind.SERVER, attributes=_named(attributes))


@contextmanager
def _recorded(tracer: "Tracer", name: str, **known: Any) -> Iterator[None]:
    """A span whose error is told by its type alone: messages may hold what somebody wrote."""
    from opentelemetry.trace import StatusCode

    with tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False, **known) as opened:
        try:
            yield
        except BaseException as error:
            opened.set_status(StatusCode.ERROR, type(error).__name__)
            raise


def annotate(**attributes: Attribute) -> None:
    """Adds attributes to the span that is open here, if one is."""
    if is_tracing():
        from opentelemetry.trace import get_current_span

        get_current_span().set_attributes(_named(attributes))


def traced_step(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """A step of the loop as a trace of its own, or a part of one; sent before the step returns."""

    def decorate(step: Callable[P, T]) -> Callable[P, T]:
        @wraps(step)
        def traced(*args: P.args, **kwargs: P.kwargs) -> T:
            if not is_tracing():
                return step(*args, **kwargs)
            try:
                with span(name, **_airflow_run()):
                    return step(*args, **kwargs)
            finally:  # the process of a task may end without a word
                provider().force_flush()

        return traced

    return decorate


@cache
def provider() -> "TracerProvider":
    """What makes and sends this process's spans; to be asked only while `is_tracing`."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    share = TraceIdRatioBased(get_settings().traces)
    sampler = ParentBased(share, remote_parent_sampled=share, remote_parent_not_sampled=share)
    resource = Resource.create({SERVICE_NAME: os.environ.get("OTEL_SERVICE_NAME", NAME)})
    made = TracerProvider(sampler, resource)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made


@cache
def _tracer() -> "Tracer | None":
    return provider().get_tracer(NAME) if get_settings().traces > 0 else None


def stop_tracing() -> None:
    """Sends what is left; the next span reads the settings anew."""
    if is_tracing():
        provider().shutdown()
    _tracer.cache_clear()
    provider.cache_clear()


def _named(attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    """By names of the product's own: `zhiyin.` before them, `__` for a dot where another convention has the name."""
    return {name.replace("__", ".") if "__" in name else f"{NAME}.{name}": value for name, value in attributes.items()}


def _airflow_run() -> dict[str, Attribute]:
    """The task that Airflow runs in this process, as it tells in the environment; nothing elsewhere."""
    names = {"dag_id": "AIRFLOW_CTX_DAG_ID", "task_id": "AIRFLOW_CTX_TASK_ID", "dag_run_id": "AIRFLOW_CTX_DAG_RUN_ID"}
    return {name: os.environ[variable] for name, variable in names.items() if variable in os.environ}
