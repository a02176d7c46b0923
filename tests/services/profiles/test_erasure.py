"""A shopper's data are exported whole, and erased from every store, whatever fails meanwhile."""

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import select, text, update

from features.building.pipeline import build_features
from features.offline import read_view, write_profiles
from features.online import OnlineStoreUnavailable, read_profile
from features.privacy import export, finish_erasures
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Audit, Base, Model, Reject, UserLink
from recommender.privacy.erasure import STRAGGLERS, digest
from recommender.privacy.receipts import find_receipt, unlearned
from recommender.settings import get_settings
from services.container import Shop
from services.core.errors import Problem
from services.schemas.privacy import RemoveEventRequest, ShopperRequest
from tests.services.conftest import Served
from tests.services.profiles.conftest import DAYS, NOW, consent, mute, shown, take
from tests.support.commands import zhiyin
from tests.support.shops.shop import SHOP_UNTIL
from training.profiles import refresh_profiles

SECRET = "shopper-to-be-forgotten-7391"


def live_through(shop: Shop) -> None:
    """Leaves a trace of the shopper in every store."""
    shop.impressions.start()
    for place in range(4):
        take(shop, SECRET, f"tea-{place}", f"mine-{place}")
    mute(shop, SECRET, "category", "Pets")
    consent(shop, SECRET, "marketing", False)
    shop.privacy.remove_event(RemoveEventRequest(user_id=SECRET, event_id="mine-3"), NOW)
    build_features(*DAYS)
    refresh_profiles(NOW, [SECRET], "test")
    kept = read_profile(SECRET)
    assert kept is not None
    write_profiles([kept], SHOP_UNTIL)
    shown(shop, SECRET, 5)
    with session_scope() as session:
        raw = f'{{"user_id":"{SECRET}","item_id":"none"}}'
        session.add(Reject(file="f", line=1, field="item_id", reason="unknown", raw=raw, created_at=NOW))
    deadline = time.monotonic() + 10
    while not rows_about(SECRET).get("recommendations"):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def rows_about(user: str) -> dict[str, int]:
    """How many rows of each table hold the id anywhere, whatever the column."""
    found = {}
    with get_engine().connect() as connection:
        for table in Base.metadata.sorted_tables:
            rows = connection.execute(select(table))
            count = sum(any(user in str(value) for value in row) for row in rows)
            if count:
                found[table.name] = count
    return found


def files_with(folder: Path, user: str) -> list[str]:
    """Every file below the folder that holds the id's bytes."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and user.encode() in path.read_bytes()
    )


def online_holds(user: str) -> bool:
    url = get_settings().redis_url
    if url is None:
        return False  # a file: `files_with` looks into it
    with redis.Redis.from_url(url) as client:
        return any(user.encode() in key for key in client.scan_iter())


def in_memory(shop: Shop, user: str) -> bool:
    return any(key.user_id == user for key in shop.answers.lists._kept)


def test_an_export_has_what_every_store_holds(shop: Shop) -> None:
    live_through(shop)
    answer = shop.privacy.export(ShopperRequest(user_id=SECRET), NOW)
    whole = answer.model_dump_json()
    shop.impressions.stop()
    assert set(answer.database) >= {
        "users", "events", "profiles", "recommendations", "mutes", "consents", "removed_events", "rejects", "audit_log",
    }  # fmt: skip
    assert len(answer.database["events"]) == 3
    assert {view for view, rows in answer.offline.items() if rows} == {"events", "user_behaviour", "user_profile"}
    assert answer.online["user_profile"] is not None
    assert "mine-1" in whole
    assert "u1" not in {row.get("user_id") for rows in answer.database.values() for row in rows}
    assert export(get_engine(), "nobody-at-all", NOW, "test")["database"] == {}


def test_an_erasure_leaves_no_trace_in_any_store_and_refuses_what_comes_late(shop: Shop) -> None:
    live_through(shop)
    home = get_settings().root
    others = {table: count for table, count in rows_about("u1").items()}
    shown(shop, SECRET, 10)
    assert in_memory(shop, SECRET)
    answer = shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW)
    assert not in_memory(shop, SECRET)
    assert (answer.state, answer.removed["database.events"]) == ("sweeping", 3)
    assert {"offline.events", "offline.user_behaviour", "offline.user_profile"} <= set(answer.removed)
    shop.impressions.record(  # an answer that was under way
        {"recommendation_id": "late", "user_id": SECRET, "session_id": None, "scenario": "home", "model_version": "m",
         "profile_version": 1, "items": [], "time": NOW}
    )  # fmt: skip
    assert finish_erasures(get_engine(), NOW + timedelta(seconds=1)) == []
    assert finish_erasures(get_engine(), NOW + STRAGGLERS) == [SECRET]
    assert shown(shop, SECRET, 10) == shown(shop, "somebody-unknown", 10)
    shop.impressions.stop()
    with pytest.raises(Problem, match="was erased") as refused:
        take(shop, SECRET, "tea-1", "mine-0")
    assert refused.value.status == 410
    with pytest.raises(Problem, match="was erased"):
        mute(shop, SECRET, "category", "Tea")
    assert rows_about(SECRET) == {}
    assert read_profile(SECRET) is None
    assert not online_holds(SECRET)
    get_engine().dispose()
    assert files_with(home, SECRET) == []
    assert {table: count for table, count in rows_about("u1").items()} == others
    with session_scope() as session:
        assert session.scalars(select(Audit.action).where(Audit.user_id.is_(None))).all() == ["erase"]
    again = shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW + timedelta(minutes=1))
    assert again.removed["database.events"] == 3, "a second time removes nothing more"


def test_what_an_erased_shopper_chose_leaves_the_profiles_of_those_who_trusted_them(shop: Shop) -> None:
    people = (SECRET, "ann", "bob")
    with session_scope() as session:
        session.add_all(UserLink(source_user_id="u39", target_user_id=person) for person in people)
    for person, item in ((SECRET, "toys-7"), ("ann", "toys-7"), ("ann", "toys-8"), ("bob", "toys-8")):
        take(shop, person, item, f"{person}-{item}")
    take(shop, "u39", "tea-1", "mine")

    def trusted() -> set[str]:
        found = read_profile("u39")
        assert found is not None
        write_profiles([found], found.as_of)
        return {*found.background.trusted} & {"toys-7", "toys-8"}

    assert trusted() == {"toys-7", "toys-8"}
    before = shop.answers.shoppers.mark("u39")
    shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW)
    offline = read_view("user_profile", SHOP_UNTIL.date(), (SHOP_UNTIL + timedelta(days=1)).date())
    assert not any("toys-7" in (row or "") for row in offline["background"])
    assert trusted() == {"toys-8"}
    assert shop.answers.shoppers.mark("u39") != before, "lists that were made from it are of no more use"


def test_other_workers_forget_who_is_erased_or_withdraws(shop: Shop) -> None:
    take(shop, SECRET, "tea-1", "mine-1")
    take(shop, "shy", "tea-2", "shy-1")
    looking, away = Shop(shop.settings), Shop(shop.settings)  # one looks every second, one misses the whole erasure
    for worker in (looking, away):
        worker.watcher.look()
        for user in (SECRET, "shy", "u1"):
            shown(worker, user, 5)
            assert in_memory(worker, user) == (user != "u1")
    shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW)
    consent(shop, "shy", "personalisation", False)
    assert in_memory(looking, SECRET)
    looking.watcher.look()
    assert not in_memory(looking, SECRET)
    assert not in_memory(looking, "shy")
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    assert rows_about(SECRET) == {}
    away.watcher.look()
    assert not in_memory(away, SECRET)
    assert away.answers.remembered().isdisjoint({SECRET, "shy"})


def test_an_erasure_goes_on_when_the_online_store_is_back(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    live_through(shop)
    shop.impressions.stop()

    def away(user_id: str) -> None:
        raise OnlineStoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr("features.privacy.forget", away)
        assert shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW).state == "sweeping"
        shop.privacy.pending.finish(NOW + STRAGGLERS)
    assert read_profile(SECRET) is not None
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    shop.privacy.pending.finish(NOW + 2 * STRAGGLERS)
    assert read_profile(SECRET) is None
    assert rows_about(SECRET) == {}


def test_an_erasure_waits_for_no_reader_and_clears_the_log_when_the_reader_has_gone(embedded_shop: Shop) -> None:
    shop = embedded_shop
    live_through(shop)
    shop.impressions.stop()
    database = get_engine().url.database
    with closing(sqlite3.connect(str(database))) as backup:  # a backup, an analyst
        backup.execute("BEGIN")
        assert backup.execute("SELECT count(*) FROM events").fetchone()[0] > 0
        began = time.monotonic()
        answer = shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW)
        shop.privacy.pending.finish(NOW + STRAGGLERS)
        again = shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW + STRAGGLERS)
        take(shop, "somebody-else", "tea-1", "meanwhile")
        assert time.monotonic() - began < 25, "it waited for the reader"
        assert (answer.state, again.state, again.log_cleared) == ("sweeping", "done", False)
    shop.privacy.pending.finish(NOW + 2 * STRAGGLERS)
    assert shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW + 2 * STRAGGLERS).log_cleared
    assert files_with(get_settings().root, SECRET) == []


def test_an_erasure_gives_a_receipt_and_counts_the_models_that_had_learned(shop: Shop) -> None:
    live_through(shop)
    shop.impressions.stop()
    with session_scope() as session:
        version = session.scalars(select(Model.model_version).where(Model.status == "promoted")).one()
        session.execute(update(Model).values(created_at=SHOP_UNTIL + timedelta(hours=1)))
    answer = shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW)
    assert (answer.models, len(answer.receipt)) == ([version], 32)
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    again = shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW + STRAGGLERS)
    assert (again.receipt, again.models, again.state) == (answer.receipt, [version], "done")
    with session_scope() as session:
        assert unlearned(session) == {version: 1}, "counted once, for all sweeps"
        found = find_receipt(session, answer.receipt)
        assert found is not None
        assert SECRET not in str(found)
        assert find_receipt(session, "0" * 32) is None
    assert f"model {version} learned from 1 shoppers" in zhiyin("status").output


def test_nobody_is_erased_whom_no_store_knows(shop: Shop) -> None:
    with pytest.raises(Problem, match="no store knows") as refused:
        shop.privacy.erase(ShopperRequest(user_id="nobody-at-all"), NOW)
    assert refused.value.status == 404
    assert rows_about(digest("nobody-at-all")) == {}
    assert take(shop, "nobody-at-all", "tea-1", "their-first").added == 1, "and their events are taken later"
    told = zhiyin("shopper", "erase", "somebody-unknown", "--yes")
    assert (told.exit_code, "erased;" in told.stdout) == (1, False)


def test_a_receipt_tells_without_a_key_and_without_an_id(served: Served) -> None:
    event = {"event_id": "r-1", "user_id": "receives", "item_id": "tea-1", "event_type": "view"}
    served.post("/events", events=[event])
    receipt = served.post("/profile/erase", user_id="receives").json()["receipt"]
    told = httpx.get(f"{served.url}/erasures/{receipt}")
    assert (told.status_code, told.json()["receipt"]) == (200, receipt)
    assert told.json()["removed"]["database.events"] == 1
    assert "receives" not in told.text
    for wrong in ("0" * 32, "x", receipt.upper()):
        assert httpx.get(f"{served.url}/erasures/{wrong}").status_code == 404


@pytest.mark.slow
def test_a_killed_service_goes_on_with_what_it_was_asked(served: Served) -> None:
    """Over HTTP: the database says who is wanted, and the next start of the service does it."""
    user = "killed-and-forgotten-5512"
    for place in range(3):
        event = {"event_id": f"k-{place}", "user_id": user, "item_id": f"tea-{place}", "event_type": "purchase"}
        served.post("/events", events=[event])
    assert served.post("/profile", user_id=user).status_code == 200
    exported = served.post("/profile/export", user_id=user).json()
    assert len(exported["database"]["events"]) == 3
    served.kill()
    with get_engine(
        f"sqlite:///{served.home / 'zhiyin.db'}"
    ).begin() as connection:  # asked, and killed before any sweep
        row = {"digest": digest(user), "user_id": user, "now": "2026-01-01 00:00:00.000000"}
        connection.execute(
            text(
                "INSERT INTO erasures (digest, user_id, requested_at, removed) VALUES (:digest, :user_id, :now, '{}')"
            ),
            row,
        )
    served.start()
    deadline = time.monotonic() + 60
    while served.post("/profile/erase", user_id=user).json()["state"] != "done":
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert served.post("/profile", user_id=user).status_code == 404
    late = {"event_id": "late", "user_id": user, "item_id": "tea-1", "event_type": "view"}
    assert served.post("/events", events=[late]).status_code == 410
    remaining = served.post("/profile/export", user_id=user).json()
    assert (remaining["database"], remaining["online"]["user_profile"]) == ({}, None)
    assert not any(remaining["offline"].values())
    assert httpx.get(served.url + "/readyz").status_code == 200
