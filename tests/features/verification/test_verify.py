"""The receipt's content: which texts are looked for, which place is which store, and what can't be reached."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from features.backups.archive import ASIDE, MANIFEST
from features.verification.verify import BACKUPS, FORMER_HOMES, MEMORY, OTHERS, SERVER_PAGES, verify
from recommender.db.engine import get_engine, session_scope
from recommender.db.tables import Event, Item, User
from recommender.privacy.erasure import digest
from recommender.settings import Settings, get_settings
from tests.support.servers.databases import install_tables

WHO, REVIEW, SHARED = "user-12", "it sings in the morning", "fits very well indeed"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def shop(database: Settings) -> Settings:
    """A shopper with a review of their own, one that another wrote too, a short one, and the title of an item."""
    said = [(WHO, REVIEW), (WHO, SHARED), (WHO, "ok"), (WHO, "Green tea in bags"), ("user-123", SHARED)]
    with session_scope() as session:
        session.add_all(User(user_id=one, attributes={}) for one in (WHO, "user-123"))
        session.add(Item(item_id="tea", title="Green tea in bags", content_hash="x", updated_at=NOW, categories=["T"]))
        session.flush()
        session.add_all(
            Event(event_id=f"e{n}", user_id=user, item_id="tea", event_type="review", text=words, time=NOW)
            for n, (user, words) in enumerate(said)
        )
    return database


def test_texts_that_others_wrote_too_or_that_are_short_are_counted_and_not_looked_for(shop: Settings) -> None:
    receipt = verify(get_engine(), shop, WHO)
    assert receipt["texts"] == {"looked_for": 1, "too_short": 1, "shared": 2}
    assert not receipt["clean"]
    assert receipt["found"]
    assert {one["store"] for one in receipt["found"]} == {"database"}
    assert (receipt["shopper"], receipt["erasure_asked_at"]) == (digest(WHO), None)
    assert WHO not in str(receipt)
    on_postgres = get_engine().dialect.name == "postgresql"
    assert (SERVER_PAGES in receipt["not_reached"]) is on_postgres
    assert MEMORY in receipt["not_reached"]


def test_who_was_never_there_leaves_nothing(shop: Settings) -> None:
    receipt = verify(get_engine(), shop, "nobody-at-all")
    assert (receipt["clean"], receipt["found"], receipt["models_to_retrain"]) == (True, [], [])


PLACES = {
    "logs/service.log": "logs",
    "airflow/logs/dag_id=retrain/1.log": "logs",
    "models/m/manifest.json": "models",
    "former-1/zhiyin.txt": FORMER_HOMES,
    "notes.txt": OTHERS,
}


def test_a_place_is_told_by_its_store_and_other_shops_are_let_be(home: Settings, tmp_path: Path) -> None:
    install_tables()
    settings = get_settings()
    for place in (*PLACES, "shops/b/logs/service.log"):
        file = settings.root / place.replace("former-", ASIDE)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{WHO} was here")
    for folder, name in (("kept", MANIFEST), ("loose", "other.json")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text(WHO)
    receipt = verify(get_engine(), settings, WHO, folders=(tmp_path / "kept", tmp_path / "loose"))
    stores = sorted(one["store"] for one in receipt["found"])
    assert stores == sorted([*PLACES.values(), BACKUPS, OTHERS])
