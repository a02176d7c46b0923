"""What the models' page shows of trials: the one that runs with its counts, and what became of others."""

from datetime import UTC, datetime, timedelta

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Canary, Model, SalesReport
from recommender.release.counts import Counts, keep_counts
from recommender.settings import Settings
from services.storefront.operator.trials import MOST_SHOWN, Trials, read_trials
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def tables(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        row = {"reason": "", "path": "", "manifest": {}, "created_at": NOW}
        session.add(Model(model_version="old", status="promoted", promoted_at=NOW, **row))


def start(version: str, running: bool = True, shadow: bool = False) -> None:
    with session_scope() as session:
        row = {"incumbent": "old", "share": 0.1, "reason": "to see", "started_by": "somebody", "started_at": NOW}
        session.add(Canary(model_version=version, running=running or None, shadow=shadow, **row))


def read() -> Trials:
    with session_scope() as session:
        return read_trials(session)


def test_without_a_trial_the_page_shows_what_there_was() -> None:
    for number in range(MOST_SHOWN + 2):
        start(f"ended-{number}", running=False)
    found = read()
    assert (found.running, found.incumbent, found.counts) == (None, "old", [])
    assert [one.model_version for one in found.before] == [f"ended-{n}" for n in range(MOST_SHOWN + 1, 1, -1)]


@pytest.mark.parametrize(("shadow", "answers"), [(False, 3), (True, 5)])
def test_what_was_counted_since_it_began_is_shown_beside_the_model_in_service(shadow: bool, answers: int) -> None:
    start("new", shadow=shadow)
    with session_scope() as session:
        keep_counts(
            session,
            "w",
            [
                (("new", "canary", NOW), Counts(answers=3)),
                (("new", "shadow", NOW), Counts(answers=5)),
                (("old", "current", NOW), Counts(answers=7)),
                (("old", "current", NOW - timedelta(minutes=5)), Counts(answers=100)),
            ],
        )
    found = read()
    assert found.running is not None
    assert [(version, counts.answers) for version, counts in found.counts] == [("new", answers), ("old", 7)]


def test_a_promoted_model_alone_has_no_trial_and_no_report() -> None:
    found = read()
    assert (found.running, found.report, found.sales_rows, list(found.decisions)) == (None, None, [], [])


def test_of_the_newest_report_the_rows_of_both_models_are_shown() -> None:
    start("new")
    with session_scope() as session:
        rows = [{"name": name} for name in ("new", "old", "another")]
        session.add(SalesReport(content={"tables": {"model": rows}}, made_at=NOW, since=NOW, until=NOW))
    assert [row["name"] for row in read().sales_rows] == ["new", "old"]
