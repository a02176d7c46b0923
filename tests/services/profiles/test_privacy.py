"""Shoppers govern what is kept of them: mutes, events taken back, consent, export and erasure, on both backends."""

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import redis
from sqlalchemy import func, select, text, update

from features.building.pipeline import build_features
from features.offline import read_view, write_profiles
from features.online import OnlineStoreUnavailable, read_profile
from features.privacy import export, finish_erasures
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Audit, Base, Event, Model, ProfileVersion, Reject, RemovedEvent, UserLink
from recommender.privacy.erasure import STRAGGLERS, digest
from recommender.privacy.receipts import find_receipt, unlearned
from recommender.settings import get_settings
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import EventsResponse, NewEvent
from services.schemas.privacy import ConsentRequest, MuteRequest, RemoveEventRequest, ShopperRequest
from services.schemas.profile import ProfileRequest, ProfileResponse
from services.schemas.recommend import RecommendRequest
from tests.services.conftest import Served
from tests.support.commands import zhiyin
from tests.support.shops.shop import SHOP_UNTIL, leaning
from training.profiles import refresh_profiles

NOW = SHOP_UNTIL + timedelta(hours=1)
DAYS = (SHOP_UNTIL - timedelta(days=3), SHOP_UNTIL + timedelta(days=1))


def take(shop: Shop, user: str, item: str, event_id: str, kind: str = "purchase") -> EventsResponse:
    event = {"event_id": event_id, "user_id": user, "item_id": item, "event_type": kind, "time": SHOP_UNTIL}
    return shop.intake.take([NewEvent.model_validate(event)], NOW)


def shown(shop: Shop, user: str, n: int = 40, **more: object) -> list[str]:
    question = RecommendRequest.model_validate({"user_id": user, "n": n, **more})
    return [item.item_id for item in shop.answers.recommend(question, NOW).items]


def profile(shop: Shop, user: str) -> ProfileResponse:
    return shop.answers.profile(ProfileRequest(user_id=user), NOW)


def mute(shop: Shop, user: str, kind: str, key: str, muted: bool = True) -> bool:
    question = MuteRequest.model_validate({"user_id": user, "kind": kind, "key": key, "muted": muted})
    return shop.privacy.mute(question, NOW).changed


def consent(shop: Shop, user: str, purpose: str, given: bool) -> bool:
    question = ConsentRequest.model_validate({"user_id": user, "purpose": purpose, "given": given})
    return shop.privacy.consent(question, NOW).changed


# --- muting


def test_a_muted_category_or_brand_is_shown_no_more_until_it_is_wanted_again(shop: Shop) -> None:
    take(shop, "u1", "coffee-1", "first")
    before, version = shown(shop, "u1"), profile(shop, "u1").profile_version
    assert any(item.startswith("coffee-") for item in before)
    assert mute(shop, "u1", "category", "Coffee")
    assert not any(item.startswith("coffee-") for item in shown(shop, "u1", categories=["Shop"]))
    assert mute(shop, "u1", "brand", "Lark")
    lark = {f"{item.rsplit('-', 1)[0]}-{place}" for item in before for place in (0, 3, 6, 9)}
    assert lark.isdisjoint(shown(shop, "u1"))
    told = profile(shop, "u1")
    assert (told.muted_categories, told.muted_brands) == (["Coffee"], ["Lark"])
    assert {one.key for one in told.affinities if one.muted} >= {"Coffee"}
    assert told.profile_version == version + 2
    assert not mute(shop, "u1", "category", "Coffee"), "a second time changes nothing"
    assert any(item.startswith("coffee-") for item in shown(shop, "u2" if leaning(2) == "Coffee" else "u7"))
    assert mute(shop, "u1", "category", "Coffee", False)
    assert mute(shop, "u1", "brand", "Lark", False)
    assert shown(shop, "u1") == before


def test_another_worker_and_a_restart_know_of_a_mute(shop: Shop) -> None:
    other = Shop(shop.settings)
    other.watcher.look()
    mute(shop, "u1", "category", "Coffee")
    other.watcher.look()
    restarted = Shop(shop.settings)
    restarted.watcher.look()
    for one in (other, restarted):
        assert not any(item.startswith("coffee-") for item in shown(one, "u1"))


def test_what_the_catalogue_does_not_have_cannot_be_muted(shop: Shop) -> None:
    with pytest.raises(Problem, match="no item of the catalogue"):
        mute(shop, "u1", "category", "Submarines")


# --- taking an event back


def test_an_event_taken_back_is_gone_from_profile_and_log_and_stays_gone(shop: Shop) -> None:
    for place in range(3):
        take(shop, "forgetful", f"tea-{place}", f"tea-{place}")
    take(shop, "forgetful", "baby-0", "a-gift")
    build_features(*DAYS)
    assert {one.event_id for one in profile(shop, "forgetful").recent} >= {"a-gift"}
    question = RemoveEventRequest(user_id="forgetful", event_id="a-gift")
    answer = shop.privacy.remove_event(question, NOW)
    assert (answer.removed, answer.profile_version) == (True, 5)
    online = read_profile("forgetful")
    assert online is not None
    assert (online.version, "a-gift" in online.history.event_ids) == (5, False)
    assert "Baby" not in profile(shop, "forgetful").summary
    assert "a-gift" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["event_id"])
    again = take(shop, "forgetful", "baby-0", "a-gift")
    assert (again.added, again.duplicates) == (0, 1)
    assert not shop.privacy.remove_event(question, NOW).removed
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(Event.event_id == "a-gift")) == 0
        assert session.scalars(select(Audit.action).where(Audit.user_id == "forgetful")).all() == ["remove_event"]
    with pytest.raises(Problem, match="no event"):
        shop.privacy.remove_event(RemoveEventRequest(user_id="u1", event_id="tea-1"), NOW)


def test_an_event_taken_back_leaves_the_log_after_a_kill_too(shop: Shop) -> None:
    take(shop, "forgetful", "baby-0", "a-gift")
    build_features(*DAYS)
    with session_scope() as session:  # as a service leaves it that dies between its database and its log
        session.delete(session.scalars(select(Event).where(Event.event_id == "a-gift")).one())
        taken_back = {"event_id": "a-gift", "user_id": "forgetful", "time": NOW, "event_time": SHOP_UNTIL}
        session.add(RemovedEvent(**taken_back))
    Shop(shop.settings).watcher.look()
    assert "a-gift" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["event_id"])


# --- consent


def test_without_personalisation_nothing_is_kept_but_what_the_shop_must_know(shop: Shop) -> None:
    take(shop, "shy", "tea-1", "bought-1")
    take(shop, "shy", "tea-2", "looked-1", "view")
    build_features(*DAYS)
    assert consent(shop, "shy", "personalisation", False)
    assert shown(shop, "shy", 10) == shown(shop, "somebody-unknown", 10)
    with pytest.raises(Problem, match="doesn't consent"):
        profile(shop, "shy")
    assert read_profile("shy") is None
    with session_scope() as session:
        assert session.scalar(select(func.count()).where(ProfileVersion.user_id == "shy")) == 0
    for view in ("events", "user_behaviour", "user_profile"):
        assert "shy" not in set(read_view(view, DAYS[0].date(), DAYS[1].date())["user_id"])
    bought, looked = take(shop, "shy", "tea-3", "bought-2"), take(shop, "shy", "tea-4", "looked-2", "view")
    assert (bought.added, bought.withheld, bought.profiles) == (1, 0, [])
    assert (looked.added, looked.withheld, looked.duplicates) == (0, 1, 0)
    build_features(*DAYS)
    refresh_profiles(NOW, ["shy"], "test")
    assert read_profile("shy") is None
    assert "shy" not in set(read_view("events", DAYS[0].date(), DAYS[1].date())["user_id"])

    assert consent(shop, "shy", "personalisation", True)
    told = profile(shop, "shy")
    assert {one.event_id for one in told.recent} == {"bought-1", "looked-1", "bought-2"}
    assert not consent(shop, "shy", "personalisation", True)


def test_consent_is_told_and_purposes_are_apart(shop: Shop) -> None:
    consent(shop, "u1", "marketing", False)
    answer = shop.privacy.consent(ConsentRequest(user_id="u1"), NOW)
    assert answer.consents == {"personalisation": True, "marketing": False}
    assert profile(shop, "u1").affinities


# --- export and erasure

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


def test_a_malformed_row_is_nobodys_and_a_good_one_is_whose_column_says_it(shop: Shop) -> None:
    take(shop, "1", "tea-1", "one")
    theirs = ['{"CUSTOMER_ID":"1","item_id":"gone"}', '{"user_id":1,"item_id":"gone"}', '{"visitorId":"1"}']
    others = ['{"user_id":"2","text":"gave it 1 star"}', '{"user_id":"12","quantity":1}', '{"item_id":"1"}', "2,1,tea"]
    with session_scope() as session:
        for line, raw in enumerate([*theirs, *others]):
            session.add(Reject(file="f", line=line, field="item_id", reason="unknown", raw=raw, created_at=NOW))
    held = export(get_engine(), "1", NOW, "test")["database"]["rejects"]
    assert [one["raw"] for one in held] == theirs
    shop.privacy.erase(ShopperRequest(user_id="1"), NOW)
    with session_scope() as session:
        left = session.scalars(select(Reject.raw).where(Reject.file == "f").order_by(Reject.line)).all()
    assert left == [*others[:3], ""]
