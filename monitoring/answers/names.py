"""The figures of answers by name, and what was found of each as a person would say it."""

from collections.abc import Mapping
from typing import Any

QUALITY, COVERAGE, OUTDATED, DEGRADED, UNEXPLAINED = "ndcg", "coverage", "outdated", "degraded", "unexplained"
TITLES = {
    QUALITY: "Quality of answers: NDCG@20 against what was then bought",
    COVERAGE: "Share of the catalogue that answers show",
    OUTDATED: "Answers made without what the shopper had done over an hour before",
    DEGRADED: "Answers that failed or lacked a part of the model's",
    UNEXPLAINED: "Explanations that the check refuses, of a daily sample",
}


def describe_answers(answers: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Each figure's title, what was found beside what is ordinary, and whether that is drift."""
    found = [(TITLES[name], describe_figure(name, one), one["drifted"]) for name, one in answers["figures"].items()]
    return found or [("Answers", "none in these days", False)]


def worse_figures(answers: Mapping[str, Any]) -> str:
    """The figures that are drift, in words; "" where none is."""
    return "; ".join(f"{title}: {words}" for title, words, moved in describe_answers(answers) if moved)


def describe_figure(name: str, figure: Mapping[str, Any]) -> str:
    """The value, what ordinary stretches have, and of how many units it is."""
    value, ordinary = format_value(name, figure["value"]), figure["ordinary"]
    units = f"of {figure['units']:,} {figure['unit']}"
    if not ordinary:
        return f"{value} {units}; nothing ordinary to compare with"
    low, high = (format_value(name, one) for one in (min(ordinary), max(ordinary)))
    return f"{value} {units}, ordinarily {low if low == high else f'{low} to {high}'}"


def format_value(name: str, value: float) -> str:
    """A share in per cent, NDCG as a number."""
    return f"{value:.3f}" if name == QUALITY else f"{value:.1%}"
