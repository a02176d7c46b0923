"""Models trained on the small shop, in seconds and with the real encoder; the shop in a home with one in service."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

import numpy as np
import polars as pl

from benchmarks.common.logged_behaviours import logged_behaviours
from recommender.data.catalog import Catalogue
from recommender.data.item_text import item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Model
from recommender.encoders.base import Encoder, load_encoder
from recommender.models.bundle import ModelBundle
from recommender.models.image_vectors import Seen
from recommender.settings import Settings
from tests.support.shops.shop import SHOP_UNTIL, fill_shop, leaning, shop_catalogue, shop_events, shop_frame, shop_items
from training.config import TrainParams
from training.data.interactions import make_log
from training.data.side_info import SideInfo
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import fit_bundle

SHOP_PARAMS = TrainParams(
    until=SHOP_UNTIL,
    days=120,
    test_days=14,
    sequence_steps=60,
    sequence_length=32,
    width=32,
    minutes=0.05,
    ranker_epochs=10,
)


@lru_cache
def shop_encoder() -> Encoder:
    """The real MiniLM, loaded once a test session."""
    # a second thread only waits beside other tests; what the project's own home found of int8 is not the tests' shop's
    return load_encoder(Settings(threads=1, encoder_precision="fp32"))


def shop_texts(catalogue: Catalogue) -> Texts:
    texts = {
        item.item_id: item_text(item.title, item.description, item.brand, item.categories, item.attributes)
        for item in shop_items()
    }
    encoder = shop_encoder()
    vectors = encoder.encode([texts[item_id] for item_id in catalogue.ids])
    return Texts(encoder.encoder_id, vectors, np.arange(len(catalogue), dtype=np.int32))


LOOKS = 5  # items of like places look alike, whatever they are


def look(item_id: str) -> int:
    return int(item_id.rsplit("-", 1)[1]) % LOOKS


def shop_photos(catalogue: Catalogue) -> Seen:
    """An image encoder's vectors of what the items look like; one item of each category has no photo."""
    rng = np.random.default_rng(5)
    looks = rng.standard_normal((LOOKS, 48))
    with_photo = [not item_id.endswith("-9") for item_id in catalogue.ids]
    vectors = [2 + looks[look(item_id)] + 0.3 * rng.standard_normal(48) for item_id in catalogue.ids[with_photo]]
    rows = np.where(with_photo, np.cumsum(with_photo) - 1, -1).astype(np.int32)
    return Seen("image:drawn", np.array(vectors, dtype=np.float32), rows)


@lru_cache
def shop_bundle_with_photos() -> ModelBundle:
    catalogue = shop_catalogue()
    origin = Origin("shop-photos", SHOP_UNTIL, "recommender_shop-photos", "test")
    log, side_info = make_log(shop_frame(), catalogue), SideInfo(seen=shop_photos(catalogue))
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, side_info=side_info)


def shop_attributes() -> dict[str, tuple[str, ...]]:
    """What shoppers are: those of two leanings have one in common, and a hobby that few share says nothing."""
    homes = {"Tea": "flat", "Coffee": "flat", "Pets": "house", "Garden": "house", "Toys": "family", "Baby": "family"}
    return {f"u{user}": (f"hobby=h{user}", f"home={homes[leaning(user)]}") for user in range(120)}


@lru_cache
def shop_bundle_with_attributes() -> ModelBundle:
    """Of more shoppers than usual, so that attributes have enough of them."""
    catalogue = shop_catalogue()
    origin = Origin("shop-attributes", SHOP_UNTIL, "recommender_shop-attributes", "test")
    log = make_log(pl.DataFrame(shop_events(shoppers=72), infer_schema_length=None), catalogue)
    side_info = SideInfo(attributes=shop_attributes())
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, side_info=side_info)


def shop_links() -> dict[str, dict[str, float]]:
    """Whom shoppers trust: some of their own leaning, some more than others."""
    return {
        f"u{user}": {f"u{(user + step) % 36}": weight for step, weight in ((6, 1.0), (12, 1.0), (18, 0.5), (24, 0.5))}
        for user in range(36)
    }


@lru_cache
def shop_bundle_with_links() -> ModelBundle:
    catalogue = shop_catalogue()
    origin = Origin("shop-links", SHOP_UNTIL, "recommender_shop-links", "test")
    log, side_info = make_log(shop_frame(), catalogue), SideInfo(links=shop_links())
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, side_info=side_info)


@lru_cache
def shop_bundle(model_version: str = "shop-1", params: TrainParams = SHOP_PARAMS) -> ModelBundle:
    """A model trained on the shop; made once for each version and parameters of a test session. Don't change it."""
    catalogue = shop_catalogue()
    origin = Origin(model_version, SHOP_UNTIL, f"recommender_{model_version}", "test")
    return fit_bundle(catalogue, shop_texts(catalogue), make_log(shop_frame(), catalogue), params, origin)


@lru_cache
def shop_bundle_with_behaviour() -> ModelBundle:
    """The same, its ranker trained on what the feature store would have of the shoppers, too."""
    catalogue, log = shop_catalogue(), make_log(shop_frame(), shop_catalogue())
    origin = Origin("shop-behaviour", SHOP_UNTIL, "recommender_shop-behaviour", "test")
    side_info = SideInfo(behaviour=logged_behaviours(log, catalogue))
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, side_info=side_info)


def install_shop(settings: Settings, model_version: str = "shop-1", trained: ModelBundle | None = None) -> ModelBundle:
    """Fills the database, saves the model below the settings' home and marks it as the one in service."""
    fill_shop()
    bundle = trained or shop_bundle(model_version)
    _keep(settings, bundle, status="promoted", reason="the only one", promoted_at=SHOP_UNTIL)
    return bundle


def add_model(settings: Settings, model_version: str, bundle: ModelBundle | None = None) -> ModelBundle:
    """A candidate beside the model in service: one trained alike, or what is given, under that name."""
    made = bundle if bundle is not None else shop_bundle()
    made = replace(made, manifest=made.manifest.model_copy(update={"model_version": model_version}))
    _keep(settings, made, status="candidate", reason="passed", promoted_at=None)
    return made


def _keep(settings: Settings, bundle: ModelBundle, status: str, reason: str, promoted_at: datetime | None) -> None:
    path = settings.models_dir / bundle.model_version
    bundle.save(path)
    with session_scope() as session:
        session.add(
            Model(
                model_version=bundle.model_version,
                status=status,
                reason=reason,
                path=settings.relative(path),
                manifest=bundle.manifest.model_dump(mode="json"),
                created_at=SHOP_UNTIL,
                promoted_at=promoted_at,
            )
        )


def reversed_bundle(bundle: ModelBundle) -> ModelBundle:
    """The same model whose ranker puts last what it would put first."""
    ranker = bundle.ranker
    turned = replace(ranker, last_MJ=-ranker.last_MJ, line_F=-ranker.line_F, bias=-ranker.bias)
    return replace(bundle, ranker=turned)


def broken_bundle(bundle: ModelBundle) -> ModelBundle:
    """The same model whose ranker can't score: its columns don't fit together. It loads, and fails when asked."""
    ranker = bundle.ranker
    return replace(bundle, ranker=replace(ranker, context_2FH=ranker.context_2FH[:-1]))
