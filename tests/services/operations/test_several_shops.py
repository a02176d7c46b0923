"""Two shops with the same shoppers and item ids: whatever is done in one, the other one's stores stay as they were.

Each step of the loop is done in a shop of its own kind: titles, prices and models differ, ids are the same.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from features.building.pipeline import build_features
from features.online import push_profiles, read_profiles
from features.store import materialize
from monitoring.drift import DriftParams, check_drift
from recommender.auth.keys import create_key, find_caller
from recommender.auth.tokens import Refused, TokenRules, read_token, sign_token
from recommender.db.engine import session_scope
from recommender.drift.runs import list_runs
from recommender.release.promotion import promote
from recommender.settings import Settings, get_settings
from recommender.store.queries import promoted_model
from services.container import Shop
from services.schemas.events import NewEvent
from services.schemas.privacy import ShopperRequest
from services.schemas.recommend import RecommendRequest
from services.schemas.search import SearchRequest
from tests.services.search.conftest import looked_for
from tests.support.commands import zhiyin
from tests.support.profiles import some_profile
from tests.support.shops.several import everything, fill, forget_everything, inside
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL
from tests.support.shops.trained import add_model, shop_bundle

WEEK = timedelta(days=7)
LAST_WEEK = DriftParams.of(
    current_from=SHOP_UNTIL - WEEK,
    current_until=SHOP_UNTIL,
    reference_from=SHOP_UNTIL - 6 * WEEK,
    reference_until=SHOP_UNTIL - WEEK,
)
NOW = datetime(2031, 5, 1, tzinfo=UTC)


@pytest.fixture
def two_shops(backend: Settings) -> Iterator[None]:
    """The installation's own shop, and shop b."""
    fill(backend, "Albatross", 10.0)
    made = zhiyin("shops", "add", "b")
    assert made.exit_code == 0, made.output
    with inside("b") as settings:
        fill(settings, "Bobolink", 20.0)
    yield
    forget_everything()


def opened() -> Shop:
    shop = Shop(get_settings())
    shop.watcher.look()
    return shop


def live(mark: str) -> None:
    """A day in the life of a shop: each kind of work once, checked to be this shop's."""
    shop, other = opened(), "Albatross" if mark == "Bobolink" else "Bobolink"
    events = [
        NewEvent(event_id="e-same", user_id="u0", item_id="tea-1", event_type="purchase"),
        NewEvent(event_id="e-new", user_id=f"only-{mark}", item_id="tea-2", event_type="view"),
    ]
    shop.intake.take(events, datetime.now(UTC))
    answer = shop.answers.recommend(RecommendRequest(user_id="u0"), datetime.now(UTC))
    titles = [one.title for one in answer.items]
    assert titles
    assert all(title.endswith(mark) for title in titles)
    found = looked_for(shop, SearchRequest(query=f"tea {mark}", user_id="u0"))
    assert found.items
    assert all(one.title.endswith(mark) for one in found.items)
    assert not [one for one in looked_for(shop, SearchRequest(query=other)).items if other in one.title]
    told = shop.privacy.export(ShopperRequest(user_id="u0"), datetime.now(UTC)).model_dump_json()
    assert other not in told
    shop.close()

    build_features(SHOP_FROM, SHOP_UNTIL)
    materialize(SHOP_FROM, SHOP_UNTIL)
    with session_scope() as session:
        create_key(session, "server", datetime.now(UTC), name=mark)
    add_model(get_settings(), f"model-{mark}", shop_bundle("shop-1"))
    promote(f"model-{mark}")
    assert zhiyin("refresh").exit_code == 0
    check_drift(LAST_WEEK)
    assert zhiyin("shopper", "erase", "u1", "--yes").exit_code == 0


@pytest.mark.parametrize("backend", ["embedded", pytest.param("servers", marks=pytest.mark.slow)], indirect=True)
def test_what_one_shop_does_leaves_everything_of_the_other_as_it_was(two_shops: None) -> None:
    before = everything()
    with inside("b"):
        live("Bobolink")
        of_b = everything()
        assert len(list_runs()) == 1
    assert everything() == before
    assert list_runs() == []
    live("Albatross")
    with inside("b"):
        assert everything() == of_b
        assert str(of_b["tables"]["models"]).count("model-Albatross") == 0
        with session_scope() as session:
            model = promoted_model(session)
            assert model is not None
            assert model.model_version == "model-Bobolink"


def test_a_key_of_one_shop_is_unknown_in_the_other(two_shops: None) -> None:
    with session_scope() as session:
        key, _ = create_key(session, "operator", NOW)
        assert find_caller(session, key, NOW) is not None
    with inside("b"), session_scope() as session:
        assert find_caller(session, key, NOW) is None
        of_b, _ = create_key(session, "operator", NOW)
    with session_scope() as session:
        assert find_caller(session, of_b, NOW) is None


def test_a_token_of_one_shop_is_refused_in_the_other_though_the_secret_is_the_same(
    two_shops: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "s" * 40
    monkeypatch.setenv("ZHIYIN_TOKEN_SECRET", secret)
    forget_everything()
    own = get_settings().root / "shops" / "b" / "shop.env"
    own.write_text(f"ZHIYIN_TOKEN_SECRET={secret}\n")
    now, rules = datetime.now(UTC), TokenRules.of(get_settings())
    token, _ = sign_token(rules, now, timedelta(minutes=5), user_id="u0")
    assert read_token(rules, token).user_id == "u0"
    with inside("b"):
        rules_b = TokenRules.of(get_settings())
        with pytest.raises(Refused, match="another audience"):
            read_token(rules_b, token)
        of_b, _ = sign_token(rules_b, now, timedelta(minutes=5), user_id="u0")
    with pytest.raises(Refused, match="another audience"):
        read_token(rules, of_b)


def test_removing_a_shop_takes_nothing_of_the_others(two_shops: None) -> None:
    """Their ids are chosen so that the name of one is in the other's."""
    for shop_id in ("zhiyin", "zhiyin-b"):
        assert zhiyin("shops", "add", shop_id).exit_code == 0
    shops = ("b", "zhiyin", "zhiyin-b")
    push_profiles([some_profile("u0")])
    for shop_id in shops:
        with inside(shop_id):
            push_profiles([some_profile("u0")])
    removed = zhiyin("shops", "remove", "b", "--yes")
    assert removed.exit_code == 0, removed.output
    forget_everything()
    assert set(read_profiles(["u0"])) == {"u0"}
    for shop_id in shops[1:]:
        with inside(shop_id):
            assert set(read_profiles(["u0"])) == {"u0"}
    if (url := get_settings().redis_url) is not None:
        with redis.Redis.from_url(url) as client:
            left = sorted(bytes(key).rpartition(b"u0")[2] for key in client.scan_iter())
            assert len(left) == 3
            assert not [key for key in left if key.endswith(b"zhiyin__b__")]


def test_a_backup_of_one_shop_holds_and_restores_that_one_alone(
    two_shops: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        arguments = ("--shop", "b") if name == "b" else ()
        done = zhiyin(*arguments, "backup", tmp_path / name)
        assert done.exit_code == 0, done.output
        forget_everything()
    assert not (tmp_path / "a" / "home" / "shops").exists()
    assert not (tmp_path / "b" / "home" / "shop.env").exists()
    with inside("b"):
        saved = _lasting(everything())
        opened().intake.take(
            [NewEvent(event_id="later", user_id="u0", item_id="tea-1", event_type="view")], datetime.now(UTC)
        )
        later = _lasting(everything())
        assert later != saved
    before = _lasting(everything())
    done = zhiyin("restore", tmp_path / "a", "--replace")
    assert done.exit_code == 0, done.output
    forget_everything()
    assert _lasting(everything()) == before
    with inside("b"):
        assert _lasting(everything()) == later
    forget_everything()
    done = zhiyin("--shop", "b", "restore", tmp_path / "b", "--replace")
    assert done.exit_code == 0, done.output
    forget_everything()
    with inside("b"):
        assert _lasting(everything()) == saved
    assert _lasting(everything()) == before
    if get_settings().database_url is None:  # b's backup, as an installation of its own
        monkeypatch.setenv("ZHIYIN_HOME", str(tmp_path / "of-its-own"))
        forget_everything()
        done = zhiyin("restore", tmp_path / "b")
        assert done.exit_code == 0, done.output
        forget_everything()
        assert _lasting(everything())["tables"] == saved["tables"]


def _lasting(found: dict[str, Any]) -> dict[str, Any]:
    """What a backup brings back: tables and files; of what is pushed to Redis nothing is in it."""
    tables = {name: rows for name, rows in found["tables"].items() if rows}
    return {"tables": tables, "files": {name for name in found["files"] if "/models/" in name}}
