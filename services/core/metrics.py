"""The service's own Prometheus meters and how they are shown, all workers summed.

Requests are counted here, by the endpoint's template: BentoML's own counters take the raw address for a label, and so
grow with whatever anybody asks for.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1)


@dataclass(frozen=True, slots=True)
class Meters:
    """The service's metrics, a field each; `meters` says what they count, and by which labels."""

    degraded: Counter
    assistant: Counter
    assistant_replies: Counter
    assistant_sentences_dropped: Counter
    events: Counter
    explanations: Counter
    explanations_dropped: Counter
    impressions: Counter
    impressions_lost: Counter
    evidence_lost: Counter
    llm_reranks: Counter
    llm_seconds: Histogram
    llm_tokens: Counter
    lists: Counter
    list_bytes: Gauge
    model_swaps: Counter
    erased_learned: Gauge
    refused: Counter
    release_answers: Counter
    guardrails: Counter
    requests: Counter
    request_seconds: Histogram
    stage_seconds: Histogram
    webhooks: Counter
    messages: Counter


@lru_cache
def meters() -> Meters:
    """Made at first use: by then BentoML has said where the workers' shared counters lie."""
    return Meters(
        Counter("zhiyin_degraded", "Answers given while a part was away", ["endpoint", "part"]),
        Counter("zhiyin_assistant", "Answers of the assistant", ["kind", "handover"]),
        Counter(
            "zhiyin_assistant_replies",
            "Parts of answers the text LLM was asked to word; refused: why not by the LLM",
            ["composed_by", "refused"],
        ),
        Counter(
            "zhiyin_assistant_sentences_dropped", "Sentences of the text LLM's replies that were not shown", ["why"]
        ),
        Counter("zhiyin_events", "Events posted", ["outcome"]),
        Counter("zhiyin_explanations", "Sentences written; refused: why not by the LLM", ["explained_by", "refused"]),
        Counter(
            "zhiyin_explanations_dropped",
            "Answers whose sentences were not written: too many waited (full), their shopper had gone on (late), the "
            "day's budget was spent (budget)",
            ["why"],
        ),
        Counter("zhiyin_impressions", "Answers recorded in the database"),
        Counter("zhiyin_impressions_lost", "Answers not recorded because the spool was full"),
        Counter("zhiyin_impression_evidence_lost", "Answers whose evidence was not kept: the spool was half full"),
        Counter("zhiyin_llm_reranks", "Kept lists that the text LLM was to put into its order", ["outcome"]),
        Histogram("zhiyin_llm_seconds", "Time of one answer of the text LLM", buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 16)),
        Counter("zhiyin_llm_tokens", "Tokens the text LLM wrote"),
        Counter(
            "zhiyin_lists", "Ranked lists: found ready (hit), made (miss), made before anybody asked (ahead)", ["kept"]
        ),
        Gauge("zhiyin_list_bytes", "Memory of the ranked lists kept ready", multiprocess_mode="livesum"),
        Counter("zhiyin_model_swaps", "Promoted models loaded"),
        Gauge(
            "zhiyin_erased_shoppers_learned",
            "Shoppers erased by now whom the model in service had learned from; the next training ends that",
            multiprocess_mode="mostrecent",
        ),
        Counter("zhiyin_refused", "Requests refused because more was asked than could be answered", ["work"]),
        Counter(
            "zhiyin_release_answers",
            "Answers made by the promoted model (current), a canary or a shadow: whole, degraded, error, dropped",
            ["role", "outcome"],
        ),
        Counter("zhiyin_guardrail_breaches", "Models that a guardrail took out, by the figure", ["figure"]),
        Counter("zhiyin_requests", "Requests answered", ["endpoint", "status"]),
        Histogram("zhiyin_request_seconds", "Time of an answer", ["endpoint"], buckets=SECONDS),
        Histogram("zhiyin_stage_seconds", "Where the time of an answer goes", ["stage"], buckets=SECONDS),
        Counter("zhiyin_webhooks", "Deliveries of a shop's webhooks", ["source", "outcome"]),
        Counter("zhiyin_messages", "Messages to the shop's own system, by try", ["kind", "outcome"]),
    )


@lru_cache(maxsize=1024)
def _of_request(endpoint: str, status: int) -> tuple[Counter, Histogram]:
    return meters().requests.labels(endpoint, str(status)), meters().request_seconds.labels(endpoint)


def count_request(endpoint: str, status: int, seconds: float) -> None:
    """Counts an answer by its endpoint's template and status, and observes the seconds that it took."""
    counter, histogram = _of_request(endpoint, status)
    counter.inc()
    histogram.observe(seconds)


@lru_cache(maxsize=16)
def stage(name: str) -> Histogram:
    """Where the time of an answer goes: `with stage("rank").time()`."""
    return meters().stage_seconds.labels(name)


@lru_cache(maxsize=16)
def dropped(why: str) -> Counter:
    """Answers whose sentences are not written."""
    return meters().explanations_dropped.labels(why)


@lru_cache(maxsize=16)
def lists(kept: str) -> Counter:
    """The counter of ranked lists found ready ("hit"), made ("miss") or made before anybody asked ("ahead")."""
    return meters().lists.labels(kept)


class OfShop(Collector):
    """What another registry collects, each sample with the label `shop`."""

    def __init__(self, registry: CollectorRegistry, shop_id: str) -> None:
        self.registry, self.shop_id = registry, shop_id

    def collect(self) -> Iterator[Metric]:
        """The metrics of the registry, as they are now."""
        for metric in self.registry.collect():
            labelled = Metric(metric.name, metric.documentation, metric.type, metric.unit)
            labelled.samples = [one._replace(labels={**one.labels, "shop": self.shop_id}) for one in metric.samples]
            yield labelled


def exposition(shop_id: str = "") -> bytes:
    """What /metrics shows; the metrics of a shop of several say whose they are."""
    registry = REGISTRY  # in one process: a test's
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    if not shop_id:
        return generate_latest(registry)
    labelled = CollectorRegistry(auto_describe=False)
    labelled.register(OfShop(registry, shop_id))
    return generate_latest(labelled)
