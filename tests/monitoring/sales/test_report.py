"""What answers led to: one shop's log counted by hand, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.sales import attribution
from monitoring.sales.report import make_report
from recommender.db.engine import session_scope
from recommender.db.tables import Event, ImpressionEvidence, Recommendation
from recommender.experiments.arms import Arm
from recommender.experiments.sales import COLUMNS, flat_rows, newest_report
from recommender.experiments.store import end_experiment, start_experiment
from recommender.settings import Settings

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
END = START + timedelta(days=28)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOPPERS = [f"u{number:02}" for number in range(12)]


def answer(name: str, user: str | None, items: list[str], time: datetime, **more: Any) -> None:
    row = {"session_id": None, "scenario": "home", "model_version": "m1"} | more
    with session_scope() as session:
        shown = [{"item_id": one, "score": 1.0} for one in items]
        session.add(Recommendation(recommendation_id=name, user_id=user, items=shown, time=time, **row))


def event(name: str, user: str | None, kind: str, item: str, time: datetime, **more: Any) -> None:
    with session_scope() as session:
        session.add(Event(event_id=name, user_id=user, event_type=kind, item_id=item, time=time, **more))


def figures(content: dict[str, Any], table: str) -> dict[str, Any]:
    return {row["name"]: row for row in content["tables"][table]}


@pytest.fixture
def shop(database: Settings) -> None:
    """Twelve shoppers are shown a and b; six click b, three of them buy it for 10, one brings it back."""
    for number, user in enumerate(SHOPPERS):
        answer(f"r{number}", user, ["a", "b"], START + number * HOUR, evidence_id="why" if number else None)
    for user in SHOPPERS[:6]:
        event(f"view {user}", user, "view", "b", START + DAY)
    for user in SHOPPERS[:3]:
        event(f"buy {user}", user, "purchase", "b", START + 2 * DAY, value=10.0, quantity=1)
    event("back", "u00", "return", "b", START + 3 * DAY, value=10.0)
    why = [{"item_id": "a", "evidence": [{"source": "repeat"}]}, {"item_id": "b", "evidence": []}]
    with session_scope() as session:
        session.add(ImpressionEvidence(evidence_id="why", user_id=None, language="en", items=why, size=1, time=START))


@pytest.mark.usefixtures("shop")
def test_a_shop_counted_by_hand() -> None:
    content = make_report(START, END, days=7)
    totals = content["totals"]
    assert (totals["shoppers"], totals["shown"]) == (12, 12)
    assert [totals[one]["value"] for one in ("clicked", "bought", "conversion")] == [0.5, 0.25, 0.25]
    assert totals["revenue"]["value"] == pytest.approx(20 / 12)
    assert totals["clicked"]["low"] < 0.5 < totals["clicked"]["high"]
    places = figures(content, "position")
    assert places["01"]["clicked"]["value"] == 0
    assert places["02"]["clicked"]["value"] == 0.5
    sources = figures(content, "source")
    assert sources["repeat"]["shown"] == 11
    assert sources["none named"]["shown"] == 11
    assert sources["not kept"]["clicked"] is None  # of one shopper nothing is told
    assert figures(content, "week").keys() == {"2026-03-02"}
    assert content["counts"] == {
        "events": 10,
        "due": 10,
        "named": 0,
        "purchases": 3,
        "purchases_due": 3,
        "purchases_without_value": 0,
    }


@pytest.mark.usefixtures("shop")
def test_an_event_is_due_to_the_answer_that_it_names_or_to_the_last_that_showed_its_item() -> None:
    answer("later", "u00", ["b"], START + HOUR * 30, model_version="m2")
    event("named", "u00", "view", "b", START + 5 * DAY, recommendation_id="r0")
    event("last", "u00", "cart", "b", START + 5 * DAY)
    event("too late", "u01", "cart", "b", START + 9 * DAY)
    event("never shown", "u01", "cart", "c", START + HOUR)
    event("before", "u02", "cart", "a", START - HOUR)
    event("a token's word", "u03", "purchase", "b", START + DAY, value=99.0, confirmed=False)
    event("another's", "u05", "cart", "b", START + DAY, recommendation_id="r4")
    content = make_report(START - DAY, END, days=7)
    assert content["counts"]["named"] == 1
    with session_scope() as session:
        report = newest_report(session)
    assert report is not None
    assert report.content["counts"] == content["counts"]
    models = figures(content, "model")
    assert (models["m1"]["shown"], models["m2"]["shown"]) == (12, 1)
    assert models["m1"]["carted"]["value"] == pytest.approx(1 / 12)  # u05's own answer; u00's is due to m2
    assert models["m1"]["bought"]["value"] == pytest.approx(2 / 12)  # u00 bought after m2's answer


@pytest.mark.usefixtures("shop")
def test_visits_count_and_answers_for_nobody_known_do_not() -> None:
    answer("visit", None, ["a"], START, session_id="v1")
    answer("nobody", None, ["a"], START)
    event("seen", None, "view", "a", START + HOUR, session_id="v1")
    content = make_report(START, END, days=7)
    assert content["totals"]["shoppers"] == 13
    assert content["totals"]["clicked"]["value"] == pytest.approx(7 / 13)


def test_an_experiment_tells_its_arms_apart_when_there_is_enough_of_it(database: Settings) -> None:
    arms = (Arm("as ever", 0.5), Arm("diverse", 0.5, {"diversity": 0.3}))
    with session_scope() as session:
        experiment = start_experiment(session, "mar", arms, "Ann", "to see", START)
    with session_scope() as session:
        for number in range(600):
            user = f"u{number}"
            arm = experiment.arm_of(user)
            assert arm is not None
            time = START + DAY + number * timedelta(minutes=1)
            row = {"scenario": "home", "model_version": "m1", "experiment_id": "mar", "arm": arm.name, "time": time}
            shown = [{"item_id": "a", "score": 1.0}]
            session.add(Recommendation(recommendation_id=f"r{number}", user_id=user, items=shown, **row))
            spent = 10.0 + number % 7 if number % 10 < (4 if arm.name == "diverse" else 2) else None
            if spent:
                later = {"time": time + DAY, "value": spent, "item_id": "z", "event_type": "purchase"}
                session.add(Event(event_id=f"e{number}", user_id=user, **later))
    early = make_report(START, START + 10 * DAY, days=7)["experiments"][0]
    assert early["arms"][1]["verdict"] == "early"
    content = make_report(START, END, days=7)
    [found] = content["experiments"]
    first, second = found["arms"]
    assert first["shoppers"] + second["shoppers"] == 600
    assert first["conversion"]["value"] == pytest.approx(0.2, abs=0.05)
    assert second["conversion"]["value"] == pytest.approx(0.4, abs=0.05)
    assert second["revenue_more"]["low"] > 0
    assert second["verdict"] == "better"
    assert found["sample_ratio_p"] > 0.001
    rows = list(flat_rows(content))
    assert all(tuple(row) == COLUMNS for row in rows)
    assert [row["name"] for row in rows if row["table"] == "arm"] == ["mar: as ever", "mar: diverse"]
    with session_scope() as session:
        end_experiment(session, "mar", "Ann", "seen enough", START + 8 * DAY)
    assert make_report(END, END + DAY, days=7)["experiments"] == []


def test_shares_that_do_not_hold_are_told_before_all_else(database: Settings) -> None:
    arms = (Arm("a", 0.5), Arm("b", 0.5))
    with session_scope() as session:
        start_experiment(session, "odd", arms, "Ann", "to see", START)
        for number in range(400):
            arm = "a" if number < 290 else "b"
            row = {"scenario": "home", "model_version": "m1", "experiment_id": "odd", "arm": arm, "time": START + DAY}
            shown = [{"item_id": "a", "score": 1.0}]
            session.add(Recommendation(recommendation_id=f"r{number}", user_id=f"u{number}", items=shown, **row))
    [found] = make_report(START, END, days=7)["experiments"]
    assert found["arms"][1]["verdict"] == "uneven"


def test_a_shop_that_has_answered_nobody_gets_an_empty_report(database: Settings) -> None:
    content = make_report(START, END, days=7)
    assert content["totals"]["shown"] == 0
    assert content["tables"]["model"] == []
    assert content["totals"]["clicked"] is None


@pytest.mark.usefixtures("shop")
def test_a_log_is_read_some_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = make_report(START, END, days=7)
    monkeypatch.setattr(attribution, "ROWS_A_READ", 3)
    assert make_report(START, END, days=7) == at_once
