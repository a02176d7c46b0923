"""A service without a model answers all the same: from counts, the catalogue and its texts, and says so."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from recommender.db.engine import session_scope
from recommender.db.tables import Item, Model
from recommender.embeddings.text import embed_items
from recommender.encoders.base import encoder_id
from recommender.settings import Settings
from services.container import Shop
from services.core.errors import Problem
from services.schemas.events import NewEvent
from services.schemas.profile import ProfileRequest
from services.schemas.recommend import RecommendRequest, SimilarRequest
from services.schemas.search import SearchRequest
from tests.support.servers.databases import install_tables
from tests.support.shops.trained import install_shop, shop_encoder
from tests.support.shops.young_shops import BEST, YOUNG_SHOPS, fill_young_shop


def now() -> datetime:
    return datetime.now(UTC)


def opened(settings: Settings) -> Shop:
    shop = Shop(settings)
    shop.watcher.look()
    shop.searcher.look()
    return shop


def look_again(shop: Shop) -> None:
    """A round of the watcher after it has rested."""
    assert shop.models.without is not None
    shop.models.without._rests_until = 0.0
    shop.watcher.look()
    shop.searcher.look()


def embed(settings: Settings) -> None:
    embed_items(shop_encoder, encoder_id(settings))


@pytest.mark.parametrize("kind", YOUNG_SHOPS)
def test_every_answer_is_given_at_once_and_says_what_it_lacks(home: Settings, kind: str) -> None:
    install_tables()
    ids = fill_young_shop(kind)
    for missing in (["model", "text"], ["model"]):  # as imported; and once the texts are embedded
        shop = opened(home)
        cold = shop.answers.recommend(RecommendRequest(n=5), now())
        assert len({item.item_id for item in cold.items}) == min(5, len(ids))
        assert cold.degraded == missing
        if kind in ("single purchases", "one day", "no text", "visits only"):
            assert cold.items[0].item_id == BEST
            assert cold.items[0].evidence[0].source == "popular"
        if kind == "nothing sold":
            assert {evidence.source for item in cold.items for evidence in item.evidence} == set()
        known = shop.answers.recommend(RecommendRequest(user_id="u0", n=5), now())
        assert len(known.items) == min(5, len(ids))
        like = shop.answers.similar(SimilarRequest(item_id=ids[0], n=3), now())
        assert len(like.items) == min(3, len(ids) - 1)
        assert like.degraded == missing
        if len(ids) > 1 and kind != "no text":
            assert {item.item_id.partition("-")[0] for item in like.items} == {"dresses"}
            assert all(item.evidence[0].source == "text" for item in like.items)
        goes = shop.answers.similar(SimilarRequest(item_id=ids[0], kind="goes_with", n=3), now())
        assert goes.degraded == missing
        found = shop.searcher.search(SearchRequest(query="wedding dress"), now())
        assert set(missing) <= set(found.degraded)
        assert len(found.items) == (0 if kind == "no text" else min(4, len(ids)))
        for scenario in ("cart", "product"):
            page = RecommendRequest(user_id="u0", scenario=scenario, context_item_ids=[ids[-1]])
            assert shop.answers.recommend(page, now()).degraded == missing
        embed(home)


def test_an_event_changes_the_next_answer(home: Settings) -> None:
    install_tables()
    fill_young_shop("single purchases")
    embed(home)
    shop = opened(home)
    shop.intake.take([NewEvent(event_id="new", user_id="fresh", item_id="mattresses-0", event_type="purchase")], now())
    answer = shop.answers.recommend(RecommendRequest(user_id="fresh"), now())
    assert answer.profile_version == 1
    kinds = [item.item_id.partition("-")[0] for item in answer.items[:4]]
    assert kinds.count("mattresses") >= 3
    assert answer.items[0].item_id != "mattresses-0"  # here nobody has ever bought a thing twice
    assert shop.answers.recommend(RecommendRequest(user_id="fresh"), now()).degraded == ["model"]  # the list is kept
    profile = shop.answers.profile(ProfileRequest(user_id="fresh"), now())
    assert profile.degraded == ["model"]
    assert "Mattresses" in profile.summary


def test_what_sells_and_what_is_new_are_taken_in(home: Settings) -> None:
    install_tables()
    fill_young_shop("nothing sold")
    shop = opened(home)
    events = [
        NewEvent(event_id=f"n{place}", user_id=f"n{place}", item_id="veils-0", event_type="purchase")
        for place in range(3)
    ]
    shop.intake.take(events, now())
    with session_scope() as session:
        session.add(Item(item_id="rings-0", title="Gold ring", attributes={}, content_hash="r", updated_at=now()))
        session.execute(update(Item).where(Item.item_id == "veils-1").values(hidden=True, updated_at=now()))
    look_again(shop)
    answer = shop.answers.recommend(RecommendRequest(n=100), now())
    assert answer.items[0].item_id == "veils-0"
    shown = {item.item_id for item in answer.items}
    assert "rings-0" in shown
    assert "veils-1" not in shown
    assert shop.searcher.search(SearchRequest(query="gold ring"), now()).items[0].item_id == "rings-0"


def test_the_first_model_takes_over_and_a_broken_one_does_not(home: Settings) -> None:
    install_tables()
    bundle = install_shop(home)
    path = home.models_dir / bundle.model_version / "tensors.safetensors"
    whole = path.read_bytes()
    path.write_bytes(b"")
    shop = opened(home)
    answer = shop.answers.recommend(RecommendRequest(user_id="u0"), now())
    assert "model" in answer.degraded
    assert len(answer.items) == 10
    path.write_bytes(whole)
    shop.watcher.look()
    answer = shop.answers.recommend(RecommendRequest(user_id="u0"), now())
    assert (answer.model_version, answer.degraded) == (bundle.model_version, [])
    with session_scope() as session:
        session.execute(update(Model).values(status="retired"))
    look_again(shop)
    assert shop.answers.recommend(RecommendRequest(user_id="u0"), now()).degraded == []  # what was loaded stays


def test_an_empty_catalogue_is_told_with_its_remedy(home: Settings) -> None:
    install_tables()
    shop = opened(home)
    with pytest.raises(Problem, match="the catalogue is empty: import items") as refused:
        shop.answers.recommend(RecommendRequest(), now())
    assert refused.value.status == 503
    event = NewEvent(event_id="e", user_id="u", event_type="search", text="tea")
    answer = shop.intake.take([event], now())
    assert (answer.added, answer.profiles, answer.degraded) == (1, [], ["profile"])
