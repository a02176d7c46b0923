"""All that is decided in one order: every kind of row, filters, and pages that neither repeat nor leave out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitoring.check_params import DriftParams
from monitoring.runs import replace_run
from recommender.auth.keys import create_key, revoke_key
from recommender.db.engine import session_scope
from recommender.drift.decisions import Choice, decide, take_back
from recommender.experiments.arms import Arm
from recommender.experiments.store import end_experiment, start_experiment
from recommender.privacy.audit import note
from recommender.reranking.rules import Rule
from recommender.store.audit_trail import KINDS, Entry, Place, known_actions, read_trail
from recommender.store.rules import add_rule, remove_rule
from tests.monitoring.test_check_params import GOOD
from tests.recommender.drift.test_decisions import VERDICT

NOW = datetime(2026, 5, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("database")


def read(**asked: Any) -> list[Entry]:
    with session_scope() as session:
        return read_trail(session, **asked)


def fill() -> None:
    """One or two entries of each kind, an hour apart, and the drift's, which happen now."""
    replace_run("one", DriftParams.of(**GOOD), VERDICT, "one/report.html", {})
    decide("one", Choice("refresh", "Ann", "page", "so few", at_most=3))
    take_back("one", "Bob")
    with session_scope() as session:
        note(session, NOW, "operator key k", "promote", None, {"model_version": "m2", "former": "m1"})
        note(session, NOW, "guardrail", "canary_end", None, {"model_version": "m3", "reason": "it fails"})
        note(session, NOW, "service", "mute", "u1", {"key": "Tea"})
        rule_id = add_rule(
            session, Rule("", "bury", "brand", "Lark", 0), "Cem", "spring", NOW + timedelta(hours=1)
        ).rule_id
        remove_rule(session, rule_id, "Dan", "over", NOW + timedelta(hours=2))
        start_experiment(session, "mar", (Arm("a", 0.5), Arm("b", 0.5, {"diversity": 0.3})), "Eve", "to see", NOW)
        end_experiment(session, "mar", "Fay", "seen", NOW + timedelta(hours=3))
        _, key = create_key(session, "server", NOW, name="shop")
        revoke_key(session, key.key_id, NOW + timedelta(hours=4))


def test_every_decision_is_there_with_who_what_and_why() -> None:
    fill()
    found = {(entry.kind, entry.action): (entry.by, entry.what, entry.reason) for entry in read()}
    assert {kind for kind, _ in found} == set(KINDS)
    assert found["models", "promote"] == ("operator key k", "m2", "")
    assert found["models", "canary_end"] == ("guardrail", "m3", "it fails")
    assert found["shoppers", "mute"] == ("service", "u1", "")
    assert found["drift", "refresh"] == ("Ann", "one", "so few")
    assert found["drift", "take_back"] == ("Bob", "one", "")
    assert [found["rules", change][0::2] for change in ("added", "removed")] == [("Cem", "spring"), ("Dan", "over")]
    assert found["experiments", "start"] == ("Eve", "mar", "to see")
    assert found["experiments", "end"] == ("Fay", "mar", "seen")
    assert {action for kind, action in found if kind == "keys"} == {"create", "revoke"}
    assert len(found) == len(read()) == 11


def test_the_latest_stands_first_and_pages_neither_repeat_nor_leave_out() -> None:
    fill()
    whole = read()
    assert [entry.time for entry in whole] == sorted((entry.time for entry in whole), reverse=True)
    for size in (1, 2, 3):
        paged: list[Entry] = []
        while page := read(most=size, before=paged[-1].place if paged else None):
            paged += page
        assert paged == whole


def test_a_kind_or_an_action_can_be_read_alone() -> None:
    fill()
    assert {entry.kind for entry in read(kind="models")} == {"models"}
    assert [entry.kind for entry in read(action="refresh")] == ["drift"]
    assert [entry.action for entry in read(kind="shoppers")] == ["mute"]
    assert read(kind="rules", action="promote") == []
    assert read(action="nonsense") == []
    with session_scope() as session:
        assert {"mute", "promote", "refresh", "added", "start", "revoke"} <= set(known_actions(session))


def test_a_place_is_read_as_it_was_written() -> None:
    fill()
    assert all(Place.read(entry.place.written()) == entry.place for entry in read())
    for text in ("", "x", "3", "2026-05-01~data~1", "2026-05-01T00:00:00+00:00~none~1", f"{NOW.isoformat()}~data~x"):
        assert Place.read(text) is None
    assert Place.read("0001-01-01T00:00:00+14:00~data~1") is None  # in UTC a year that there isn't
