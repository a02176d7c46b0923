"""What the check's numbers mean: whether as many came as usual, whether shoppers moved, and all of it in a sentence.

Pure functions of counts; the columns' verdicts are the report's.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from monitoring.answers.names import worse_figures
from monitoring.behaviour import known_at
from monitoring.compared_days import Stretches
from monitoring.feed import describe_feed
from monitoring.shoppers import NewBehaviour, Ordinary

UNUSUAL = 2.0  # more than so many times the expected false alarms,
CHANCE = 0.01  # and less probable than this, is more than chance
BINS = 24  # of the distances that a person looks at
FEWER = 0.2  # as many times more or fewer shoppers than in ordinary stretches is a change,
SPREAD = 3.0  # if it is also more than so many standard deviations of such a share


def judge_activity(events: pl.DataFrame, stretches: Stretches) -> dict[str, Any]:
    """The share of the shoppers who came in the current stretch, beside that of the reference's."""
    counted = [_came(events, stretches, place) for place in range(len(stretches.ends) + 1)]
    (came, known), *before = counted
    shares = [some / max(of, 1) for some, of in before]
    usual, share = float(np.mean(shares)), came / max(known, 1)
    spread = np.sqrt(usual * (1 - usual) * (1 / max(known, 1) + 1 / max(sum(of for _, of in before), 1)))
    margin = max(FEWER * usual, SPREAD * float(spread))
    return {
        "shoppers": known,
        "share": round(share, 4),
        "ordinary_shares": [round(one, 4) for one in shares],
        "drifted": bool(share < min(usual - margin, *shares) or share > max(usual + margin, *shares)),
    }


def _came(events: pl.DataFrame, stretches: Stretches, place: int) -> tuple[int, int]:
    """How many came in a stretch, the current one being the first, and of how many shoppers."""
    end = (stretches.end, *stretches.ends)[place]
    known = known_at(events, end, stretches.lately)
    return len(known_at(events, end, stretches.length)), len(known)


def judge_shoppers(
    changes: Mapping[str, NewBehaviour], drifted: Mapping[str, float], ordinary: Ordinary
) -> dict[str, Any]:
    """Whether more shoppers than chance would have it left the profiles that they are served with."""
    aged = {user_id: change for user_id, change in changes.items() if change.age is not None}
    known, moved = len(aged), sum(user_id in aged for user_id in drifted)
    share = moved / max(known, 1)
    return {
        "checked": len(changes),
        "drifted_count": len(drifted),
        "without_profile": len(changes) - known,
        "share": round(share, 4),
        "expected_share": ordinary.false_alarm,
        "threshold": round(ordinary.threshold, 6),
        "median_distance": round(float(np.median([one.distance for one in aged.values()])), 6) if aged else None,
        "ordinary_median_distance": round(float(np.median(ordinary.distances)), 6),
        "ordinary_changes": len(ordinary.distances),
        "drifted": bool(share > UNUSUAL * ordinary.false_alarm and _chance(moved, known, ordinary) < CHANCE),
    }


def count_distances(changes: Mapping[str, NewBehaviour], ordinary: Ordinary) -> dict[str, list[float]]:
    """How many ordinary changes and how many found ones lie between these distances; shares of each kind's whole."""
    found = np.array([one.distance for one in changes.values() if one.age is not None])
    farthest = max(float(ordinary.distances.max(initial=0)), float(found.max(initial=0)), 1e-6)
    edges = np.linspace(0, farthest, BINS + 1)
    counted = {"ordinary": np.histogram(ordinary.distances, edges)[0], "found": np.histogram(found, edges)[0]}
    shares = {name: counts / max(int(counts.sum()), 1) for name, counts in counted.items()}
    return {name: np.round(values, 4).tolist() for name, values in {"edges": edges, **shares}.items()}


def _chance(moved: int, known: int, ordinary: Ordinary) -> float:
    """How probable it is that so many or more of the shoppers exceed a threshold that comes from ordinary changes."""
    beyond, changes = ordinary.beyond(), len(ordinary.distances)
    return float(stats.hypergeom.sf(moved - 1, known + changes, moved + beyond, known))


def sentence(verdict: Mapping[str, Any]) -> str:
    """The verdict as a person would say it."""
    activity, behaviour, profiles, shoppers = (
        verdict[part] for part in ("activity", "behaviour", "profiles", "shoppers")
    )
    return (
        f"{'Drift' if verdict['drifted'] else 'No drift'}: {activity['share']:.0%} of the shoppers came, in ordinary "
        f"stretches {min(activity['ordinary_shares']):.0%} to {max(activity['ordinary_shares']):.0%}; "
        f"{behaviour['share']:.0%} of the behaviour's columns and {profiles['share']:.0%} of the profiles' components "
        f"changed; {_of_shoppers(shoppers)}{_of_feed(verdict.get('feed'))}{_of_answers(verdict)}"
    )


def _of_feed(feed: Mapping[str, Any] | None) -> str:
    """Nothing where prices are as ever."""
    return f"; the feed: {describe_feed(feed)}" if feed and feed["drifted"] else ""


def _of_answers(verdict: Mapping[str, Any]) -> str:
    """What is worse of the answers; nothing where they are as ever. A run of an earlier release looked at none."""
    answers, scores = verdict.get("answers"), verdict.get("scores")
    worse = worse_figures(answers) if answers else ""
    moved = "; the scores of the answers are spread otherwise" if scores and scores["drifted"] else ""
    return f"{f'; {worse}' if worse else ''}{moved}"


def _of_shoppers(shoppers: Mapping[str, Any]) -> str:
    if not shoppers["checked"]:
        return "nobody did anything that the profile in service doesn't know"
    return (
        f"{shoppers['drifted_count']} of {shoppers['checked']} shoppers moved farther than "
        f"{shoppers['threshold']:.3f}, which an ordinary stretch lets {shoppers['expected_share']:.0%} do"
    )
