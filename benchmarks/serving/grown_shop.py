"""A shop of as many items as are asked for, grown from the demo's: its products, their texts and who buys what.

The best sellers come first. Beyond the demo's catalogue a product comes in several makes, each with a brand and a word
of its own in the title, and a household buys one make of each product, the first makes more often. Texts of the demo
are read by the encoder; a make's vector lies between those of two like texts, and a little aside.

Shape suffixes: N items, M distinct texts (of the demo), E width of the encoder, S sample (of
vectors that are made), P positions (among like texts).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import insert, text

from recommender.data.catalog import Catalogue
from recommender.data.item_text import content_hash, item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Event, Item, Model, User
from recommender.encoders.base import Encoder, load_encoder
from recommender.importing.demo import DemoOptions, jobs
from recommender.models.bundle import ModelBundle
from recommender.settings import get_settings
from training.config import TrainParams
from training.data.interactions import Log, make_log
from training.fit.model_parts import Origin, Texts
from training.fit.trainer import fit_bundle

UNTIL = datetime(2018, 1, 1, tzinfo=UTC)  # the end of the demo's data
PARAMS = TrainParams(until=UNTIL, days=120, test_days=7, sequence_steps=100, minutes=0.5, test_shoppers=300)
LIKE, ASIDE = 8, 0.25  # neighbours that a make may lie towards, and how far beside the line
_WORDS = """fresh classic golden royal little grand simple natural organic smoked sweet spicy mild crisp light rich
    double family travel mini extra premium daily harvest garden river mountain ocean valley sunny"""
WORDS = tuple(_WORDS.split())
_SYLLABLES = "ba co da fe ga hi jo ka lu ma ne po qui ra si to va wi xe zo"
SYLLABLES = tuple(_SYLLABLES.split())
ROWS = 20_000  # written at once
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class GrownShop:
    """`frame` has item_id, title, brand, categories, price, and which make of which product of the demo it is."""

    frame: pl.DataFrame
    events: pl.DataFrame
    vectors_NE: Floats
    encoder_id: str

    @cached_property
    def catalogue(self) -> Catalogue:
        return Catalogue.from_items(Item(**row) for part in self.rows() for row in part)

    @cached_property
    def log(self) -> Log:
        return make_log(self.events, self.catalogue)

    def rows(self) -> Iterator[list[dict[str, object]]]:
        """Rows of table `items`, some at a time, in order of id."""
        fixed = {"kind": "product", "description": "", "image": "", "language": "en", "attributes": {}, "stub": False}
        fixed |= {"hidden": False, "retired": False, "updated_at": UNTIL}
        for part in self.frame.iter_slices(ROWS):
            rows = part.select("item_id", "title", "brand", "categories", "price").to_dicts()
            for row in rows:
                text = item_text(row["title"], "", row["brand"], row["categories"], {})
                row |= fixed | {"content_hash": content_hash(text)}
            yield rows

    def train(self) -> ModelBundle:
        """A measured model of it."""
        texts = Texts(self.encoder_id, self.vectors_NE, np.arange(len(self.frame), dtype=np.int32))
        origin = Origin(f"grown-{len(self.frame)}", UNTIL, "", "")
        return fit_bundle(self.catalogue, texts, self.log, PARAMS, origin)

    def shoppers(self, count: int) -> list[str]:
        """Some who bought something lately."""
        return self.events.sort("time", descending=True)["user_id"].unique(maintain_order=True).head(count).to_list()

    def install(self, bundle: ModelBundle, users: list[str]) -> None:
        """Writes all items, these shoppers with their events, and the model, in service, to the settings' home."""
        path = get_settings().models_dir / bundle.model_version
        bundle.save(path)
        events = self.events.filter(pl.col("user_id").is_in(users)).with_columns(pl.lit("purchase").alias("event_type"))
        with session_scope() as session:
            if session.get_bind().dialect.name == "sqlite":
                session.execute(text("PRAGMA synchronous = OFF"))
            for rows in self.rows():
                session.execute(insert(Item), rows)
            session.execute(insert(User), [{"user_id": user, "attributes": {}, "consent": True} for user in users])
            for part in events.iter_slices(ROWS):
                session.execute(insert(Event), part.to_dicts())
            session.add(
                Model(
                    model_version=bundle.model_version,
                    status="promoted",
                    path=get_settings().relative(path),
                    manifest=bundle.manifest.model_dump(mode="json"),
                    created_at=UNTIL,
                    promoted_at=UNTIL,
                )
            )


def grow_shop(items: int, seed: int = 0) -> GrownShop:
    """The shop, the same each time; DemoDataMissing without the demo's package."""
    products, bought = demo_products(), _rows_of("transactions")
    sold = bought.group_by("item_id").len("sold")
    products = products.join(sold, "item_id", how="left").sort(
        "sold", "item_id", descending=[True, False], nulls_last=True
    )
    products = products.head(items).with_row_index("product")
    encoder, random = plain_encoder(), np.random.default_rng(seed)
    codes, distinct = distinct_texts(products)
    frame = _made(products, items, random)
    vectors_NE = _vectors(encoder.encode(distinct), codes[frame["product"].to_numpy()], random)
    return GrownShop(frame, _bought(bought, products, frame, seed), vectors_NE, encoder.encoder_id)


def plain_encoder() -> Encoder:
    """The settings' encoder in float32 on one thread, which a busy machine slows least."""
    return load_encoder(get_settings().model_copy(update={"threads": 1, "encoder_precision": "fp32"}))


def demo_products() -> pl.DataFrame:
    """What the demo's shop shows."""
    return _rows_of("products").filter(~pl.col("hidden"))


def _rows_of(name: str) -> pl.DataFrame:
    job = next(job for job in jobs(DemoOptions()) if job.source.endswith(f"/{name}"))
    return pl.concat([batch.good for batch in job.batches(0)])


def distinct_texts(products: pl.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """Which of the distinct texts each product has, and these texts."""
    rows = products.select("title", "brand", "categories").iter_rows()
    texts = [item_text(title, "", brand or "", orjson.loads(path), {}) for title, brand, path in rows]
    place = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return np.array([place[text] for text in texts], dtype=np.int64), list(place)


def _made(products: pl.DataFrame, items: int, random: np.random.Generator) -> pl.DataFrame:
    """The items: all products, then all again as another make, until there are enough; in order of id."""
    product = np.arange(items) % len(products)
    make = np.arange(items) // len(products)
    brands = [
        "".join(SYLLABLES[code] for code in codes).capitalize()
        for codes in random.integers(0, len(SYLLABLES), (max(20, items // 500), 3))
    ]
    brand = random.integers(0, len(brands), items)
    word = random.integers(0, len(WORDS), items)
    titles = products["title"].to_list()
    return pl.DataFrame(
        {
            "item_id": [f"i{place:08d}" for place in range(items)],
            "title": [f"{brands[b]} {WORDS[w]} {titles[p]}" for b, w, p in zip(brand, word, product, strict=True)],
            "brand": [brands[b] for b in brand],
            "categories": [orjson.loads(path) for path in products["categories"][product].to_list()],
            "price": products["price"].to_numpy()[product],
            "product": product,
            "make": make,
        }
    ).with_columns(pl.col("price").fill_nan(None))


def _vectors(seeds_ME: Floats, text_N: NDArray[np.int64], random: np.random.Generator) -> Floats:
    vectors_NE, like_MP = np.empty((len(text_N), seeds_ME.shape[1]), dtype=np.float32), like_texts(seeds_ME)
    for start in range(0, len(text_N), ROWS):
        vectors_NE[start : start + ROWS] = grow_vectors(seeds_ME, like_MP, text_N[start : start + ROWS], random)
    return vectors_NE


def like_texts(seeds_ME: Floats) -> NDArray[np.int64]:
    """The texts nearest to each, of shape (M, `LIKE`); it is one of them itself."""
    nearest: NDArray[np.int64] = np.argpartition(-(seeds_ME @ seeds_ME.T), LIKE, axis=1)[:, :LIKE]
    return nearest


def grow_vectors(
    seeds_ME: Floats, like_MP: NDArray[np.int64], text_S: NDArray[np.int64], random: np.random.Generator
) -> Floats:
    """A vector for each of these texts: between it and one of those like it, and a little aside; of length 1."""
    other_S = like_MP[text_S, random.integers(0, like_MP.shape[1], len(text_S))]
    share = random.random((len(text_S), 1), dtype=np.float32)
    width = seeds_ME.shape[1]
    aside = random.standard_normal((len(text_S), width), dtype=np.float32) * np.float32(ASIDE / width**0.5)
    vectors_SE = seeds_ME[text_S] * share + seeds_ME[other_S] * (1 - share) + aside
    unit: Floats = vectors_SE / np.linalg.norm(vectors_SE, axis=1, keepdims=True)
    return unit


def _bought(bought: pl.DataFrame, products: pl.DataFrame, frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The demo's purchases, of one make of each product; the share of the first makes is the greatest."""
    known = bought.join(products.select("item_id", "product"), "item_id").filter(pl.col("time") >= PARAMS.start)
    makes = frame.group_by("product").len("makes")
    drawn = (pl.struct("user_id", "product").hash(seed) % 10_000).cast(pl.Float64) / 10_000
    known = known.join(makes, "product").with_columns((drawn.pow(2) * pl.col("makes")).cast(pl.Int64).alias("make"))
    place = pl.col("product").cast(pl.Int64) + pl.col("make") * len(products)
    known = known.with_columns(pl.format("i{}", place.cast(pl.String).str.zfill(8)).alias("item_id"))
    return known.select("event_id", "user_id", "session_id", "item_id", "event_type", "value", "quantity", "time")
