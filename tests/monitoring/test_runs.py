"""Drift runs as rows: replaced as a whole, on both databases."""

from datetime import timedelta
from typing import Any

from monitoring.check_params import DriftParams
from monitoring.runs import DriftedShopper, replace_run
from recommender.drift.runs import drifted_users, find_run, list_runs, mark_refreshed
from recommender.settings import Settings
from tests.monitoring.test_check_params import GOOD

VERDICT: dict[str, Any] = {"drifted": True, "behaviour": {"share": 0.25}, "sentence": "Drift: so it is"}


def found(**distances: float) -> dict[str, DriftedShopper]:
    return {user_id: DriftedShopper(distance) for user_id, distance in distances.items()}


def test_a_run_replaces_its_own_rows_and_keeps_who_was_refreshed(database: Settings) -> None:
    params = DriftParams.of(**GOOD)
    replace_run("one", params, VERDICT, "one/report.html", found(a=0.4, b=0.9, c=0.5))
    replace_run("other", params, VERDICT, "other/report.html", found(a=0.4))
    assert drifted_users("one") == ["b", "c", "a"]
    assert mark_refreshed("one", ["b", "nobody"]) == 1
    assert drifted_users("one", waiting=True) == ["c", "a"]

    replace_run("one", params, VERDICT, "one/report.html", found(b=0.9, d=0.5))
    run = find_run("one")
    assert run is not None
    assert (run.users_drifted, run.users_refreshed, run.share) == (2, 1, 0.25)
    assert drifted_users("one", waiting=True) == ["d"]
    assert drifted_users("other", waiting=True) == ["a"]


def test_the_newest_run_is_the_one_whose_interval_ends_last(database: Settings) -> None:
    assert find_run() is None
    later = {name: moment + timedelta(days=7) for name, moment in GOOD.items()}
    replace_run("later", DriftParams.of(**later), VERDICT, "x", {})
    replace_run("earlier", DriftParams.of(**GOOD), VERDICT, "x", {})
    newest = find_run()
    assert newest is not None
    assert newest.drift_run_id == "later"
    assert [run.drift_run_id for run in list_runs()] == ["later", "earlier"]
