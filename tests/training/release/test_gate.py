"""The gate's verdicts, promotion and the way back, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.models.bundle import BundleError, ModelBundle
from recommender.release.model_lookup import ReleaseError
from recommender.release.promotion import rollback
from recommender.settings import Settings, get_settings
from recommender.store.queries import promoted_model
from tests.support.shops.shop import SHOP_UNTIL, shop_frame
from tests.support.shops.trained import shop_bundle
from training.release.compare import measured_on
from training.release.gate import decide, gate, promote


def _variant(version: str, **changes: Any) -> ModelBundle:
    from dataclasses import replace

    manifest = shop_bundle().manifest.model_copy(update={"model_version": version, **changes})
    return replace(shop_bundle(), manifest=manifest)


def _register(bundle: ModelBundle, age: int = 0) -> None:
    path = get_settings().models_dir / bundle.model_version
    bundle.save(path)
    with session_scope() as session:
        session.add(
            Model(
                model_version=bundle.model_version,
                status="candidate",
                path=str(path),
                manifest=bundle.manifest.model_dump(mode="json"),
                created_at=SHOP_UNTIL - timedelta(days=age),
            )
        )


def _statuses() -> dict[str, str]:
    with session_scope() as session:
        return {model.model_version: model.status for model in session.query(Model)}


def test_the_verdict_is_in_the_figures_and_in_words() -> None:
    bundle = _variant("m", metrics={"NDCG@20": 0.300}, baselines={"popularity": {"NDCG@20": 0.2}})
    alone = decide(bundle, None)
    assert alone.passed
    assert alone.reason == (
        "NDCG@20 0.3000 on 2026-04-17 to 2026-05-01: no worse than popularity's 0.2000, the best of the plain methods; "
        "there is no other model to compare with"
    )
    assert decide(bundle, 0.305).passed  # within the tolerance
    worse = decide(bundle, 0.31)
    assert not worse.passed
    assert "worse than the 0.3100 of the model in service by more than 2%" in worse.reason
    plain = decide(_variant("m", metrics={"NDCG@20": 0.2}, baselines={"popularity": {"NDCG@20": 0.2}}), None)
    assert not plain.passed
    assert "not better than popularity's 0.2000, the best of the plain methods: 0.0% less" in plain.reason


def test_a_model_measured_on_its_own_days_reaches_what_its_manifest_says() -> None:
    bundle = shop_bundle()
    measured = measured_on(bundle, bundle, shop_frame())
    assert {"NDCG@20", "Recall@20", "HitRate@10"} <= measured.keys()
    assert measured == {name: bundle.manifest.metrics[name] for name in measured}


def test_a_first_model_is_judged_and_promoted(database: Settings) -> None:
    _register(shop_bundle())
    verdict = gate("shop-1")
    assert verdict["passed"]
    assert verdict["in_service"] is None
    assert promote("shop-1") == {"model_version": "shop-1", "former": None}
    assert promote("shop-1") == {"model_version": "shop-1", "former": None}
    assert gate("shop-1")["passed"]
    assert _statuses() == {"shop-1": "promoted"}


def test_a_poor_model_is_rejected_and_cant_be_promoted(database: Settings) -> None:
    _register(_variant("poor", metrics={"NDCG@20": 0.01}))
    assert not gate("poor")["passed"]
    assert _statuses() == {"poor": "rejected"}
    with pytest.raises(ReleaseError, match=r"poor was rejected: NDCG@20 0\.0100"):
        promote("poor")


def test_promote_twice_and_roll_back_one_by_one(database: Settings) -> None:
    for version in ("a", "b", "c"):
        _register(_variant(version))
        promote(version)
    assert _statuses() == {"a": "retired", "b": "retired", "c": "promoted"}
    assert rollback() == {"model_version": "b", "taken_out": "c"}
    assert rollback() == {"model_version": "a", "taken_out": "b"}
    assert _statuses() == {"a": "promoted", "b": "rejected", "c": "rejected"}
    with session_scope() as session:
        current = promoted_model(session)
        assert current is not None
        assert current.model_version == "a"
    with pytest.raises(ReleaseError, match=r"^a is the only model"):
        rollback()
    with session_scope() as session:
        bad = session.get_one(Model, "c")
        assert bad.reason.startswith(f"rolled back by the loop on {datetime.now(UTC):%Y}")


def test_the_gate_and_the_way_back_say_whom_a_model_had_learned_from(
    database: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.release.gate._against", lambda bundle, current: decide(bundle, 0.1))
    for version in ("a", "b"):
        _register(_variant(version))
    promote("a")
    assert "erased" not in str(gate("b")["reason"])
    with session_scope() as session:
        session.get_one(Model, "a").erased_shoppers = 3
    verdict = gate("b")
    assert str(verdict["reason"]).endswith("had learned from 3 shoppers who are erased since")
    promote("b")
    assert rollback() == {"model_version": "a", "taken_out": "b", "erased_shoppers": 3}
    assert "erased" not in str(gate("a")["reason"]), "it is no reason against itself"


def test_a_damaged_model_is_not_put_in_service(database: Settings) -> None:
    for version in ("good", "bad"):
        _register(_variant(version))
    promote("good")
    (get_settings().models_dir / "bad" / "tensors.safetensors").write_bytes(b"no")
    with pytest.raises(BundleError, match=r"tensors\.safetensors"):
        promote("bad")
    assert _statuses() == {"good": "promoted", "bad": "candidate"}


def test_an_unknown_model_is_named(database: Settings) -> None:
    for step in (gate, promote):
        with pytest.raises(ReleaseError, match="model_version: 'nope' is unknown"):
            step("nope")
    with pytest.raises(ReleaseError, match="no model is in service"):
        rollback()
