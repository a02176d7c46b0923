"""What stands above Evidently's report: the check's verdict in words, its parts in numbers, the shoppers' among them.

Evidently's own headline speaks of columns alone. It names no shopper: a report is kept for long.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from monitoring.answers.names import describe_answers
from monitoring.feed import describe_feed
from recommender.db.tables import DriftRun
from recommender.drift.decisions import MEANINGS

STYLE = (
    "font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:1rem 1.5rem;"
    "border-left:.4rem solid {colour};background:#f6f7f9;color:#1b1f24"
)
CALM, ALARMED = "#2e7d32", "#c62828"


def headline(verdict: Mapping[str, Any]) -> str:
    """HTML for the top of a report; `verdict` as `check_drift` keeps it, with its `sentence`."""
    drifted = bool(verdict["drifted"])
    rows = "".join(
        f"<tr><th scope='row' style='text-align:left;padding-right:2rem'>{escape(name)}</th>"
        f"<td style='padding-right:2rem'>{escape(found)}</td><td>{'drifted' if moved else 'ordinary'}</td></tr>"
        for name, found, moved in parts_of(verdict)
    )
    return (
        f"<section style='{STYLE.format(colour=ALARMED if drifted else CALM)}' lang='en'>"
        f"<h1 style='font-size:1.4rem;margin:0'>{'Drift' if drifted else 'No drift'}</h1>"
        f"<p>{escape(verdict['sentence'])}.</p><table>{rows}</table>"
        f"<p style='margin-bottom:0'>Model {escape(str(verdict['model_version']))}, as of {escape(verdict['as_of'])}. "
        "Below, Evidently compares the columns one by one; what it says of the dataset is said of columns, not of "
        "shoppers.</p></section>"
    )


def question_of(run: DriftRun) -> tuple[str, str]:
    """What a person is asked about a run: a line, and in Markdown what there is to know for an answer."""
    found = [
        f"| {name} | {words} | {'drifted' if moved else 'ordinary'} |" for name, words, moved in parts_of(run.details)
    ]
    body = [
        f"{run.details['sentence']}.",
        "\n".join(["| | found | |", "|---|---|---|", *found]),
        "\n".join(f"- **{action}**: {meaning}" for action, meaning in MEANINGS.items()),
        f"Threshold of the distance: {run.details['shoppers']['threshold']:.3f}. Report: `{run.report_path}`; who "
        f"drifted, before and after: `/operations/{run.drift_run_id}` of the service.",
    ]
    return f"{run.users_drifted:,} shoppers drifted in {run.drift_run_id}: what now?", "\n\n".join(body)


def parts_of(verdict: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """What was looked at, what was found there, and whether that is drift; a profile's components are one group."""
    activity, shoppers = verdict["activity"], verdict["shoppers"]
    named = (("behaviour", "Columns of behaviour"), ("profiles", "Components of the profiles' vectors, as a group"))
    return [
        ("Shoppers who came", f"{activity['share']:.0%} of {activity['shoppers']:,}", activity["drifted"]),
        *_feed(verdict),
        *((title, _share_of(verdict[part]), verdict[part]["drifted"]) for part, title in named),
        (
            "Shoppers who left the profile that they are served with",
            f"{shoppers['drifted_count']:,} of {shoppers['checked']:,}",
            shoppers["drifted"],
        ),
        *_answers(verdict),
    ]


def _feed(verdict: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """A run of an earlier release has no such part."""
    feed = verdict.get("feed")
    return [] if feed is None else [("What the feed says was paid", describe_feed(feed), feed["drifted"])]


def _answers(verdict: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """A run of an earlier release looked at no answers; scores are compared only where enough was answered."""
    answers, scores = verdict.get("answers"), verdict.get("scores")
    if answers is None or scores is None:
        return []
    found = [("Scores of answers", _share_of(scores), scores["drifted"])] if scores["columns"] else []
    return [*describe_answers(answers), *found]


def _share_of(part: Mapping[str, Any]) -> str:
    moved = sum(column["drifted"] for column in part["columns"].values())
    return f"{moved} of {len(part['columns'])} changed"
