"""How answers differ while an experiment runs, as the parts of a running service give them."""

from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Recommendation
from recommender.experiments.arms import Arm
from recommender.experiments.store import end_experiment, running_experiment, start_experiment
from services.container import Shop
from services.schemas.explain import ExplainRequest
from services.schemas.privacy import ConsentRequest
from services.schemas.recommend import RecommendRequest
from tests.support.shops.shop import SHOP_UNTIL, SHOPPERS

NOW = SHOP_UNTIL + timedelta(hours=1)
ARMS = (Arm("known", 0.5), Arm("unknown", 0.5, {"personalised": False}))


def begin(shop: Shop, *arms: Arm, name: str = "mar") -> None:
    with session_scope() as session:
        start_experiment(session, name, arms, "Ann", "to see", NOW)
    shop.watcher.look()


def asked(shop: Shop, **question: Any) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(shop.answers.recommend_json(RecommendRequest(**question), NOW))
    return answer


def item_ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["items"]]


def test_an_arm_that_is_not_personalised_sees_what_everybody_sees(shop: Shop) -> None:
    nobody, before = item_ids(asked(shop)), {f"u{n}": item_ids(asked(shop, user_id=f"u{n}")) for n in range(SHOPPERS)}
    assert asked(shop, user_id="u1")["experiment"] is None
    begin(shop, *ARMS)
    arms = []
    for user_id in before:
        answer = asked(shop, user_id=user_id)
        arm = answer["experiment"]["arm"]
        arms.append(arm)
        assert item_ids(answer) == (before[user_id] if arm == "known" else nobody)
        assert answer == {**asked(shop, user_id=user_id), "recommendation_id": answer["recommendation_id"]}
    assert 8 < arms.count("unknown") < 32
    assert asked(shop)["experiment"] is None
    assert asked(shop, session_id="a visit")["experiment"]["experiment_id"] == "mar"
    with session_scope() as session:
        end_experiment(session, "mar", "Ann", "seen enough", NOW)
    shop.watcher.look()
    assert all(item_ids(asked(shop, user_id=user_id)) == found for user_id, found in before.items())


def test_what_was_shown_is_kept_with_its_arm(shop: Shop) -> None:
    begin(shop, *ARMS)
    shop.impressions.start()
    answers = {answer["recommendation_id"]: answer for answer in (asked(shop, user_id=f"u{n}") for n in range(6))}
    shop.impressions.stop()
    with session_scope() as session:
        kept = session.scalars(select(Recommendation)).all()
    assert len(kept) == 6
    for row in kept:
        assert answers[row.recommendation_id]["experiment"] == {"experiment_id": row.experiment_id, "arm": row.arm}
        assert row.user_id is not None


def test_a_question_that_says_it_itself_is_answered_as_it_wants(shop: Shop) -> None:
    plain = item_ids(asked(shop, user_id="u3", diversity=0.0))
    begin(shop, Arm("diverse", 0.5, {"diversity": 1.0}), Arm("as diverse", 0.5, {"diversity": 1.0}))
    assert item_ids(asked(shop, user_id="u3")) != plain
    assert item_ids(asked(shop, user_id="u3", diversity=0.0)) == plain
    assert item_ids(asked(shop, user_id="u3")) == item_ids(asked(shop, user_id="u3", diversity=1.0))


def test_who_does_not_consent_takes_no_part(shop: Shop) -> None:
    begin(shop, *ARMS)
    shop.privacy.consent(ConsentRequest(user_id="u2", purpose="personalisation", given=False), NOW)
    shop.watcher.look()
    assert asked(shop, user_id="u2")["experiment"] is None


def test_explanations_are_of_what_the_arm_is_shown(shop: Shop) -> None:
    begin(shop, *ARMS)
    with session_scope() as session:
        experiment = running_experiment(session)
    assert experiment is not None
    arms = {f"u{n}": arm.name for n in range(SHOPPERS) if (arm := experiment.arm_of(f"u{n}")) is not None}
    user_id = next(one for one, arm in arms.items() if arm == "unknown")
    first = asked(shop, user_id=user_id)["items"][0]
    told = shop.explanations.explain_now(ExplainRequest(user_id=user_id, item_id=first["item_id"]), NOW).answer
    assert told.reason == first["reason"]
