"""The offers' models in the database: one in service at most, those before it kept."""

from datetime import UTC, datetime, timedelta

from recommender.db.engine import session_scope
from recommender.db.tables import OfferModelVersion
from recommender.offers.model import OfferModel, Regression
from recommender.offers.store import offer_model, offer_model_version, promote_offer_model
from recommender.settings import Settings
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 6, 1, tzinfo=UTC)
REGRESSION = Regression(columns=("a",), means=(0.0,), scales=(1.0,), weights=(0.5,), bias=-1.0)


def model(version: str) -> OfferModel:
    return OfferModel(
        model_version=version,
        created_at=NOW,
        until=NOW,
        code_version="test",
        kinds=("A", "乙"),
        coupon=REGRESSION,
        shopper=REGRESSION,
        trained_on=("c1",),
        tested_on=(),
    )


def test_a_better_model_takes_the_place_of_the_one_in_service(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        assert (offer_model(session), offer_model_version(session)) == (None, None)
        promote_offer_model(session, model("one"), True, "the first", NOW)
        session.flush()
        promote_offer_model(session, model("two"), True, "better", NOW + timedelta(days=1))
        session.flush()
        promote_offer_model(session, model("three"), False, "worse", NOW + timedelta(days=2))
    with session_scope() as session:
        assert offer_model(session) == model("two")
        assert offer_model_version(session) == "two"
        kept = {one.model_version: (one.status, one.reason) for one in session.query(OfferModelVersion)}
        assert kept == {
            "one": ("retired", "the first"),
            "two": ("promoted", "better"),
            "three": ("rejected", "worse"),
        }


def test_promoting_again_keeps_the_moment_it_was_promoted(home: Settings) -> None:
    install_tables()
    for days in (0, 5):
        with session_scope() as session:
            promote_offer_model(session, model("one"), True, "the first", NOW + timedelta(days=days))
    with session_scope() as session:
        [kept] = session.query(OfferModelVersion)
        assert (kept.promoted_at, kept.created_at) == (NOW, NOW)


def test_a_model_that_turns_out_worse_leaves_service(home: Settings) -> None:
    install_tables()
    with session_scope() as session:
        promote_offer_model(session, model("one"), True, "the first", NOW)
        session.flush()
        promote_offer_model(session, model("one"), False, "worse than spending", NOW)
        session.flush()
        assert offer_model(session) is None
