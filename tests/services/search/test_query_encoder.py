"""A query is read by the encoder of the model in service, and by its words alone while there is none."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from sqlalchemy import update

from recommender.db.engine import session_scope
from recommender.db.tables import FaqEntry, Model
from recommender.encoders.base import Encoder, base_id, load_full, load_named
from recommender.encoders.precision import encoder_folder
from recommender.models.bundle import ModelBundle
from recommender.settings import Settings
from services.container import Shop
from services.core.metrics import meters
from services.schemas.assistant import AssistantRequest
from services.schemas.search import SearchRequest
from tests.services.search.conftest import looked_for
from tests.support.shops.shop import shop_items
from tests.support.shops.trained import shop_bundle, shop_encoder


def renamed(bundle: ModelBundle, model_version: str, encoder_id: str) -> ModelBundle:
    told = bundle.manifest.model_copy(update={"model_version": model_version, "encoder_id": encoder_id})
    return replace(bundle, manifest=told)


def promote(shop: Shop, model_version: str, made: Callable[[ModelBundle], ModelBundle]) -> None:
    """Another model takes the place of the one in service."""
    path = shop.settings.models_dir / model_version
    made(shop_bundle()).save(path)
    row = {"status": "promoted", "reason": "", "path": str(path), "manifest": {}, "created_at": datetime.now(UTC)}
    with session_scope(shop.engine) as session:
        session.execute(update(Model).values(status="retired"))
        session.add(Model(model_version=model_version, promoted_at=datetime.now(UTC), **row))


def tuned_encoder(settings: Settings) -> Encoder:
    """MiniLM with an adapter kept in the settings' folder, as fine-tuning leaves it; what it learned is chance."""
    name = f"{base_id(settings)}+ft-1234abcd"
    config = LoraConfig(r=4, target_modules=["query", "value"], init_lora_weights=False)
    torch.manual_seed(0)
    get_peft_model(load_full(settings).model, config).save_pretrained(str(encoder_folder(settings, name)))
    return load_named(settings, name)


def test_queries_are_read_by_the_encoder_of_whichever_model_is_in_service(embedded_shop: Shop) -> None:
    shop, titles = embedded_shop, [item.title for item in sorted(shop_items(), key=lambda item: item.item_id)]
    tuned = tuned_encoder(shop.settings.model_copy(update={"threads": 1}))

    def reread(bundle: ModelBundle) -> ModelBundle:
        text_MT = bundle.text_MT.copy()
        text_MT[bundle.text_row_N] = bundle.project(tuned.encode(titles))
        return replace(renamed(bundle, "shop-tuned", tuned.encoder_id), text_MT=text_MT)

    asked = SearchRequest(query="yo-yo")
    assert looked_for(shop, asked).items[0].item_id == "toys-8"
    plain = shop.searcher.reader.read("yo-yo", shop_bundle())
    promote(shop, "shop-tuned", reread)
    shop.watcher.look()
    assert shop.searcher.changed.is_set()  # the thread that keeps the index wakes and has the encoder loaded
    between = shop.searcher.search(asked, datetime.now(UTC))
    assert (between.model_version, between.degraded) == ("shop-tuned", ["encoder"])
    answer = looked_for(shop, asked)
    assert (answer.items[0].item_id, answer.model_version) == ("toys-8", "shop-tuned")
    assert "meaning" in answer.items[0].found_by
    model = shop.models.needed().bundle
    read = shop.searcher.reader.read("yo-yo", model)
    assert plain is not None
    assert read is not None
    np.testing.assert_allclose(read.vector, tuned.encode_queries(["yo-yo"])[0], atol=1e-5)
    assert not np.allclose(read.vector, plain.vector, atol=1e-2)
    assert shop.searcher.reader.read("yo-yo", shop_bundle()) is None  # a request that still has the former model


def test_the_assistant_reads_with_the_encoder_that_search_has_loaded(embedded_shop: Shop) -> None:
    shop, now = embedded_shop, datetime.now(UTC)
    looked_for(shop, SearchRequest(query="tea"))
    said = {"answer": "Three to five days.", "language": "en", "updated_at": now}
    with session_scope(shop.engine) as session:
        session.add_all(
            FaqEntry(faq_id=f"f{n}", question=f"How long does shipping take to {n}?", **said) for n in range(40)
        )
    together = ThreadPoolExecutor(2)
    replied = together.submit(shop.assistant.reply, AssistantRequest(question="how long does shipping take?"), now)
    found = [shop.searcher.search(SearchRequest(query=f"tea {n}"), now) for n in range(20)]
    assert replied.result(60).answer == "Three to five days."
    assert shop.assistant._encoder is shop.searcher.reader.encoder
    assert {answer.items[0].item_id.split("-")[0] for answer in found} == {"tea"}
    reader, alone = shop.searcher.reader, shop_encoder()
    for query in ("tea 1", "tea 19"):
        read = reader.read(query, shop.models.needed().bundle)
        assert read is not None
        np.testing.assert_allclose(read.vector, alone.encode_queries([query])[0], atol=1e-5)


def test_without_an_encoder_words_are_searched_and_the_answer_says_so(embedded_shop: Shop) -> None:
    promote(embedded_shop, "shop-away", lambda bundle: renamed(bundle, "shop-away", "no-such-model+ft-1"))
    embedded_shop.watcher.look()
    embedded_shop.searcher.look()
    time.sleep(0.5)  # it tries to load in the background
    answer = embedded_shop.searcher.search(SearchRequest(query="grean tea"), datetime.now(UTC))
    assert (answer.degraded, answer.corrected) == (["encoder"], "green tea")
    assert answer.items[0].item_id == "tea-0"
    assert answer.items[0].found_by == ["words"]
    assert meters().degraded.labels("search", "encoder")._value.get() >= 1
