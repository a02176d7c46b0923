"""The model that a Bento brings: read where the home's can't be, and said to be another than the promoted one."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.db.engine import session_scope
from recommender.settings import Settings
from services.container import Shop
from services.schemas.recommend import RecommendRequest, RecommendResponse
from tests.support.bentos import register
from tests.support.servers.databases import install_tables
from tests.support.shops.shop import fill_shop


@pytest.fixture
def own(home: Settings, tmp_path: Path) -> Path:
    """A shop's database without a model, and beside it the folder of model `own`."""
    install_tables()
    fill_shop()
    path = register(home, "own")
    place = tmp_path / "bento" / "own"
    shutil.copytree(path, place)
    shutil.rmtree(path)
    return place


def ask(shop: Shop) -> RecommendResponse:
    shop.watcher.look()
    return shop.answers.recommend(RecommendRequest(user_id="u0", n=5), datetime.now(UTC))


def set_status(model_version: str, status: str) -> None:
    from recommender.db.tables import Model

    with session_scope() as session:
        model = session.get_one(Model, model_version)
        model.status, model.promoted_at = status, datetime.now(UTC)


def test_without_a_promoted_model_the_bento_s_own_answers_and_says_so(home: Settings, own: Path) -> None:
    shop = Shop(home, own)
    answer = ask(shop)
    assert (answer.model_version, answer.degraded) == ("own", ["model"])
    assert len(answer.items) == 5
    assert shop.unready is None

    register(home, "newer", "promoted")
    answer = ask(shop)
    assert (answer.model_version, answer.degraded) == ("newer", [])


def test_the_promoted_model_is_read_from_the_bento_where_the_home_lacks_it(home: Settings, own: Path) -> None:
    set_status("own", "promoted")
    answer = ask(Shop(home, own))
    assert (answer.model_version, answer.degraded) == ("own", [])


def test_a_former_model_goes_before_the_bento_s_and_that_before_counts(home: Settings, own: Path) -> None:
    former, promoted = register(home, "former", "retired", days_ago=1), register(home, "promoted", "promoted")
    shutil.rmtree(promoted)
    assert ask(Shop(home, own)).model_version == "former"
    shutil.rmtree(former)
    answer = ask(Shop(home, own))
    assert (answer.model_version, answer.degraded) == ("own", ["model"])
    assert ask(Shop(home)).model_version == "counts-only"


def test_a_spoiled_model_of_the_bento_leaves_the_counts(home: Settings, own: Path) -> None:
    (own / "tensors.safetensors").write_bytes(b"")
    answer = ask(Shop(home, own))
    assert answer.model_version == "counts-only"
    assert "model" in answer.degraded
