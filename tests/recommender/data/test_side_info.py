"""What is known of a shopper beside their own dealings: what people they trust came for, and nobody told from it."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import delete

from recommender.data.side_info import NOTHING, Background, agreed
from recommender.db.engine import session_scope
from recommender.db.tables import Erasure, Event, User, UserLink
from recommender.explain.templates import SentenceContext, explain
from recommender.profiles.profile import Profile, build_profile
from recommender.ranking.evidence import Evidence
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.settings import Settings
from recommender.store.side_info import followers, load_background, load_backgrounds, load_links
from tests.support.shops.shop import SHOP_UNTIL, fill_shop, shop_catalogue, shop_frame, shop_history
from tests.support.shops.trained import shop_bundle, shop_bundle_with_links, shop_links
from training.data.interactions import make_log
from training.data.side_info import SideInfo

MOMENT = int(SHOP_UNTIL.timestamp())


def test_only_what_several_agree_on_is_told_and_as_a_share() -> None:
    people = np.array([0, 0, 0, 1, 1, 2, 2])
    weights = np.array([2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0])
    items = np.array([7, 7, 3, 7, 5, 3, 9])
    rows, shares = agreed(people, weights, items)
    assert rows.tolist() == [3, 7]
    assert shares.tolist() == [0.75, 0.75]
    assert len(agreed(people[:3], weights[:3], items[:3])[0]) == 0
    assert len(agreed(people[:0], weights[:0], items[:0])[0]) == 0


def _fill_links() -> None:
    fill_shop()
    with session_scope() as session:
        session.add_all(
            UserLink(source_user_id=source, target_user_id=target, weight=weight)
            for source, people in shop_links().items()
            for target, weight in people.items()
        )


def _background(user: str, until: datetime = SHOP_UNTIL) -> Background:
    with session_scope() as session:
        return load_background(session, user, until, "")


def test_the_database_and_the_log_say_the_same_at_any_moment(database: Settings) -> None:
    _fill_links()
    catalogue = shop_catalogue()
    log = make_log(shop_frame(), catalogue)
    users = np.arange(len(log.shoppers))
    with session_scope() as session:
        assert load_links(session) == shop_links()
        assert followers(session, "u12") == ["u0", "u24", "u30", "u6"]
    for moment in (SHOP_UNTIL, SHOP_UNTIL - timedelta(days=60)):
        with session_scope() as session:
            stored = load_backgrounds(session, log.shoppers, moment, "")
        logged = SideInfo(links=shop_links()).shoppers_at(log, users, catalogue, int(moment.timestamp()))
        assert len(stored) == 36
        for name, shopper in zip(log.shoppers, logged, strict=True):
            assert shopper.background == stored.get(name, NOTHING)


def test_one_person_alone_says_nothing_and_who_refuses_or_leaves_isnt_looked_at(database: Settings) -> None:
    _fill_links()
    with_all = _background("u0")
    assert with_all.trusted
    with session_scope() as session:
        session.get_one(User, "u6").consent = False
    without_one = _background("u0")
    assert without_one.trusted != with_all.trusted
    with session_scope() as session:
        session.add(Erasure(digest="d", requested_at=SHOP_UNTIL, user_id="u12", removed={}))
    assert _background("u0").trusted != without_one.trusted
    with session_scope() as session:
        session.execute(delete(UserLink).where(UserLink.source_user_id == "u0", UserLink.target_user_id != "u18"))
    assert _background("u0") == NOTHING
    assert _background("u39") == _background("nobody") == NOTHING


def test_what_comes_later_changes_nothing(database: Settings) -> None:
    _fill_links()
    before = _background("u0", SHOP_UNTIL)
    with session_scope() as session:
        session.add_all(
            Event(event_id=f"late-{user}", user_id=user, item_id="toys-1", event_type="purchase", time=SHOP_UNTIL)
            for user in shop_links()["u0"]
        )
    assert _background("u0", SHOP_UNTIL) == before
    assert _background("u0", SHOP_UNTIL + timedelta(seconds=1)) != before


def _profile(user: str, trusted: dict[str, float]) -> Profile:
    bundle = shop_bundle_with_links()
    return build_profile(bundle, user, shop_history(user), SHOP_UNTIL, 1, Background(trusted))


def _answer(profile: Profile, n: int = 60) -> dict[str, tuple[float, tuple[Evidence, ...]]]:
    found = recommend(shop_bundle_with_links(), profile, RankingQuery(n=n), SHOP_UNTIL)
    return {one.item_id: (one.score, one.evidence) for one in found}


def test_the_ranker_learns_from_trust_where_there_is_any() -> None:
    columns = shop_bundle().manifest.ranker_columns
    assert set(shop_bundle_with_links().manifest.ranker_columns) - set(columns) == {"trusted"}
    assert "trusted" not in columns
    few = SideInfo(links={user: shop_links()[user] for user in ("u0", "u1")})
    log = make_log(shop_frame(), shop_catalogue())
    assert few.settled(log, shop_catalogue(), MOMENT).known == ()


def test_what_people_trusted_chose_comes_into_the_answer_with_its_reason() -> None:
    plain, trusting = _answer(_profile("u39", {})), _answer(_profile("u39", {"toys-7": 1.0, "gone": 1.0}))
    told = {item for item, (_, why) in trusting.items() if "trusted" in [one.source for one in why]}
    assert not any(one.source == "trusted" for _, why in plain.values() for one in why)
    own = set(shop_history("u39").item_ids)
    assert told == {"toys-7"} - own
    assert trusting["toys-7"][0] != plain["toys-7"][0]
    evidence = next(one for one in trusting["toys-7"][1] if one.source == "trusted")
    assert evidence == Evidence("trusted")  # no id of anybody, no item, no event
    assert (
        explain(SentenceContext(str, {}), "toys-7", [evidence]) == "Several of the people you follow chose this lately."
    )
    assert "您关注的人" in explain(SentenceContext(str, {}), "toys-7", [evidence], "zh")


def test_a_model_that_never_saw_trust_goes_on_without() -> None:
    bundle = shop_bundle()
    profile = build_profile(bundle, "u3", shop_history("u3"), SHOP_UNTIL, 1)
    trusting = replace(profile, background=Background({"toys-7": 1.0}))
    query = RankingQuery(n=20)
    assert recommend(bundle, trusting, query, SHOP_UNTIL) == recommend(bundle, profile, query, SHOP_UNTIL)
