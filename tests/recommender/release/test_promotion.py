"""A model put in service and taken out again: who stands where afterwards, who did it, and why it can't be."""

import shutil
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Audit, Model
from recommender.models.bundle import BundleError
from recommender.release.canary import list_canaries, start_canary
from recommender.release.guardrails import Breach
from recommender.release.model_lookup import ReleaseError
from recommender.release.promotion import former_model, promote, rollback
from recommender.settings import Settings
from tests.support.shops.counted import register_model

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def statuses() -> dict[str, str]:
    with session_scope() as session:
        return {one.model_version: one.status for one in session.scalars(select(Model))}


def on_trial(version: str = "next") -> None:
    with session_scope() as session:
        start_canary(session, version, 0.1, "ann", "to see", NOW)


def outcomes() -> list[tuple[str, str | None]]:
    with session_scope() as session:
        return [(one.model_version, one.outcome) for one in list_canaries(session)]


def set_status(version: str, status: str) -> None:
    with session_scope() as session:
        session.get_one(Model, version).status = status


def test_a_model_takes_the_present_one_s_place_and_gives_it_back(shop: Settings) -> None:
    assert promote("next", "ann") == {"model_version": "next", "former": "now"}
    assert statuses() == {"old": "retired", "now": "retired", "next": "promoted"}
    assert rollback("bob") == {"model_version": "now", "taken_out": "next"}
    assert statuses() == {"old": "retired", "now": "promoted", "next": "rejected"}
    with session_scope() as session:
        assert session.get_one(Model, "next").reason.startswith("rolled back by bob on ")
        assert [(one.action, one.actor) for one in session.scalars(select(Audit).order_by(Audit.id))] == [
            ("promote", "ann"), ("rollback", "bob"),
        ]  # fmt: skip
        former = former_model(session)
        assert former is not None
        assert former.model_version == "old", "the next way back leads further"


def test_promoting_what_is_in_service_changes_nothing(shop: Settings) -> None:
    assert promote("now") == {"model_version": "now", "former": None}
    assert statuses()["now"] == "promoted"
    with session_scope() as session:
        assert session.scalars(select(Audit)).all() == []


def test_what_cannot_be_in_service_is_refused_and_nothing_changes(shop: Settings) -> None:
    before = statuses()
    with pytest.raises(ReleaseError, match="model_version: 'gone' is unknown"):
        promote("gone")
    (shop.models_dir / "next" / "catalogue.parquet").unlink()
    with pytest.raises(BundleError, match=r"next: catalogue.parquet is missing"):
        promote("next")
    register_model(shop, "reading too much", ranker_columns=())
    with pytest.raises(BundleError, match=r"reading too much: manifest.json names 0 columns"):
        promote("reading too much")
    assert {name: status for name, status in statuses().items() if name in before} == before
    set_status("next", "rejected")
    with pytest.raises(ReleaseError, match="next was rejected"):
        promote("next")


def test_a_trial_ends_with_the_promotion_of_its_model_or_the_rollback_beside_it(shop: Settings) -> None:
    on_trial()
    promote("old")
    assert outcomes() == [("next", None)], "another model's promotion leaves it running"
    promote("next")
    assert outcomes() == [("next", "promoted")]
    register_model(shop, "later")
    on_trial("later")
    rollback()
    assert outcomes() == [("later", "rolled back"), ("next", "promoted")]


def test_why_a_guardrail_rolls_back_is_kept_with_the_model(shop: Settings) -> None:
    rollback("guardrail", of="now", breach=Breach("errors", 0.5, 0.02, {}, "half of the answers fail"))
    with session_scope() as session:
        assert session.get_one(Model, "now").reason.endswith(": half of the answers fail")


def test_who_was_erased_since_is_told_of_the_model_that_is_back(shop: Settings) -> None:
    with session_scope() as session:
        session.get_one(Model, "old").erased_shoppers = 4
    assert rollback() == {"model_version": "old", "taken_out": "now", "erased_shoppers": 4}


def test_without_a_way_back_it_says_why_and_nothing_changes(shop: Settings) -> None:
    before = statuses()
    with pytest.raises(ReleaseError, match="next is not in service any more; look at the list again"):
        rollback(of="next")
    shutil.rmtree(shop.models_dir / "old")
    with pytest.raises(
        ReleaseError, match="old was in service before now, but its files are removed: ZHIYIN_KEEP_MODELS"
    ):
        rollback()
    assert statuses() == before
    set_status("old", "rejected")
    with pytest.raises(ReleaseError, match="now is the only model that was ever in service"):
        rollback()
    set_status("now", "candidate")
    with pytest.raises(ReleaseError, match="no model is in service, so there is none to roll back"):
        rollback()
