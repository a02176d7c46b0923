"""Decisions on drift runs: one a run, whoever is faster, on both databases."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from monitoring.check_params import DriftParams
from monitoring.runs import DriftedShopper, replace_run
from recommender.db.engine import session_scope
from recommender.db.tables import Announcement, DriftDecision
from recommender.drift.decisions import (
    AlreadyDecided,
    Choice,
    DecisionError,
    Replaced,
    apply_policy,
    decide,
    decision_on,
    describe_decision,
    find_made,
    waiting_users,
)
from recommender.drift.runs import find_run, mark_refreshed
from recommender.settings import Settings
from tests.monitoring.test_check_params import GOOD

VERDICT: dict[str, Any] = {
    "drifted": True,
    "behaviour": {"share": 0.25},
    "activity": {"drifted": False},
    "sentence": "Drift: so it is",
    "as_of": "2026-03-09T00:00:00+00:00",
}
FOUND = {"a": DriftedShopper(0.4), "b": DriftedShopper(0.9), "c": DriftedShopper(0.5)}


@pytest.fixture
def run(database: Settings) -> str:
    replace_run("one", DriftParams.of(**GOOD), VERDICT, "one/report.html", FOUND)
    return "one"


def subjects() -> list[tuple[str, Any]]:
    with session_scope() as session:
        return [(row.subject, row.details.get("drift_run_id")) for row in session.scalars(select(Announcement))]


def test_some_are_refreshed_the_farthest_first_and_the_loop_is_told(run: str) -> None:
    assert waiting_users(run) == []
    decide(run, Choice("refresh", "Ann", "page", farther_than=0.45))
    assert waiting_users(run) == ["b", "c"]
    assert subjects() == [("drift", "one")]
    mark_refreshed(run, ["b"])
    assert waiting_users(run) == ["c"]
    replace_run(
        run, DriftParams.of(**GOOD), VERDICT, "one/report.html", FOUND | {"d": DriftedShopper(0.8)}
    )  # the decision stands
    assert waiting_users(run) == ["d", "c"]


def test_a_number_of_shoppers_means_the_farthest_even_when_some_were_refreshed(run: str) -> None:
    decide(run, Choice("refresh", "Ann", "command", at_most=2))
    mark_refreshed(run, ["b"])
    assert waiting_users(run) == ["c"]


def test_a_run_is_decided_once_and_the_second_is_told_who_was_first(run: str) -> None:
    decide(run, Choice("dismiss", "Ann", "airflow", "a sale, no change of taste"))
    with pytest.raises(AlreadyDecided, match=r"dismiss, by Ann through the airflow, .* UTC: a sale"):
        decide(run, Choice("refresh", "Bob", "page"))
    assert waiting_users(run) == []
    assert subjects() == []


def test_of_many_at_once_one_wins(run: str) -> None:
    told: list[str] = []

    def try_it(who: str) -> None:
        try:
            told.append(decide(run, Choice("refresh", who, "page")).decided_by)
        except AlreadyDecided as refusal:
            told.append(str(refusal))

    threads = [threading.Thread(target=try_it, args=(f"person {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = decision_on(run)
    assert made is not None
    assert sorted(told)[0] == made.decided_by
    assert sum(one.startswith("run: one is decided") for one in told) == 5
    assert subjects() == [("drift", "one")]


def test_who_holds_may_decide_later(run: str) -> None:
    decide(run, Choice("hold", "Ann", "airflow"))
    decide(run, Choice("retrain", "Bob", "page"))
    made = decision_on(run)
    assert made is not None
    assert describe_decision(made).startswith("retrain, by Bob through the page")
    assert subjects() == [("features", "one")]
    with pytest.raises(AlreadyDecided):
        decide(run, Choice("hold", "Ann", "airflow"))


def test_what_a_newer_run_replaced_is_decided_no_more(run: str) -> None:
    later = {name: moment + timedelta(days=7) for name, moment in GOOD.items()}
    replace_run("later", DriftParams.of(**later), VERDICT, "x", {})
    with pytest.raises(Replaced, match="run: one was replaced by later"):
        decide(run, Choice("refresh", "Ann", "page"))
    with pytest.raises(DecisionError, match="run: there is no drift run none"):
        decide("none", Choice("refresh", "Ann", "page"))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"action": "panic"}, "action: 'panic' is none of"),
        ({"action": "dismiss", "note": " "}, "note: say why"),
        ({"action": "dismiss", "note": "x" * 2_001}, "note: longer than 2,000"),
        ({"action": "refresh", "farther_than": 3.0}, "farther_than: "),
        ({"action": "refresh", "at_most": 0}, "at_most: "),
        ({"action": "retrain", "at_most": 3}, "action: some of the shoppers can only be refreshed"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused_by_its_field(values: dict[str, Any], said: str) -> None:
    with pytest.raises(DecisionError, match=said):
        Choice(**{"decided_by": "Ann", "door": "page", **values})


def test_the_policy_decides_asks_and_keeps_to_its_budget(run: str) -> None:
    found = find_run(run)
    assert found is not None
    choice = apply_policy(found, Settings())
    assert choice == Choice("refresh", "the policy", "policy")
    few = apply_policy(found, Settings(drift_refresh_at_most=2))
    assert few is not None
    assert (few.at_most, few.note) == (2, "within the budget of 2 shoppers a run")
    assert apply_policy(found, Settings(drift_policy="ask")) is None
    assert apply_policy(found, Settings(), "ask") is None
    assert apply_policy(found, Settings(drift_policy="ask-unusual", drift_ask_above=3)) is not None
    assert apply_policy(found, Settings(drift_policy="ask-unusual", drift_ask_above=2)) is None
    replace_run(run, DriftParams.of(**GOOD), VERDICT | {"activity": {"drifted": True}}, "x", {})
    broken = find_run(run)
    assert broken is not None
    assert apply_policy(broken, Settings(drift_policy="ask-unusual")) is None  # far fewer came, or more


def test_the_policy_wakes_nobody_by_itself(run: str) -> None:
    decide(run, Choice("refresh", "the policy", "policy"), announced=False)
    assert subjects() == []
    with session_scope() as session:
        made = session.get_one(DriftDecision, run)
        assert made.door == "policy"
        assert describe_decision(made).startswith("refresh, by the policy, 20")


def test_a_choice_that_repeats_a_page_s_decision_is_found_and_no_other(run: str) -> None:
    repeated = Choice("refresh", "admin", "airflow", "as the page says", at_most=2)
    assert find_made(run, repeated) is None
    decide(run, Choice("refresh", "Ann", "page", at_most=2))
    made = find_made(run, repeated)
    assert made is not None
    assert (made.decided_by, made.door) == ("Ann", "page")
    assert find_made(run, Choice("refresh", "admin", "airflow")) is None
    assert find_made(run, Choice("hold", "admin", "airflow")) is None


def test_what_was_decided_in_airflow_is_no_repetition(run: str) -> None:
    decide(run, Choice("hold", "admin", "airflow"))
    assert find_made(run, Choice("hold", "admin", "airflow")) is None
