"""The watch over the shop goes on whatever happens; a spoiled model gives way to the former one, and answers say so."""

import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text, update

from features.online import OnlineStoreUnavailable, forget
from recommender.db.engine import migrate, session_scope
from recommender.db.tables import Item, Model
from recommender.settings import Settings
from services.container import Shop
from services.schemas.events import NewEvent
from services.schemas.recommend import RecommendRequest, RecommendResponse
from tests.support.servers.databases import install_tables
from tests.support.shops.trained import shop_bundle


def ask(shop: Shop, user_id: str = "u0") -> RecommendResponse:
    return shop.answers.recommend(RecommendRequest(user_id=user_id), datetime.now(UTC))


def promote(settings: Settings, model_version: str) -> Path:
    path = settings.models_dir / model_version
    bundle, now = shop_bundle(), datetime.now(UTC)
    replace(bundle, manifest=bundle.manifest.model_copy(update={"model_version": model_version})).save(path)
    with session_scope() as session:
        session.execute(update(Model).values(status="retired"))
        row = Model(model_version=model_version, status="promoted", promoted_at=now, created_at=now, manifest={})
        row.path, row.reason = f"models/{model_version}", ""
        session.add(row)
    return path


def cut(path: Path) -> None:
    with (path / "tensors.safetensors").open("r+b") as file:
        file.truncate(4096)


def name_an_unknown_column(path: Path) -> None:
    """As a model does that another release trained."""
    text = (path / "manifest.json").read_text(encoding="utf-8")
    (path / "manifest.json").write_text(text.replace('"idle"', '"moonshine"'), encoding="utf-8")


SPOILERS: list[Callable[[Path], object]] = [
    cut,
    shutil.rmtree,
    lambda path: (path / "manifest.json").write_text("[]"),
    name_an_unknown_column,
]


@pytest.mark.parametrize("spoil", SPOILERS, ids=["cut", "removed", "manifest", "column"])
def test_files_spoiled_in_service_give_way_to_the_former_model(
    embedded_shop: Shop, spoil: Callable[[Path], object]
) -> None:
    shop = embedded_shop
    path = promote(shop.settings, "shop-2")
    shop.watcher.look()
    assert (ask(shop).model_version, ask(shop).degraded) == ("shop-2", [])
    spoil(path)
    assert len(ask(shop).items) == 10  # before anybody noticed
    shop.watcher.look()
    answer = ask(shop)
    assert (answer.model_version, answer.degraded) == ("shop-1", ["model"])
    assert shop.unready is None
    again = Shop(shop.settings)  # a worker that starts now
    again.watcher.look()
    assert (ask(again).model_version, ask(again).degraded) == ("shop-1", ["model"])
    shutil.rmtree(path, ignore_errors=True)
    bundle = shop_bundle()
    replace(bundle, manifest=bundle.manifest.model_copy(update={"model_version": "shop-2"})).save(path)
    shop.watcher.look()
    assert (ask(shop).model_version, ask(shop).degraded) == ("shop-2", [])


def test_the_only_model_goes_on_when_its_files_are_gone(embedded_shop: Shop) -> None:
    shutil.rmtree(embedded_shop.settings.models_dir)
    embedded_shop.watcher.look()
    assert (ask(embedded_shop).model_version, ask(embedded_shop).degraded) == ("shop-1", ["model"])


def test_a_part_of_the_round_that_fails_holds_up_no_other(embedded_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = embedded_shop
    broken = shop.settings.models_dir / "shop-1"
    monkeypatch.setattr(shop.models, "root", None)  # what nobody foresaw: a TypeError where the model is looked for
    best = ask(shop).items[0].item_id
    with session_scope() as session:
        session.execute(update(Item).where(Item.item_id == best).values(hidden=True, updated_at=datetime.now(UTC)))
    shop.watcher.look()
    assert best not in [item.item_id for item in ask(shop).items]  # hiding goes on
    assert "model" in str(shop.unready)
    shop.watcher.start()
    assert shop.watcher._worker.is_running
    monkeypatch.undo()
    shop.watcher.stop()
    shop.watcher.look()
    assert broken.is_dir()
    assert shop.unready is None


def test_a_database_that_was_not_migrated_is_not_ready_and_says_so(home: Settings) -> None:
    shop = Shop(home)
    shop.watcher.look()
    assert "zhiyin migrate" in str(shop.unready)
    migrate(revision="0006")
    shop.watcher.look()
    assert "revision 0006" in str(shop.unready)
    install_tables()
    shop.watcher.look()
    assert "migrate" not in str(shop.unready)


def test_tables_that_vanish_are_said(embedded_shop: Shop) -> None:
    with session_scope() as session:
        session.execute(text("DROP TABLE rules"))
    embedded_shop.watcher.look()
    assert embedded_shop.unready is not None
    assert len(ask(embedded_shop).items) == 10


def test_an_answer_for_a_shopper_whose_push_failed_says_so(embedded_shop: Shop) -> None:
    shop = embedded_shop
    shop.answers.shoppers.online.pause_seconds = 0
    with pytest.raises(Exception, match="online"), shop.answers.shoppers.online.guard():
        raise OnlineStoreUnavailable("as for a moment")
    shop.answers.shoppers.stale.add("u0")
    assert ask(shop).degraded == ["online_store"]
    assert ask(shop, "u1").degraded == []


def test_a_profile_that_a_killed_service_left_unpushed_is_pushed_by_the_next(embedded_shop: Shop) -> None:
    shop, shoppers = embedded_shop, embedded_shop.answers.shoppers
    event = NewEvent(event_id="unpushed", user_id="u0", item_id="tea-1", event_type="view")
    shop.intake.take([event], datetime.now(UTC))
    forget("u0")
    assert shoppers.mark("u0") is None
    shop.watcher.look()
    assert shoppers.mark("u0") is None, "it looks once, when it starts"
    shop.watcher._healed = False
    shop.watcher.look()
    mark = shoppers.mark("u0")
    assert mark is not None
    assert (mark.version, shoppers.stale) == (1, set())


def test_a_shopper_of_whom_nothing_is_left_is_stale_no_more(embedded_shop: Shop) -> None:
    embedded_shop.answers.shoppers.stale.add("was erased")
    embedded_shop.watcher.look()
    assert embedded_shop.answers.shoppers.stale == set()


def test_it_is_time_for_a_round_as_soon_as_items_were_written(embedded_shop: Shop) -> None:
    watcher = embedded_shop.watcher
    watcher.interval_seconds = 60.0
    watcher._has_news()
    assert not watcher._has_news()
    with session_scope() as session:
        session.execute(update(Item).where(Item.item_id == "tea-1").values(price=1.0, updated_at=datetime.now(UTC)))
    began = time.monotonic()
    assert not watcher._rest()
    assert time.monotonic() - began < 30


def test_lists_are_made_anew_when_an_item_comes_back_and_not_when_one_goes(embedded_shop: Shop) -> None:
    shop, renewed = embedded_shop, list[int]()
    shop.watcher.renew = lambda: renewed.append(1)
    shop.watcher._notice(shop.watcher._sellable if shop.watcher._sellable is not None else np.ones(60, dtype=np.bool_))
    renewed.clear()
    both, one = np.array([True, True]), np.array([True, False])
    shop.watcher._sellable = both
    shop.watcher._notice(one)
    assert renewed == [], "an answer leaves out what may be shown no more"
    shop.watcher._notice(both)
    assert renewed == [1]
    shop.watcher._notice(np.array([True, True, True]))
    assert renewed == [1, 1]


def test_the_end_of_the_process_that_started_it_ends_the_watch(embedded_shop: Shop) -> None:
    watcher, told = embedded_shop.watcher, list[int]()
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    watcher.interval_seconds, watcher._parent = 0.0, -1
    try:
        assert watcher._round() is None
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == [signal.SIGTERM]
