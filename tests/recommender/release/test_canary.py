"""A canary: who has part in it, what it may be, that one runs at a time, and that its end is kept with its reason."""

from datetime import UTC, datetime
from typing import Any

import pytest
from scipy import stats
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Audit, Model
from recommender.models.bundle import BundleError
from recommender.release.canary import Canary, end_canary, list_canaries, running_canary, start_canary
from recommender.release.model_lookup import ReleaseError
from recommender.settings import Settings
from tests.support.shops.counted import register_model

NOW = datetime(2026, 5, 2, tzinfo=UTC)


def start(version: str = "next", share: float = 0.1, **more: Any) -> None:
    with session_scope() as session:
        start_canary(session, version, share, more.pop("by", "ann"), more.pop("reason", "to see"), NOW, **more)


def running() -> Canary | None:
    with session_scope() as session:
        return running_canary(session)


def test_a_share_of_the_shoppers_has_part_the_same_every_time_and_others_in_another_trial() -> None:
    many = [f"shopper {place}" for place in range(20_000)]
    canary, wider, other = (
        Canary(1, version, "now", share, False, NOW) for version, share in (("a", 0.1), ("a", 0.3), ("b", 0.1))
    )
    taken, more, elsewhere = ({one for one in many if each.takes(one)} for each in (canary, wider, other))
    assert stats.binomtest(len(taken), len(many), 0.1).pvalue > 1e-4
    assert taken < more, "a greater share keeps who was in it"
    assert stats.binomtest(len(taken & elsewhere), len(taken), 0.1).pvalue > 1e-4
    assert not any(Canary(1, "a", "now", 0.0, False, NOW).takes(one) for one in many[:100])


def test_a_canary_runs_until_it_is_ended(shop: Settings) -> None:
    assert running() is None
    start(share=0.25, shadow=True)
    found = running()
    assert found is not None
    assert (found.model_version, found.incumbent, found.share, found.shadow) == ("next", "now", 0.25, True)
    with session_scope() as session:
        assert end_canary(session, "bob", "seen enough", NOW) == "next"
    assert running() is None
    with session_scope() as session:
        (row,) = list_canaries(session)
        assert (row.ended_by, row.end_reason, row.outcome) == ("bob", "seen enough", "ended")
        audited = session.scalars(select(Audit).order_by(Audit.id)).all()
        assert [(one.action, one.actor) for one in audited] == [("canary_start", "ann"), ("canary_end", "bob")]
    start("old")
    with session_scope() as session:
        assert [one.model_version for one in list_canaries(session)] == ["old", "next"]
        assert len(list_canaries(session, most=1)) == 1


def test_one_runs_at_a_time(shop: Settings) -> None:
    start()
    with pytest.raises(ReleaseError, match="canary: next is running; end it first, by `zhiyin canary --end`"):
        start("old")
    found = running()
    assert found is not None
    assert found.model_version == "next"


@pytest.mark.parametrize(
    ("version", "more", "message"),
    [
        ("next", {"share": 0.0}, "share: 0; give more than 0 and less than 1"),
        ("next", {"share": 1.0}, "share: 1; give more than 0"),
        ("next", {"share": float("nan")}, "share: nan"),
        ("gone", {}, "model_version: 'gone' is unknown"),
        ("now", {}, "model_version: now is promoted; a canary is a candidate, or one before"),
        ("next", {"by": " "}, "by: say who you are"),
        ("next", {"reason": ""}, "reason: say why"),
    ],
)
def test_what_cannot_be_tried_is_refused_by_its_field(
    shop: Settings, version: str, more: dict[str, Any], message: str
) -> None:
    with pytest.raises(ReleaseError, match=message):
        start(version, **more)
    assert running() is None


def test_a_model_of_another_encoder_or_with_spoiled_files_is_refused(shop: Settings) -> None:
    register_model(shop, "foreign", encoder_id="another")
    with pytest.raises(ReleaseError, match="foreign was learned with another, the one in service with drawn"):
        start("foreign")
    (shop.models_dir / "next" / "tensors.safetensors").write_bytes(b"spoiled")
    with pytest.raises(BundleError, match=r"next: tensors.safetensors"):
        start("next")
    assert running() is None


def test_without_a_model_in_service_there_is_nothing_to_compare_with(shop: Settings) -> None:
    with session_scope() as session:
        session.get_one(Model, "now").status = "retired"
    with pytest.raises(ReleaseError, match="no model is in service"):
        start()


def test_what_does_not_run_cannot_be_ended(shop: Settings) -> None:
    with session_scope() as session, pytest.raises(ReleaseError, match="canary: none is not running"):
        end_canary(session, "ann", "why", NOW)
    start()
    with session_scope() as session, pytest.raises(ReleaseError, match="canary: old is not running"):
        end_canary(session, "ann", "why", NOW, model_version="old")
    assert running() is not None
