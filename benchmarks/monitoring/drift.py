"""Does the drift check find who changed: `python -m benchmarks.drift [--quiet 26] [--json F]`, on the demo's shop.

The shop of the settings' home is copied, its last weeks are replayed with drift planted into them, and each week is
checked as the loop checks it. Quiet weeks tell how often drift is called where nothing was planted; shoppers who swap
tastes with each other how many of them are found, and how many of those found are theirs; the other plants whether the
first check sees them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.common.result_tables import Row, at_most, console, goal, write_report
from benchmarks.monitoring.planted_drift import PLANTS, rush, swap_tastes
from benchmarks.monitoring.replayed_shop import SHIPPED, WEEK, check_week, copied_home, plant_drift, require_sqlite
from monitoring.drift import PARTS
from recommender.db.tables import DriftRun
from recommender.drift.decisions import Choice, decide
from recommender.drift.runs import drifted_users
from training.profiles import refresh_drifted, refresh_profiles

PLANTED_WEEKS, SEASON_WEEKS = 2, 3
FALSE_ALARMS = (0.05, SHIPPED)
PRECISION, RECALL, MOST_ALARMS = 0.8, 0.8, 1


def main(
    quiet: Annotated[int, typer.Option(min=0, help="Quiet weeks.")] = 26,
    seed: Annotated[int, typer.Option(help="Of what is planted.")] = 0,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measures and prints."""
    require_sqlite()
    rows, goals = list[Row](), list[Row]()
    for measured in (_quiet(quiet), _swapped(seed), _planted(seed), _season(seed)):
        rows += measured[0]
        goals += measured[1]
    for one in (*rows, *goals):
        console.print(one, highlight=False)
    write_report(out, "the demo's shop, week by week", rows, goals)


def _quiet(weeks: int) -> tuple[list[Row], list[Row]]:
    if not weeks:
        return [], []
    with _copied_shop(weeks + PLANTED_WEEKS) as end:
        runs = [_checked(end - (weeks + PLANTED_WEEKS - one) * WEEK) for one in range(1, weeks + 1)]
    alarms = sum(run.drifted for run in runs)
    found, checked = (np.mean([run.details["shoppers"][name] for run in runs]) for name in ("drifted_count", "checked"))
    row = {"task": "quiet weeks", "system": "nothing planted", "weeks": weeks, "alarms": alarms}
    quiet = at_most(f"alarms in {weeks} quiet weeks", alarms, MOST_ALARMS)
    return [row | {"shoppers found a week": float(found), "shoppers checked a week": float(checked)}], [quiet]


def _swapped(seed: int) -> tuple[list[Row], list[Row]]:
    """Each false-alarm rate on a copy of its own, since who is found is refreshed and then found no more."""
    rows, goals = list[Row](), list[Row]()
    for rate in FALSE_ALARMS:
        with _copied_shop(PLANTED_WEEKS) as end:
            swapped, found = plant_drift(swap_tastes, end - PLANTED_WEEKS * WEEK, end, seed), set[str]()
            for week in range(1, PLANTED_WEEKS + 1):
                run = _checked(end - (PLANTED_WEEKS - week) * WEEK, rate)
                found |= set(drifted_users(run.drift_run_id))
                right = len(found & swapped)
                figures = {"precision": right / max(len(found), 1), "recall": right / len(swapped)}
                rows.append(
                    {"task": "shoppers who swap tastes", "system": f"false_alarm {rate:g}, after {week} weeks"}
                    | {"swapped": len(swapped), "found": len(found), **figures, "alarm": "yes" if run.drifted else "no"}
                )
        goals += [goal(f"false_alarm {rate:g}: {name}", figures[name], wanted)
                  for name, wanted in (("precision", PRECISION), ("recall", RECALL))]  # fmt: skip
    return rows, goals


def _planted(seed: int) -> tuple[list[Row], list[Row]]:
    rows, goals = list[Row](), list[Row]()
    for name, plant in PLANTS.items():
        with _copied_shop(1) as end:
            plant_drift(plant, end - WEEK, end, seed)
            run = _checked(end)
        parts = [part for part in PARTS if run.details[part]["drifted"]]
        rows.append({"task": "planted into a week", "system": name, "alarm": ", ".join(parts) or "no"})
        goals.append(goal(f"{name}: alarm at the first check", float(run.drifted), 1.0))
    return rows, goals


def _season(seed: int) -> tuple[list[Row], list[Row]]:
    with _copied_shop(SEASON_WEEKS) as end:
        plant_drift(rush, end - SEASON_WEEKS * WEEK, end, seed)
        alarms = sum(_checked(end - (SEASON_WEEKS - week) * WEEK).drifted for week in range(1, SEASON_WEEKS + 1))
    row = {"task": "a season", "system": f"{SEASON_WEEKS} weeks", "alarms": alarms}
    return [row], [at_most("alarms in a season", alarms, 1)]


@contextmanager
def _copied_shop(weeks: int) -> Iterator[datetime]:
    """The shop in a home of its own, profiles as they were so many weeks before its end; gives the end."""
    with copied_home() as end:
        refresh_profiles(end - weeks * WEEK, None, "retrain")
        yield end


def _checked(until: datetime, false_alarm: float = SHIPPED) -> DriftRun:
    """The run of the week before `until`; who drifted in it has a new profile, as the loop does it by itself."""
    run = check_week(until, false_alarm)
    decide(run.drift_run_id, Choice("refresh", "the benchmark", "policy"), announced=False)
    refresh_drifted(run.drift_run_id)
    return run


if __name__ == "__main__":
    typer.run(main)
