"""`/explain` tells what was shown: the evidence kept with an impression, on both backends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from features.privacy import export
from recommender.db.engine import session_scope
from recommender.db.tables import Event, ImpressionEvidence, Recommendation
from recommender.reranking.rules import Rule
from recommender.settings import Settings
from recommender.store.impression_evidence import trim_evidence
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import NewEvent
from services.schemas.explain import ExplainRequest, ExplainResponse
from services.schemas.privacy import ConsentRequest, RemoveEventRequest, ShopperRequest
from services.schemas.recommend import RecommendRequest, RecommendResponse
from tests.services.conftest import Served
from tests.support.shops.trained import install_shop

NOW = datetime.now(UTC)


@pytest.fixture
def bought(backend: Settings) -> Shop:
    """A shop whose shopper u0 has a kept profile and something due."""
    install_shop(backend)
    opened = Shop(backend)
    opened.watcher.look()
    for place, ago in enumerate((30, 20, 10)):
        act(opened, f"u0-{place}", "coffee-0", at=NOW - timedelta(days=ago))
    return opened


def act(shop: Shop, event_id: str, item_id: str, at: datetime | None = None, **who: str) -> None:
    fields = {"event_id": event_id, "item_id": item_id, "event_type": "purchase", "time": at}
    shop.intake.take([NewEvent.model_validate(fields | (who or {"user_id": "u0"}))], datetime.now(UTC))


def ask(shop: Shop, **question: object) -> RecommendResponse:
    answer = shop.answers.recommend(RecommendRequest.model_validate(question), datetime.now(UTC))
    shop.impressions._drain()
    return answer


def told(shop: Shop, **question: object) -> ExplainResponse:
    return shop.explanations.explain_now(ExplainRequest.model_validate(question), datetime.now(UTC)).answer


def refused(shop: Shop, **question: object) -> Problem:
    with pytest.raises(Problem) as problem:
        told(shop, **question)
    return problem.value


def said(answer: Any) -> dict[str, Any]:
    """What `/recommend` and `/explain` both say of an item."""
    names = ("item_id", "title", "reason", "explained_by", "evidence", "rules")
    return {name: answer.model_dump()[name] for name in names}


QUESTIONS: dict[str, dict[str, object]] = {
    "home": {},
    "in Chinese": {"language": "zh"},
    "page three": {"n": 7, "offset": 14},
    "product page": {"context_item_ids": ["pets-1"]},
    "basket": {"scenario": "cart", "context_item_ids": ["tea-1", "toys-3"], "n": 20},
    "buy again": {"scenario": "buy_again"},
    "a category": {"categories": ["Garden"]},
    "brand and price": {"brands": ["Wren"], "price_min": 3, "price_max": 9},
    "diverse": {"diversity": 0.6, "n": 15},
    "less some": {"exclude": ["coffee-0", "coffee-1"]},
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_item_of_every_answer_is_explained_as_it_was_shown(bought: Shop, name: str) -> None:
    asked = {"user_id": "u0", **QUESTIONS[name]}
    shown = ask(bought, **asked)
    assert shown.items
    for item in shown.items:
        by_id = told(bought, user_id="u0", recommendation_id=shown.recommendation_id, item_id=item.item_id,
                     language=asked.get("language", "en"))  # fmt: skip
        assert said(by_id) == said(item)
        again = said(told(bought, **asked, item_id=item.item_id))
        if name == "less some":  # shown from the list of all: other places at the sources, so other evidence may lead
            assert (again["item_id"], again["title"]) == (item.item_id, item.title)
        else:
            assert again == said(item)
    first = told(bought, user_id="u0", recommendation_id=shown.recommendation_id)
    assert (first.item_id, first.profile_version) == (shown.items[0].item_id, shown.profile_version)


def test_a_pinned_item_is_explained_with_its_rule(bought: Shop) -> None:
    last = ask(bought, user_id="u0", n=60).items[-1].item_id
    bought.answers.ranker.scenarios.rules = (Rule("pinned", "pin", "item", last, position=2),)
    bought.answers.live_items.epoch += 1
    shown = ask(bought, user_id="u0", n=5)
    assert [one.rule_id for one in shown.items[1].rules] == ["pinned"]
    by_id = told(bought, user_id="u0", recommendation_id=shown.recommendation_id, item_id=last)
    assert said(by_id) == said(told(bought, user_id="u0", item_id=last)) == said(shown.items[1])


def test_what_happened_since_changes_nothing(bought: Shop) -> None:
    shown = ask(bought, user_id="u0")
    first = shown.items[0]
    act(bought, "later", first.item_id)
    act(bought, "later still", "baby-2")
    now = told(bought, user_id="u0", item_id=first.item_id)
    mine = {"user_id": "u0", "recommendation_id": shown.recommendation_id, "item_id": first.item_id}
    assert said(told(bought, **mine)) == said(first) != said(now)
    chinese = told(bought, **mine, language="zh")
    assert [one.model_dump() for one in chinese.evidence] == [one.model_dump() for one in first.evidence]
    assert chinese.reason.endswith("。")
    assert f"{datetime.now(UTC):%Y年%-m月%-d日}" not in chinese.reason, "the event came after the answer"


def test_answers_of_one_list_share_what_is_kept(bought: Shop) -> None:
    answers = [ask(bought, user_id="u0", n=n) for n in (5, 5, 3, 8, 5)]
    with session_scope() as session:
        kept = dict(session.execute(select(Recommendation.recommendation_id, Recommendation.evidence_id)).all())
        sizes = {row.evidence_id: len(row.items) for row in session.scalars(select(ImpressionEvidence))}
    ids = [kept[answer.recommendation_id] for answer in answers]
    assert ids[0] == ids[1] == ids[2] != ids[3] == ids[4]
    assert sizes == {ids[0]: 5, ids[3]: 8}


def test_a_visit_s_answer_is_its_own_and_nobody_s_is_anybody_s(bought: Shop) -> None:
    act(bought, "visit-1", "pets-0", session_id="visit")
    theirs = ask(bought, session_id="visit")
    mine = {"recommendation_id": theirs.recommendation_id}
    assert said(told(bought, session_id="visit", **mine)) == said(theirs.items[0])
    assert said(told(bought, session_id="visit", item_id=theirs.items[0].item_id)) == said(theirs.items[0])
    foreign = [refused(bought, **who, **mine) for who in ({}, {"session_id": "other"}, {"user_id": "u0"})]
    absent = refused(bought, user_id="u0", recommendation_id="none-such")
    assert {(one.status, one.field, one.message) for one in foreign} == {(404, "recommendation_id", absent.message)}
    nobody = ask(bought)
    assert said(told(bought, recommendation_id=nobody.recommendation_id)) == said(nobody.items[0])
    with session_scope() as session:
        owners = session.execute(select(ImpressionEvidence.user_id, ImpressionEvidence.session_id)).all()
    assert sorted(owners, key=str) == [(None, "visit"), (None, None)]


def test_a_shopper_nobody_knows_and_one_who_wants_no_profile_get_their_answer_explained(bought: Shop) -> None:
    bought.privacy.consent(
        ConsentRequest.model_validate({"user_id": "u1", "purpose": "personalisation", "given": False}), NOW
    )
    for user in ("unheard-of", "u1"):
        shown = ask(bought, user_id=user)
        assert said(told(bought, user_id=user, recommendation_id=shown.recommendation_id)) == said(shown.items[0])


def kept_of(user: str) -> int:
    with session_scope() as session:
        rows = select(func.count()).select_from(ImpressionEvidence).where(ImpressionEvidence.user_id == user)
        return session.scalar(rows) or 0


def test_what_is_kept_is_exported_and_erased_also_of_visits(bought: Shop) -> None:
    act(bought, "visit-2", "pets-0", session_id="before")
    ask(bought, session_id="before")
    ask(bought, user_id="u0")
    with session_scope() as session:  # the visit turns out to be the shopper's
        session.execute(update(Event).where(Event.session_id == "before").values(user_id="u0"))
    rows = export(bought.engine, "u0", NOW, "test")["database"]["impression_evidence"]
    assert sorted(str(row["session_id"]) for row in rows) == ["None", "before"]
    assert all(row["items"][0]["reason"] for row in rows)
    bought.privacy.erase(ShopperRequest(user_id="u0"), datetime.now(UTC))
    with session_scope() as session:
        assert session.scalars(select(ImpressionEvidence)).all() == []


def test_nothing_is_kept_of_an_event_taken_back_or_after_consent_is_withdrawn(bought: Shop) -> None:
    shown = ask(bought, user_id="u0")
    late = bought.answers.recommend(RecommendRequest(user_id="u0", n=9), datetime.now(UTC))  # waits in the spool
    question = RemoveEventRequest(user_id="u0", event_id="u0-1")
    bought.privacy.remove_event(question, datetime.now(UTC))
    bought.impressions._drain()
    assert kept_of("u0") == 0
    for answer in (shown, late):
        problem = refused(bought, user_id="u0", recommendation_id=answer.recommendation_id)
        assert (problem.status, problem.field) == (404, "recommendation_id")
    ask(bought, user_id="u0")
    assert kept_of("u0") == 1
    consent = {"user_id": "u0", "purpose": "personalisation", "given": False}
    bought.privacy.consent(ConsentRequest.model_validate(consent), datetime.now(UTC))
    assert kept_of("u0") == 0


def test_the_oldest_leaves_when_there_is_too_much(bought: Shop) -> None:
    answers = [ask(bought, user_id="u0", n=5, offset=offset) for offset in (0, 5, 10)]
    with session_scope() as session:
        sizes = list(session.scalars(select(ImpressionEvidence.size).order_by(ImpressionEvidence.time)))
        trim_evidence(session, sum(sizes))
    assert kept_of("u0") == 3
    with session_scope() as session:
        trim_evidence(session, sum(sizes) - 1)
    assert refused(bought, user_id="u0", recommendation_id=answers[0].recommendation_id).status == 404
    for answer in answers[1:]:
        assert told(bought, user_id="u0", recommendation_id=answer.recommendation_id)


CARD = ("price", "price_converted", "currency", "url", "image", "stock")  # what a page draws beside the reason


def test_an_answer_of_this_very_moment_is_waited_for(served: Served) -> None:
    served.post("/events", events=[
        {"event_id": "moment-1", "user_id": "moment", "item_id": "tea-4", "event_type": "purchase"}
    ])  # fmt: skip
    for question in ({"user_id": "moment"}, {"user_id": "moment", "scenario": "cart", "context_item_ids": ["tea-1"]}):
        shown = served.post("/recommend", **question).json()
        mine = {"user_id": "moment", "recommendation_id": shown["recommendation_id"]}
        for item in shown["items"]:
            answer = served.post("/explain", **mine, item_id=item["item_id"])
            assert answer.status_code == 200, answer.text
            told = {name: said for name, said in item.items() if name not in ("score", *CARD)}
            assert {name: answer.json()[name] for name in told} == told
