"""What is left of an erased shopper is found wherever it is, and where nothing is left a receipt says so."""

import html
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from sqlalchemy import select, update

from features.backups.archive import back_up
from features.online import push_profiles, read_profile
from features.partitions import all_parts, write_part
from features.verification.files import FREE
from features.verification.verify import verify
from recommender.auth.keys import create_key
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Item, Model, ProfileVersion, User, UserLink
from recommender.privacy.erasure import STRAGGLERS, digest
from recommender.profiles.profile import Profile
from recommender.settings import get_settings
from recommender.store.outgoing import HANDOVER, queue_message
from services.container import Shop
from services.schemas.events import NewEvent
from services.schemas.privacy import ShopperRequest
from services.schemas.search import SearchRequest
from services.schemas.wish import WishRequest
from tests.services.profiles.conftest import NOW
from tests.services.profiles.test_erasure import SECRET, live_through
from tests.support.commands import zhiyin
from tests.support.shops.shop import SHOP_UNTIL

QUERY, REVIEW = "a kettle that whistles Dixie", 'it leaks "a lot" & my cat Schnurrli hates it'
NAME, QUESTION = "Ottilie Wunderlich-Nakamura", "where is the parcel for Wunderlich-Nakamura?"
VISIT = "visit-of-0c4f77ab"
TEXTS = {QUERY, REVIEW, NAME, QUESTION, VISIT}


def leave_texts(shop: Shop) -> None:
    """What the shopper writes, by the ways in which the platform takes it."""
    common = {"user_id": SECRET, "time": SHOP_UNTIL}
    events: list[dict[str, Any]] = [
        {**common, "event_id": "said-1", "item_id": "tea-1", "event_type": "review", "value": 2.0, "text": REVIEW},
        {**common, "event_id": "said-2", "item_id": "tea-2", "event_type": "view", "session_id": VISIT},
        {"time": SHOP_UNTIL, "event_id": "said-3", "item_id": "tea-3", "event_type": "view", "session_id": VISIT},
    ]
    shop.intake.take([NewEvent.model_validate(event) for event in events], NOW)
    shop.searcher.open()
    shop.searcher.search(SearchRequest(query=QUERY, user_id=SECRET, event_id="said-4"), NOW)
    shop.searcher.close()
    shop.wish_service.wish(WishRequest(user_id=SECRET, wish="no more pets please"), NOW)
    with session_scope() as session:
        session.merge(User(user_id=SECRET, attributes={"name": NAME}, consent=True, created_at=NOW))
        session.add(UserLink(source_user_id=SECRET, target_user_id="u1"))
        assert queue_message(session, HANDOVER, {"question": QUESTION}, NOW, user_id=SECRET)
        create_key(session, "shopper", NOW, user_id=SECRET)


@dataclass
class Erased:
    """A shop from which the shopper was erased, after they had left a trace in every store."""

    shop: Shop
    export: dict[str, Any]
    profile: Profile
    before: dict[str, Any] = field(default_factory=dict)

    def look(self, *folders: Path) -> dict[str, Any]:
        return verify(get_engine(), get_settings(), SECRET, self.export, folders)


@pytest.fixture
def told_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop has a system of its own that is told of handovers."""
    monkeypatch.setenv("ZHIYIN_WEBHOOK_URL", "http://127.0.0.1:9/hook")
    monkeypatch.setenv("ZHIYIN_WEBHOOK_SECRET", "w" * 40)
    get_settings.cache_clear()


@pytest.fixture
def erased(shop: Shop, told_elsewhere: None) -> Erased:
    leave_texts(shop)
    live_through(shop)
    with session_scope() as session:
        session.execute(update(Model).values(created_at=SHOP_UNTIL))
    export = shop.privacy.export(ShopperRequest(user_id=SECRET), NOW).model_dump(mode="json")
    profile = read_profile(SECRET)
    assert profile is not None
    before = verify(get_engine(), get_settings(), SECRET)
    shop.privacy.erase(ShopperRequest(user_id=SECRET), NOW)
    shop.privacy.pending.finish(NOW + STRAGGLERS)
    shop.impressions.stop()
    return Erased(shop, export, profile, before)


def test_every_store_holds_the_shopper_before_and_none_does_afterwards(erased: Erased) -> None:
    before, after = erased.before, erased.look()
    assert not before["clean"]
    stores = {one["store"] for one in before["found"]}
    assert {"database", "offline features", "online store"} <= stores
    assert before["texts"]["looked_for"] == len(TEXTS)
    assert any(one["texts"] for one in before["found"] if one["store"] == "offline features")
    assert (after["found"], after["unread"]) == ([], [])
    assert after["clean"]
    assert after["texts"]["looked_for"] == len(TEXTS), "the export tells them, when no store does"
    assert after["scanned"].keys() >= {"database", "offline features", "online store", "models"}
    assert after["shopper"] == digest(SECRET)
    assert after["erasure_done_at"] is not None
    assert not [text for text in (SECRET, *TEXTS) if text in json.dumps(after)]


def leave_rows(erased: Erased) -> None:
    """In a column that names no shopper, as a text in a description, and as a version of a profile."""
    with session_scope() as session:
        item = session.scalars(select(Item).limit(1)).one()
        item.attributes = {"by": [SECRET]}
        session.execute(update(Item).where(Item.item_id == "tea-1").values(description=f"one says {REVIEW}"))
        made = {"model_version": "m", "as_of": NOW, "vector": b"", "affinities": [], "reason": "r", "created_at": NOW}
        session.add(ProfileVersion(user_id=SECRET, version=9, **made))


def leave_features(erased: Erased) -> None:
    """As a profile that is served, and in the offline log."""
    push_profiles([erased.profile])
    place = all_parts("events")[0]
    rows = pl.read_parquet(place, hive_partitioning=False)
    write_part("events", place, rows.with_columns(pl.lit(SECRET).alias("user_id")))


FILES = {  # a place below the home, what stands there, and which store it is
    "reports/r1/report.html": (f"<td>{html.escape(REVIEW)}</td>", "reports"),
    "reports/r1/report.json": (json.dumps({"was": QUERY}), "reports"),
    "models/m1/manifest.json": (json.dumps({"held_out": [SECRET]}), "models"),
    "bentoml/bentos/z/1/src/held.json": (json.dumps([SECRET]), "bentos"),
    "encoders/e1/pairs.jsonl": (json.dumps([QUERY]), "encoders"),
    "spool/9.jsonl": (json.dumps({"user_id": SECRET}), "spool"),
    "logs/service.log": (f'{{"path": "/profile?user={quote(NAME)}"}}', "logs"),
    "airflow/logs/dag/1.log": (f"conf {SECRET}", "logs"),
    "landing/users.csv": (f"user_id\n{SECRET}\n", "landing folder"),
    "before-restore-1/notes": (SECRET, "former homes"),
    "cache/kept.bin": (f"\0{SECRET}tea", "other files"),
}


def leave_files() -> None:
    for place, (content, _) in FILES.items():
        path = get_settings().root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def test_what_is_left_is_found_in_every_kind_of_store(erased: Erased, tmp_path: Path) -> None:
    leave_rows(erased)
    leave_features(erased)
    back_up(tmp_path / "backup")
    leave_files()
    receipt = erased.look(tmp_path / "backup")
    found = {(one["store"], one["place"]) for one in receipt["found"]}
    assert {(store, place) for place, (_, store) in FILES.items()} <= found
    sqlite = get_engine().dialect.name == "sqlite"
    for column in ("items.attributes", "items.description", "profiles.user_id"):
        assert ("database", f"zhiyin.db ({column})" if sqlite else column) in found
    assert {"offline features", "online store", "backups"} <= {store for store, _ in found}
    assert not receipt["clean"]
    assert SECRET not in json.dumps(receipt)


def test_free_pages_and_the_write_ahead_log_are_looked_into(embedded_shop: Shop) -> None:
    path = Path(str(get_engine().url.database))
    with closing(sqlite3.connect(path)) as writer, closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM users").fetchone()  # so that the log can't be emptied
        writer.execute("INSERT INTO users (user_id, attributes, consent) VALUES (?, '{}', 1)", [SECRET])
        writer.commit()
        assert "zhiyin.db-wal" in places(verify(get_engine(), get_settings(), SECRET))
        reader.rollback()
        writer.execute("PRAGMA secure_delete=OFF")
        writer.execute("DELETE FROM users WHERE user_id = ?", [SECRET])
        writer.commit()
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert places(verify(get_engine(), get_settings(), SECRET)) == {f"zhiyin.db ({FREE})"}


def places(receipt: dict[str, Any]) -> set[str]:
    return {one["place"] for one in receipt["found"]}


def test_a_model_in_service_that_had_learned_is_named_until_the_next_one(erased: Erased) -> None:
    [version] = erased.look()["models_to_retrain"]
    with session_scope() as session:
        session.execute(update(Model).where(Model.model_version == version).values(status="retired"))
    assert erased.look()["models_to_retrain"] == []


def test_the_command_signs_a_receipt_and_tells_by_its_status(
    embedded_shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIYIN_RECEIPT_SECRET", "r" * 40)
    get_settings.cache_clear()
    live_through(embedded_shop)
    embedded_shop.impressions.stop()
    export = tmp_path / "export.json"
    export.write_bytes(zhiyin("shopper", "export", SECRET).stdout_bytes)
    left = zhiyin("erase", SECRET, "--verify")
    assert (left.exit_code, "something is left" in left.stdout) == (1, True)
    assert zhiyin("erase", SECRET, "--yes").exit_code == 0
    done = zhiyin("erase", SECRET, "--verify", "--export", export, "--json")
    assert done.exit_code == 0, done.output
    receipt = tmp_path / "receipt.json"
    receipt.write_text(done.stdout)
    assert zhiyin("shopper", "check-receipt", receipt).exit_code == 0
    receipt.write_text(done.stdout.replace('"clean": true', '"clean": false'))
    assert zhiyin("shopper", "check-receipt", receipt).exit_code == 1
    plain = zhiyin("erase", SECRET, "--verify")
    assert (plain.exit_code, "nothing is left" in plain.stdout) == (0, True)
    for wrong in (("--folder", tmp_path / "none"), ("--export", tmp_path / "none")):
        assert zhiyin("erase", SECRET, "--verify", *wrong).exit_code == 2
    assert zhiyin("erase", SECRET, "--json").exit_code == 2
