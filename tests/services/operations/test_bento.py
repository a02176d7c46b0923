"""A Bento's home: furnished once with its model's catalogue, and left alone where it has an owner."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Item
from recommender.models.manifest import CATALOGUE
from recommender.settings import Settings, get_settings
from services.operations.bento import bento_model, hold_bento, make_home
from tests.support.shops.shop import shop_catalogue, shop_items


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The part of a model's folder that a home is furnished from."""
    (tmp_path / "model").mkdir()
    shop_catalogue().save(tmp_path / "model" / CATALOGUE)
    return tmp_path / "model"


@pytest.fixture(autouse=True)
def kept_home(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_HOME", os.environ["ZHIYIN_HOME"])  # what is fixed is taken back after the test


def test_a_new_home_has_the_model_s_catalogue_word_for_word(home: Settings, model: Path) -> None:
    make_home(home, model)
    assert Path(os.environ["ZHIYIN_HOME"]).is_absolute()
    with session_scope() as session:
        found = {item.item_id: item for item in session.scalars(select(Item))}
    assert len(found) == 60
    for item in shop_items():
        kept = found[item.item_id]
        assert (kept.title, kept.price, kept.brand, kept.categories) == (
            item.title,
            item.price,
            item.brand,
            item.categories,
        )
    assert found["tea-1"].updated_at.tzinfo == UTC
    assert found["tea-1"].updated_at <= datetime.now(UTC)


def test_a_home_that_is_there_is_its_owner_s(home: Settings, model: Path) -> None:
    make_home(home, model)
    with session_scope() as session:
        session.get_one(Item, "tea-1").title = "The owner's tea"
    make_home(home, model)
    with session_scope() as session:
        assert session.get_one(Item, "tea-1").title == "The owner's tea"


def test_a_database_on_a_server_is_not_touched(home: Settings, model: Path) -> None:
    elsewhere = get_settings().model_copy(update={"database_url": "postgresql://shop@nowhere.invalid/zhiyin"})
    make_home(elsewhere, model)
    assert not (home.root / "zhiyin.db").exists()


def test_from_source_there_is_neither_a_model_nor_a_bento_to_hold() -> None:
    assert bento_model() is None
    assert hold_bento(None) is None
