"""A model's folder: what is saved comes back, what is damaged is named, and new items join."""

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from recommender.artifacts import BundleError, ModelBundle
from recommender.catalogue import Catalogue
from recommender.profiles import build_profile
from recommender.ranking import RankingQuery, recommend, similar
from recommender.signals import PURCHASE
from recommender.tables import Item
from tests.support.shop import SHOP_FROM, SHOP_UNTIL, shop_bundle, shop_encoder, shop_history


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    shop_bundle().save(tmp_path / "shop-1")
    return tmp_path / "shop-1"


def _answer(bundle: ModelBundle) -> list[tuple[str, float]]:
    profile = build_profile(bundle, "u3", shop_history("u3"), SHOP_UNTIL, 1)
    return [(one.item_id, one.score) for one in recommend(bundle, profile, RankingQuery(n=20), SHOP_UNTIL)]


def test_a_loaded_model_answers_as_the_saved_one(saved: Path) -> None:
    loaded = ModelBundle.load(saved)
    assert _answer(loaded) == _answer(shop_bundle())
    assert loaded.manifest.metrics == shop_bundle().manifest.metrics
    assert not loaded.text_MT.flags.writeable  # mapped, not copied


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(saved: Path) -> None:
    shop_bundle().save(saved)
    assert [path.name for path in saved.parent.iterdir()] == ["shop-1"]
    assert {path.name for path in saved.iterdir()} == {"manifest.json", "tensors.safetensors", "catalogue.parquet"}


def test_the_manifest_says_where_the_model_comes_from(saved: Path) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    assert manifest["encoder_id"] == "minilm-l6-v2"
    assert manifest["test_interval"] == "2026-04-17 to 2026-05-01"
    assert manifest["learned_until"].startswith("2026-04-17")
    assert manifest["baselines"].keys() == {"popularity", "personal frequency"}
    assert manifest["hyper_parameters"]["width"] == 32
    assert manifest["feature_service"] == "recommender_shop-1"


@pytest.mark.parametrize("name", ["tensors.safetensors", "catalogue.parquet", "manifest.json"])
@pytest.mark.parametrize("damage", ["missing", "cut", "one byte"])
def test_a_damaged_file_is_named(saved: Path, name: str, damage: str) -> None:
    file, content = saved / name, (saved / name).read_bytes()
    if damage == "missing":
        file.unlink()
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        middle = len(content) // 2
        file.write_bytes(content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :])
    with pytest.raises(BundleError, match=name):
        ModelBundle.load(saved)


def test_an_empty_folder_and_a_later_format_are_refused(saved: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no model here"):
        ModelBundle.load(tmp_path / "nothing")
    manifest = json.loads((saved / "manifest.json").read_text()) | {"format": 99}
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match="format 99"):
        ModelBundle.load(saved)


def _newcomer() -> tuple[Catalogue, np.ndarray]:
    item = Item(
        item_id="new-tea",
        title="Darjeeling first flush black tea",
        brand="Lark",
        categories=["Shop", "Tea"],
        price=9.0,
        hidden=False,
        content_hash="new",
        updated_at=SHOP_FROM,
    )
    return Catalogue.from_items([item]), shop_encoder().encode(["Darjeeling first flush black tea. Lark. Shop > Tea"])


def test_a_new_item_is_found_by_its_text_at_once() -> None:
    wider = shop_bundle().with_items(*_newcomer())
    assert len(shop_bundle().catalogue) == 60
    assert len(wider.catalogue) == 61
    for reader, expected in (("u0", True), ("u6", True), ("u3", False)):  # tea, tea, garden
        profile = build_profile(wider, reader, shop_history(reader), SHOP_UNTIL, 1)
        answer = recommend(wider, profile, RankingQuery(n=20), SHOP_UNTIL)
        assert ("new-tea" in [one.item_id for one in answer]) is expected
        sources = {evidence.source for one in answer if one.item_id == "new-tea" for evidence in one.evidence}
        assert not expected or ("new" in sources and "popular" not in sources)
    assert similar(wider, "new-tea", 5)[0].item_id.startswith("tea-")
    assert wider.with_items(*_newcomer()) is wider


def test_vectors_that_dont_fit_are_refused() -> None:
    catalogue, vectors = _newcomer()
    with pytest.raises(ValueError, match="vectors: width 10"):
        shop_bundle().with_items(catalogue, vectors[:, :10])
    with pytest.raises(ValueError, match="vectors: 2 rows for 1 items"):
        shop_bundle().with_items(catalogue, np.repeat(vectors, 2, axis=0))


def test_an_event_of_a_new_item_counts_in_the_profile() -> None:
    wider = shop_bundle().with_items(*_newcomer())
    history = shop_history("u3")
    history.item_ids[-6:], history.event_types[-6:] = "new-tea", PURCHASE
    later = SHOP_UNTIL + timedelta(days=1)
    profile = build_profile(wider, "u3", history, later, 2)
    assert "new-tea" in [one.item_id for one in recommend(wider, profile, RankingQuery(n=10), later)]
