"""`zhiyin report`: as tables, as JSON, as CSV; of a shop that has answered nobody and of one that has."""

import csv
import json
from datetime import UTC, datetime

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Event, Recommendation
from recommender.experiments.sales import COLUMNS
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = ("--since", "2026-03-01", "--until", "2026-03-10")


@pytest.fixture
def shop(home: Settings) -> None:
    """Twelve shoppers are shown a; six of them click it, three without a price buy it."""
    install_tables()
    with session_scope() as session:
        for number in range(12):
            items = [{"item_id": "a", "score": 1.0}]
            of = {"user_id": f"u{number}", "scenario": "home", "model_version": "m1", "items": items}
            session.add(Recommendation(recommendation_id=f"r{number}", time=START, **of))
        for number in range(6):
            kind = "purchase" if number < 3 else "view"
            of = {"user_id": f"u{number}", "item_id": "a", "event_type": kind}
            session.add(Event(event_id=f"e{number}", time=START.replace(hour=1), **of))


@pytest.mark.usefixtures("shop")
def test_tables_tell_what_the_answers_led_to() -> None:
    done = zhiyin("report", *SPAN)
    assert done.exit_code == 0, done.output
    told = done.stdout
    assert "2026-03-01 to 2026-03-10: 12 answers for 12 shoppers and visits; 3 of 3 purchases are due" in told
    assert "3 purchases say no money" in told


@pytest.mark.usefixtures("shop")
def test_json_and_csv_have_the_same_figures() -> None:
    content = json.loads(zhiyin("report", *SPAN, "--json").stdout)
    assert content["totals"]["shown"] == 12
    rows = list(csv.DictReader(zhiyin("report", *SPAN, "--csv").stdout.splitlines()))
    assert rows
    assert set(rows[0]) == set(COLUMNS)


@pytest.mark.usefixtures("shop")
def test_the_days_that_an_event_is_due_for_can_be_given() -> None:
    assert json.loads(zhiyin("report", *SPAN, "--days", 3, "--json").stdout)["days"] == 3


def test_a_shop_that_has_answered_nobody_is_told_so(home: Settings) -> None:
    install_tables()
    done = zhiyin("report")
    assert done.exit_code == 0, done.output
    assert "0 answers for 0 shoppers" in done.stdout


def test_an_interval_that_ends_before_it_begins_is_refused(home: Settings) -> None:
    install_tables()
    done = zhiyin("report", "--since", "2026-03-10", "--until", "2026-03-01")
    assert (done.exit_code, "is not before --until" in done.stderr) == (2, True)
