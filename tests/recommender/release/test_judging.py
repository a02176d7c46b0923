"""A guardrail's judgement of counted answers: what breaches is taken out once, and shadows stay."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import GuardrailDecision, Model
from recommender.release.canary import Canary, running_canary, start_canary
from recommender.release.counts import Counts, keep_counts
from recommender.release.guardrails import Breach
from recommender.release.judging import judge, take_out_canary, watched_until
from recommender.settings import Settings

NOW = datetime(2026, 5, 2, 12, tzinfo=UTC)
BAD, GOOD = Counts(answers=400, errors=200), Counts(answers=400)


def on_trial(shadow: bool = False, started: timedelta = timedelta(hours=1)) -> Canary:
    with session_scope() as session:
        start_canary(session, "next", 0.1, "ann", "to see", NOW - started, shadow)
    with session_scope() as session:
        canary = running_canary(session)
    assert canary is not None
    return canary


def promoted(ago: timedelta) -> None:
    with session_scope() as session:
        session.get_one(Model, "now").promoted_at = NOW - ago


def counted(version: str, counts: Counts, ago: timedelta = timedelta(minutes=2), role: str = "current") -> None:
    with session_scope() as session:
        keep_counts(session, "w", [((version, role, (NOW - ago).replace(second=0)), counts)])


def statuses() -> dict[str, str]:
    with session_scope() as session:
        return {one.model_version: one.status for one in session.scalars(select(Model))}


def decisions() -> list[tuple[str, str]]:
    with session_scope() as session:
        return [(one.model_version, one.action) for one in session.scalars(select(GuardrailDecision))]


def judged(settings: Settings, canary: Canary | None = None) -> Breach | None:
    return judge(get_engine(), settings, canary, NOW)


def test_a_canary_that_fails_is_taken_out_once(shop: Settings) -> None:
    canary = on_trial()
    counted("next", BAD, role="canary")
    counted("now", GOOD)
    breach = judged(shop, canary)
    assert breach is not None
    assert breach.figure == "errors"
    assert statuses() == {"old": "retired", "now": "promoted", "next": "rejected"}
    assert decisions() == [("next", "end_canary")]
    assert judged(shop, canary) is None, "another worker sees that it is ended"
    assert not take_out_canary(get_engine(), "next", breach, NOW)
    assert decisions() == [("next", "end_canary")]


@pytest.mark.parametrize("beside", [GOOD, BAD])
def test_a_canary_that_is_no_worse_than_the_other_stays(shop: Settings, beside: Counts) -> None:
    canary = on_trial()
    counted("next", beside, role="canary")
    counted("now", beside)
    promoted(timedelta(days=9))
    assert judged(shop, canary) is None
    assert statuses()["next"] == "candidate"


def test_a_shadow_answers_nobody_and_is_let_be(shop: Settings) -> None:
    canary = on_trial(shadow=True)
    counted("next", BAD, role="canary")
    promoted(timedelta(days=9))
    assert judged(shop, canary) is None
    assert statuses()["next"] == "candidate"


def test_what_begins_late_is_found_by_the_last_minutes(shop: Settings) -> None:
    canary = on_trial(started=timedelta(hours=9))
    counted("next", Counts(answers=50_000), timedelta(hours=2), "canary")
    counted("next", BAD, timedelta(minutes=3), "canary")
    counted("now", GOOD)
    assert judged(shop, canary) is not None


def test_a_model_promoted_lately_gives_way_to_the_one_before_it(shop: Settings) -> None:
    promoted(timedelta(minutes=30))
    counted("now", BAD)
    assert judged(shop) is not None
    assert statuses() == {"old": "promoted", "now": "rejected", "next": "candidate"}
    assert decisions() == [("now", "rollback")]
    assert judged(shop) is None


def test_a_model_that_has_served_for_long_is_not_judged_by_them(shop: Settings) -> None:
    promoted(timedelta(hours=shop.guardrail_hours, minutes=1))
    counted("now", BAD)
    assert judged(shop) is None
    assert statuses()["now"] == "promoted"


def test_without_a_way_back_nothing_is_taken_out(shop: Settings) -> None:
    promoted(timedelta(minutes=30))
    counted("now", BAD)
    (shop.models_dir / "old" / "tensors.safetensors").write_bytes(b"spoiled")
    assert judged(shop) is None
    assert statuses() == {"old": "retired", "now": "promoted", "next": "candidate"}
    with session_scope() as session:
        session.get_one(Model, "old").status = "rejected"
        now = session.get_one(Model, "now")
        assert watched_until(session, shop, now) == now.promoted_at
    assert judged(shop) is None


def test_without_a_model_in_service_nothing_is_judged(shop: Settings) -> None:
    with session_scope() as session:
        session.get_one(Model, "now").status = "retired"
    assert judged(shop) is None
