"""A canary is ended for what its shoppers don't buy, and seldom for nothing."""

from datetime import timedelta

import numpy as np
from sqlalchemy import insert, select

from monitoring.sales.canary import figures, find_loss, judge_canary
from recommender.db.engine import session_scope
from recommender.db.tables import Audit, Canary, Event, GuardrailDecision, Model, Recommendation
from recommender.experiments.arms import digest_share
from recommender.settings import Settings
from tests.monitoring.sales.test_report import DAY, HOUR, START

SHARE, SHOPPERS = 0.5, 1200


def shop(buys_alike: bool) -> None:
    """Shoppers who are shown one item; half of the others buy, and of the canary's as many or a tenth."""
    rng = np.random.default_rng(3)
    shown, bought = [], []
    for number in range(SHOPPERS):
        user = f"u{number}"
        mine = digest_share("canary m2", user) < SHARE
        row = {"recommendation_id": f"r{number}", "user_id": user, "scenario": "home", "time": START + HOUR}
        shown.append(row | {"items": [{"item_id": "a", "score": 1.0}], "model_version": "m2" if mine else "m1"})
        if rng.random() < (0.1 if mine and not buys_alike else 0.5):
            row = {"event_id": f"e{number}", "user_id": user, "event_type": "purchase", "item_id": "a", "value": 5.0}
            bought.append(row | {"time": START + 2 * HOUR, "quantity": 1.0})
    models = [("m1", "promoted"), ("m2", "candidate")]
    more = {"reason": "", "path": "x", "manifest": {}, "created_at": START}
    with session_scope() as session:
        session.execute(insert(Recommendation), shown)
        session.execute(insert(Event), bought)
        session.add_all(Model(model_version=one, status=status, **more) for one, status in models)
        told = {"incumbent": "m1", "share": SHARE, "reason": "to see", "started_by": "Ann", "started_at": START}
        session.add(Canary(running=True, model_version="m2", shadow=False, **told))


def test_one_that_sells_less_is_ended_with_its_figures(database: Settings) -> None:
    shop(buys_alike=False)
    found = judge_canary(START + DAY)
    assert found is not None
    assert found["ended"]
    with session_scope() as session:
        decision = session.scalars(select(GuardrailDecision)).one()
        canary = session.scalars(select(Canary)).one()
        audited = session.scalars(select(Audit)).one()
        assert session.get_one(Model, "m2").status == "rejected"
    assert (decision.figure, decision.bound, canary.outcome) == ("conversion", -0.1, "guardrail")
    assert decision.sizes["canary"] + decision.sizes["others"] == SHOPPERS
    assert -0.9 < decision.value < -0.7
    assert (audited.actor, audited.action) == ("guardrail", "canary_end")
    assert canary.sales is not None
    assert canary.sales["look"] == 1
    assert judge_canary(START + 2 * DAY) is None


def test_one_that_sells_alike_goes_on(database: Settings) -> None:
    shop(buys_alike=True)
    for day in (1, 2):
        found = judge_canary(START + timedelta(days=day))
        assert found is not None
        assert not found["ended"]
    assert found is not None
    assert found["look"] == 2


def test_alike_models_are_seldom_told_apart_in_two_weeks_of_looks() -> None:
    rng, rounds, ended = np.random.default_rng(5), 400, 0
    for _ in range(rounds):
        others, canary = (rng.random(1400) < 0.3 for _ in range(2))
        looks = (figures(others[: 100 * k].astype(float), canary[: 100 * k].astype(float), k) for k in range(1, 15))
        ended += any(find_loss(found, 1e-9) is not None for found in looks)  # the strictest bound there is
    assert ended / rounds <= 0.05
