"""The wish of a visit: every worker holds to it, a day at most, and it goes with its shopper."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from features.privacy import finish_erasures
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import SessionWish
from recommender.privacy.erasure import STRAGGLERS
from recommender.steering.constraints import CATEGORY, Constraint, Understood
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import NewEvent
from services.schemas.privacy import ShopperRequest
from services.schemas.recommend import RecommendRequest, RecommendResponse
from services.schemas.wish import UnderstoodWish, WishConstraint
from services.wishes.sessions import RETENTION, _of_row, _to_row

VISIT = "a-visit"


@pytest.fixture
def here(shop: Shop) -> Shop:
    """The worker that is asked; its search index is there."""
    shop.searcher.look()
    return shop


@pytest.fixture
def there(here: Shop) -> Shop:
    """Another worker of the same service."""
    other = Shop(here.settings)
    other.watcher.look()
    other.searcher.look()
    return other


def ask(shop: Shop, now: datetime | None = None, user_id: str | None = None) -> RecommendResponse:
    asked = RecommendRequest(session_id=VISIT, user_id=user_id, n=8)
    return shop.answers.recommend(asked, now or datetime.now(UTC))


def wish(shop: Shop, *categories: str, user_id: str | None = None, now: datetime | None = None) -> None:
    """Said for the visit; without a category the wish ends."""
    constraints = [WishConstraint(kind="category", values=[one]) for one in categories]
    asked = RecommendRequest(
        session_id=VISIT, user_id=user_id, understood=UnderstoodWish(constraints=constraints), wish_scope="session"
    )
    shop.answers.recommend(asked, now or datetime.now(UTC))


def wished(answer: RecommendResponse) -> list[str]:
    """The categories that the answer goes by."""
    return [value for one in answer.understood.constraints for value in one.values] if answer.understood else []


def kept_rows() -> list[str]:
    with session_scope() as session:
        return list(session.scalars(select(SessionWish.session_id)))


def test_what_another_worker_took_holds_here_too(here: Shop, there: Shop) -> None:
    wish(there, "Pets")
    assert wished(ask(here)) == []
    here.watcher.look()
    answer = ask(here)
    assert wished(answer) == ["Pets"]
    assert all(item.item_id.startswith("pets-") for item in answer.items)
    wish(here, "Tea")
    there.watcher.look()
    assert wished(ask(there)) == ["Tea"], "the later one counts"
    here.watcher.look()
    assert wished(ask(here)) == ["Tea"], "what was said before does not come back"
    wish(there)
    here.watcher.look()
    assert wished(ask(here)) == [], "an empty wish ends it everywhere"


def test_a_worker_that_starts_later_knows_of_it(here: Shop) -> None:
    wish(here, "Pets")
    late = Shop(here.settings)
    late.watcher.look()
    late.searcher.look()
    assert wished(ask(late)) == ["Pets"]


@pytest.mark.parametrize(("age", "held"), [(RETENTION, []), (RETENTION - timedelta(minutes=1), ["Pets"])])
def test_a_wish_is_forgotten_after_a_day(here: Shop, there: Shop, age: timedelta, held: list[str]) -> None:
    wish(here, "Pets", now=datetime.now(UTC) - age)
    there.answers.ranker.wishes.sessions.look_anew()  # as a worker that begins
    there.watcher.look()
    assert wished(ask(here)) == wished(ask(there)) == held


@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "before signing in"])
def test_the_wish_of_an_erased_shopper_is_gone_everywhere(here: Shop, there: Shop, signed_in: bool) -> None:
    user, now = "to-be-forgotten", datetime.now(UTC)
    wish(here, "Pets", user_id=user if signed_in else None)
    event = NewEvent(event_id="signs-in", user_id=user, session_id=VISIT, item_id="tea-1", event_type="view")
    here.intake.take([event], now)
    there.watcher.look()
    assert wished(ask(there)) == wished(ask(here)) == ["Pets"]
    exported = here.privacy.export(ShopperRequest(user_id=user), now)
    assert [row["session_id"] for row in exported.database["session_wishes"]] == [VISIT]
    here.privacy.erase(ShopperRequest(user_id=user), now)
    assert kept_rows() == []
    assert wished(ask(here)) == ([] if signed_in else ["Pets"]), "one that names nobody stays until the next look"
    here.watcher.look()
    assert wished(ask(here)) == []
    finish_erasures(get_engine(), now + STRAGGLERS)
    there.watcher.look()
    assert wished(ask(there)) == []


def test_somebody_else_s_wish_stays(here: Shop) -> None:
    wish(here, "Pets", user_id="u1")
    here.intake.take([NewEvent(event_id="x", user_id="other", item_id="tea-1", event_type="view")], datetime.now(UTC))
    here.privacy.erase(ShopperRequest(user_id="other"), datetime.now(UTC))
    here.watcher.look()
    assert wished(ask(here)) == ["Pets"]


def test_an_erased_shopper_s_wish_is_not_taken(here: Shop) -> None:
    user, now = "erased", datetime.now(UTC)
    here.intake.take([NewEvent(event_id="x", user_id=user, session_id=VISIT, item_id="tea-1", event_type="view")], now)
    here.privacy.erase(ShopperRequest(user_id=user), now)
    finish_erasures(get_engine(), now + STRAGGLERS)
    for whose in (user, None):  # by name, and by the visit that was theirs
        with pytest.raises(Problem, match="was erased") as refused:
            wish(here, "Pets", user_id=whose)
        assert (refused.value.status, refused.value.field) == (410, "user_id" if whose else "session_id")
    assert kept_rows() == []


def test_a_row_has_the_names_that_earlier_releases_gave_it() -> None:
    row = _to_row(Understood((Constraint(CATEGORY, ("Tea",), quote="cha"),), "warm"))
    assert row["constraints"] == [
        {
            "kind": "category",
            "values": ["Tea"],
            "wanted": True,
            "name": "",
            "low": None,
            "high": None,
            "relation": "",
            "said": "cha",
            "read_by": "words",
        }
    ]
    assert _of_row(row) == Understood((Constraint(CATEGORY, ("Tea",), quote="cha"),), "warm")
