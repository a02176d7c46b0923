"""One account's five thousand purchases decide nothing: not what a newcomer sees, not what goes with what."""

from datetime import timedelta

import pytest

from features.building.pipeline import build_features
from recommender.db.engine import session_scope
from recommender.models.bundle import ModelBundle
from recommender.scenarios.cart import goes_with
from recommender.settings import Settings, get_settings
from recommender.store.queries import add_events
from services.container import Shop
from services.schemas.recommend import RecommendRequest
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import SHOP_FROM, SHOP_UNTIL, fill_shop
from tests.support.shops.trained import SHOP_PARAMS
from training.data.screening import screened_events
from training.pipeline import train

VALVE, PROBE = "garden-7", "probe-1"
PARAMS = SHOP_PARAMS.model_copy(update={"sequence_steps": 10, "ranker_epochs": 1})


@pytest.fixture
def probed(home: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The tests' shop with a monitoring script that buys one thing every five and a half minutes."""
    monkeypatch.setenv("ZHIYIN_THREADS", "1")
    get_settings.cache_clear()
    install_tables()
    fill_shop()
    rows = [
        {
            "event_id": f"bot{place}",
            "user_id": PROBE,
            "item_id": VALVE,
            "event_type": "purchase",
            "value": 9.0,
            "session_id": f"probe-{place}",
            "time": SHOP_UNTIL - timedelta(minutes=5.5 * (place + 1)),
        }
        for place in range(5_000)
    ]
    with session_scope() as session:
        add_events(session, rows)
    return get_settings()


def _accounts(*arguments: str) -> str:
    result = zhiyin("accounts", "--until", "2026-05-01", *arguments)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_a_probe_is_set_aside_named_and_brought_back(probed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    build_features(SHOP_FROM, SHOP_UNTIL)
    said = _accounts()
    assert "1 set aside" in said
    assert PROBE in said
    assert "5000" in said
    bundle = ModelBundle.load(probed.models_dir / train(PARAMS))
    assert bundle.manifest.counts["accounts_set_aside"] == 1
    assert bundle.manifest.counts["events_set_aside"] == 5_000
    plain = [str(bundle.catalogue.ids[row]) for row in bundle.sellers[:5]]
    assert VALVE not in plain
    for item_id in ("tea-0", "pets-3", "toys-5"):
        assert goes_with(bundle, item_id, 5, bundle.catalogue.sellable(SHOP_UNTIL))[0].item_id != VALVE

    assert "brought back 1" in _accounts("--bring-back", PROBE)
    back = screened_events(PARAMS.start, PARAMS.until)
    assert back.set_aside.is_empty()
    assert (back.events["user_id"] == PROBE).sum() == 5_000
    assert "judged again 1" in _accounts("--judge-again", PROBE)
    assert len(screened_events(PARAMS.start, PARAMS.until).set_aside) == 1
    monkeypatch.setenv("ZHIYIN_SCREEN_ACCOUNTS", "false")
    get_settings.cache_clear()
    assert screened_events(PARAMS.start, PARAMS.until).set_aside.is_empty()


@pytest.mark.parametrize("screened", [True, False])
def test_a_newcomer_without_a_model_sees_what_people_buy(
    probed: Settings, screened: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the probe is not set aside, it counts as one shopper who comes back."""
    monkeypatch.setenv("ZHIYIN_SCREEN_ACCOUNTS", str(screened))
    get_settings.cache_clear()
    shop = Shop(get_settings())
    shop.watcher.look()
    answer = shop.answers.recommend(RecommendRequest(n=10), SHOP_UNTIL)
    assert answer.items[0].item_id != VALVE
    assert answer.items[1].score > 0.5 * answer.items[0].score
