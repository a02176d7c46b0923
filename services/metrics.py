"""The service's own Prometheus meters; BentoML's /metrics shows them beside its own, all workers summed."""

from dataclasses import dataclass
from functools import lru_cache

from prometheus_client import Counter, Histogram


@dataclass(frozen=True, slots=True)
class Meters:
    degraded: Counter
    events: Counter
    impressions: Counter
    impressions_lost: Counter
    model_swaps: Counter
    stage_seconds: Histogram


@lru_cache
def meters() -> Meters:
    """Made at first use: by then BentoML has said where the workers' shared counters lie."""
    return Meters(
        Counter("zhiyin_degraded", "Answers given while a part was away", ["endpoint", "part"]),
        Counter("zhiyin_events", "Events posted", ["outcome"]),
        Counter("zhiyin_impressions", "Answers recorded in the database"),
        Counter("zhiyin_impressions_lost", "Answers not recorded because the spool was full"),
        Counter("zhiyin_model_swaps", "Promoted models loaded"),
        Histogram(
            "zhiyin_stage_seconds",
            "Where the time of an answer goes",
            ["stage"],
            buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1),
        ),
    )
