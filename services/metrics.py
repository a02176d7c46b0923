"""The service's own Prometheus meters; BentoML's /metrics shows them beside its own, all workers summed."""

from dataclasses import dataclass
from functools import lru_cache

from prometheus_client import Counter, Histogram


@dataclass(frozen=True, slots=True)
class Meters:
    degraded: Counter
    assistant: Counter
    events: Counter
    explanations: Counter
    explanations_dropped: Counter
    impressions: Counter
    impressions_lost: Counter
    llm_seconds: Histogram
    llm_tokens: Counter
    model_swaps: Counter
    stage_seconds: Histogram


@lru_cache
def meters() -> Meters:
    """Made at first use: by then BentoML has said where the workers' shared counters lie."""
    return Meters(
        Counter("zhiyin_degraded", "Answers given while a part was away", ["endpoint", "part"]),
        Counter("zhiyin_assistant", "Answers of the assistant", ["kind", "handover"]),
        Counter("zhiyin_events", "Events posted", ["outcome"]),
        Counter("zhiyin_explanations", "Sentences written; refused: why not by the LLM", ["explained_by", "refused"]),
        Counter("zhiyin_explanations_dropped", "Answers whose sentences were not written: too many waited"),
        Counter("zhiyin_impressions", "Answers recorded in the database"),
        Counter("zhiyin_impressions_lost", "Answers not recorded because the spool was full"),
        Histogram("zhiyin_llm_seconds", "Time of one answer of the text LLM", buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 16)),
        Counter("zhiyin_llm_tokens", "Tokens the text LLM wrote"),
        Counter("zhiyin_model_swaps", "Promoted models loaded"),
        Histogram(
            "zhiyin_stage_seconds",
            "Where the time of an answer goes",
            ["stage"],
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1),
        ),
    )
