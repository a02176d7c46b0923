"""A small real shop: 60 items in six clear categories, 40 shoppers with a leaning each, 120 days of behaviour.

`fill_shop` writes it to the database, `shop_bundle` trains a model on it in seconds with the real encoder, and
`install_shop` does both and promotes the model, so that a service can load it. All of it is the same every time.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache

import numpy as np
import polars as pl
from sqlalchemy import insert

from benchmarks.common.logged_behaviours import logged_behaviours
from recommender.data.catalog import Catalogue
from recommender.data.history import History
from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item, Model, User
from recommender.encoders.base import Encoder, load_encoder
from recommender.models.bundle import ModelBundle
from recommender.models.image_vectors import Seen
from recommender.settings import Settings
from training.config import TrainParams
from training.data.interactions import make_log
from training.data.side_info import SideInfo
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import fit_bundle

SHOP_FROM = datetime(2026, 1, 1, tzinfo=UTC)
SHOP_UNTIL = datetime(2026, 5, 1, tzinfo=UTC)
SHOPPERS = 40
SHOP = {
    "Tea": "Green tea, Black tea, Oolong, Jasmine tea, Matcha, Chai, Mint tea, White tea, Rooibos, Earl Grey",
    "Coffee": "Espresso beans, Filter coffee, Decaf coffee, Cold brew, Instant coffee, "
    "Mocha, Coffee pods, Latte mix, Arabica beans, Robusta beans",
    "Pets": "Dog food, Cat food, Dog leash, Cat litter, Bird seed, "
    "Fish flakes, Dog toy, Cat tree, Hamster wheel, Dog bed",
    "Garden": "Tomato seeds, Watering can, Garden gloves, Rake, Spade, "
    "Flower pot, Compost, Lawn mower, Hedge shears, Rose bush",
    "Toys": "Teddy bear, Wooden train, Building bricks, Jigsaw puzzle, Doll house, "
    "Toy car, Kite, Board game, Yo-yo, Marbles",
    "Baby": "Diapers, Baby wipes, Baby bottle, Pacifier, Baby food, "
    "Baby shampoo, Crib sheet, Stroller, Teething ring, Baby lotion",
}
CATEGORIES = tuple(SHOP)
BRANDS = ("Lark", "Heron", "Wren")


def shop_items() -> list[Item]:
    """Fresh rows of the catalogue; ids are `tea-0` to `baby-9`."""
    items = []
    for category, titles in SHOP.items():
        for place, title in enumerate(titles.split(", ")):
            brand, path = BRANDS[place % len(BRANDS)], ["Shop", category]
            items.append(
                Item(
                    item_id=f"{category.lower()}-{place}",
                    kind="product",
                    title=title,
                    description="",
                    brand=brand,
                    categories=path,
                    price=float(2 + place),
                    attributes={},
                    hidden=False,
                    stub=False,
                    content_hash=content_hash(item_text(title, "", brand, path, {})),
                    updated_at=SHOP_FROM,
                )
            )
    return items


def leaning(user: int) -> str:
    """The category that shopper `u<user>` mostly buys."""
    return CATEGORIES[user % len(CATEGORIES)]


def shop_events(shoppers: int = SHOPPERS, seed: int = 7) -> list[dict[str, object]]:
    """Rows as `store.queries.add_events` takes them: purchases every few days, some views, carts and ratings."""
    rng = np.random.default_rng(seed)
    days = (SHOP_UNTIL - SHOP_FROM).days
    rows: list[dict[str, object]] = []
    for user in range(shoppers):
        favourites = rng.permutation(10)[:4]
        for visit in np.arange(rng.integers(1, 5), days, rng.integers(3, 6)):
            moment = SHOP_FROM + timedelta(days=int(visit), minutes=int(rng.integers(0, 1_200)))
            for step in range(int(rng.integers(2, 5))):
                category = leaning(user) if rng.random() < 0.8 else str(rng.choice(CATEGORIES))
                place = int(rng.choice(favourites)) if rng.random() < 0.6 else int(rng.integers(0, 10))
                kind = str(rng.choice(["purchase", "view", "cart", "rating"], p=[0.6, 0.25, 0.1, 0.05]))
                value = {"purchase": float(2 + place), "rating": float(rng.integers(3, 6))}.get(kind)
                rows.append(
                    {
                        "event_id": f"e{len(rows)}",
                        "user_id": f"u{user}",
                        "session_id": f"s{user}-{visit}",
                        "item_id": f"{category.lower()}-{place}",
                        "event_type": kind,
                        "value": value,
                        "quantity": 1.0 if kind == "purchase" else None,
                        "text": None,
                        "recommendation_id": None,
                        "time": moment + timedelta(minutes=step),
                    }
                )
    return rows


def shop_history(user_id: str, until: datetime = SHOP_UNTIL) -> History:
    """A shopper's events as the profile reads them, without a database."""
    rows = [row for row in shop_events() if row["user_id"] == user_id]
    return History.of([Event(**row) for row in rows]).until(until)


def fill_shop() -> None:
    """Writes the shop to the settings' database, which has been migrated."""
    with session_scope() as session:
        session.execute(insert(Item).execution_options(render_nulls=True), list(_item_rows()))
        session.execute(
            insert(User), [{"user_id": f"u{n}", "attributes": {}, "consent": True} for n in range(SHOPPERS)]
        )
        session.execute(insert(Event).execution_options(render_nulls=True), list(_event_rows()))  # one statement


@cache
def _item_rows() -> tuple[dict[str, object], ...]:
    columns = Item.__table__.columns.keys()
    return tuple({name: getattr(item, name) for name in columns if name in vars(item)} for item in shop_items())


@cache
def _event_rows() -> tuple[dict[str, object], ...]:
    return tuple(shop_events())


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


def shop_catalogue() -> Catalogue:
    return Catalogue.from_items(sorted(shop_items(), key=lambda item: item.item_id))


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
    log, beside = make_log(shop_frame(), catalogue), SideInfo(seen=shop_photos(catalogue))
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, beside=beside)


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
    beside = SideInfo(attributes=shop_attributes())
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, beside=beside)


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
    log, beside = make_log(shop_frame(), catalogue), SideInfo(links=shop_links())
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, beside=beside)


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
    beside = SideInfo(behaviour=logged_behaviours(log, catalogue))
    return fit_bundle(catalogue, shop_texts(catalogue), log, SHOP_PARAMS, origin, beside=beside)


def shop_frame() -> pl.DataFrame:
    """The shop's log of events as the offline store gives it."""
    return pl.DataFrame(shop_events(), infer_schema_length=None)


def install_shop(settings: Settings, model_version: str = "shop-1", trained: ModelBundle | None = None) -> ModelBundle:
    """Fills the database, saves the model below the settings' home and marks it as the one in service."""
    fill_shop()
    bundle = trained or shop_bundle(model_version)
    model_version = bundle.model_version
    path = settings.models_dir / model_version
    bundle.save(path)
    with session_scope() as session:
        session.add(
            Model(
                model_version=model_version,
                status="promoted",
                reason="the only one",
                path=settings.relative(path),
                manifest=bundle.manifest.model_dump(mode="json"),
                created_at=SHOP_UNTIL,
                promoted_at=SHOP_UNTIL,
            )
        )
    return bundle


def add_model(settings: Settings, model_version: str, bundle: ModelBundle | None = None) -> ModelBundle:
    """A candidate beside the model in service: one trained alike, or what is given, under that name."""
    made = bundle if bundle is not None else shop_bundle()
    made = replace(made, manifest=made.manifest.model_copy(update={"model_version": model_version}))
    path = settings.models_dir / model_version
    made.save(path)
    with session_scope() as session:
        session.add(
            Model(
                model_version=model_version,
                status="candidate",
                reason="passed",
                path=settings.relative(path),
                manifest=made.manifest.model_dump(mode="json"),
                created_at=SHOP_UNTIL,
                promoted_at=None,
            )
        )
    return made


def reversed_bundle(bundle: ModelBundle) -> ModelBundle:
    """The same model whose ranker puts last what it would put first."""
    ranker = bundle.ranker
    turned = replace(ranker, last_MJ=-ranker.last_MJ, line_F=-ranker.line_F, bias=-ranker.bias)
    return replace(bundle, ranker=turned)


def broken_bundle(bundle: ModelBundle) -> ModelBundle:
    """The same model whose ranker can't score: its columns don't fit together. It loads, and fails when asked."""
    ranker = bundle.ranker
    return replace(bundle, ranker=replace(ranker, context_2FH=ranker.context_2FH[:-1]))
