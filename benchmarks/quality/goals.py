"""The figures the project set itself, checked against the rows of the run at hand.

It knows data sets by name; data without goals of its own only has to beat its baselines by a tenth.
"""

from typing import Any

from benchmarks.common.result_tables import goal
from benchmarks.quality.protocols import FILE, SHUFFLED, TRAIN, TRAIN_AND_VALIDATION

OURS = "zhiyin"
BETTER = 1.10
_TARGETS: dict[tuple[str, str, str], dict[str, float]] = {
    ("amazon-beauty", FILE, TRAIN): {"NDCG@10": 0.082},
    ("amazon-beauty", SHUFFLED, TRAIN): {"NDCG@10": 0.080},
    ("amazon-beauty", SHUFFLED, TRAIN_AND_VALIDATION): {"NDCG@10": 0.090, "HR@10": 0.150},
}
_DEMO_TARGETS = {"NDCG@20": 0.41, "NDCG@20 new": 0.065}


def goals_of(shop: str, ties: str, fit: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    ours = next((row for row in rows if row["system"] == OURS), None)
    if ours is None:
        return []
    targets = _DEMO_TARGETS if shop == "demo" else _TARGETS.get((shop, ties, fit), {})
    goals = [goal(name, ours[name]["mean"], target) for name, target in targets.items()]
    baselines = [row for row in rows if not row["system"].startswith(OURS)]
    for name in _DEMO_TARGETS if shop == "demo" else ("NDCG@10",):
        if baselines:
            best = max(baselines, key=lambda row: row[name]["mean"])
            label = f"{name} against the best baseline, {best['system']}"
            goals.append(goal(label, ours[name]["mean"] / max(best[name]["mean"], 1e-9), BETTER))
    return goals
