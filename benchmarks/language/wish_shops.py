"""Shops for measuring wishes: the settings' home with its model, and data sets answered from counts.

Each has what a wish is read by, shoppers with what they had done by a moment, and what they bought after it.

Shape suffixes: M distinct texts, N items.
"""

import html
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import orjson
import polars as pl
from sqlalchemy import select

from benchmarks.language.known_items import promoted_bundle
from benchmarks.quality.shop_data import load_shop
from recommender.data.catalog import SCHEMA, Catalogue
from recommender.data.history import History
from recommender.data.item_text import item_text
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.encoders.base import encoder_id, load_named
from recommender.models.bundle import ModelBundle
from recommender.models.counting.event_arrays import as_arrays
from recommender.profiles.price_level import PriceLevels
from recommender.profiles.profile import Profile, build_profile
from recommender.retrieval.counts_only import counts_only
from recommender.search.index_refresh import IndexKeeper
from recommender.search.model_free_vectors import FirstTexts
from recommender.search.search_index import SearchIndex, Shopfront, searched_text
from recommender.search.semantic_threshold import NONSENSE, Nearness, measure_nearness
from recommender.settings import get_settings
from recommender.steering.reading.meanings import Meanings
from recommender.steering.reading.vocabulary import Vocabulary
from recommender.store.queries import load_history
from services.state.encoders import SharedEncoder

SHOPPERS = 40  # with a history, of each shop
UNTIL = datetime(2026, 1, 1, tzinfo=UTC)  # the moment of the data sets' questions
NOBODY: Mapping[str, Profile] = {}


@dataclass(frozen=True)
class WishShop:
    """`bought`: by shopper, the items bought after their profile's moment."""

    name: str
    front: Shopfront
    encoder: SharedEncoder
    now: datetime
    profiles: Mapping[str, Profile] = field(default_factory=lambda: NOBODY)
    bought: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def bundle(self) -> ModelBundle:
        return self.front.bundle

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.front.index)

    @cached_property
    def meanings(self) -> Meanings:
        return Meanings.of(self.vocabulary.categories, self.encoder.encode_queries)

    @cached_property
    def levels(self) -> PriceLevels:
        return PriceLevels(self.bundle.catalogue)

    @cached_property
    def nearness(self) -> Nearness:
        return measure_nearness(self.bundle.project(self.encoder.encode_queries(NONSENSE)), self.bundle.texts)


def open_home(encoder: SharedEncoder) -> WishShop:
    """The shop of the settings' home; shoppers who bought something after the model's last day."""
    with session_scope() as session:
        bundle, keeper = promoted_bundle(session), IndexKeeper()
        keeper.refresh(session)
        until = bundle.manifest.until
        after = select(Event.user_id, Event.item_id).where(Event.time >= until, Event.event_type == "purchase")
        bought: dict[str, set[str]] = defaultdict(set)
        for user, item in session.execute(after):
            if user is not None and item in bundle.catalogue.index:
                bought[user].add(item)
        users = random.Random(0).sample(sorted(bought), min(SHOPPERS, len(bought)))  # noqa: S311 (no secret)
        profiles = {
            user: build_profile(bundle, user, load_history(session, user, until=until), until, 1) for user in users
        }
    assert keeper.index is not None  # noqa: S101
    known = {user: frozenset(bought[user]) for user in users}
    return WishShop("demo", Shopfront(keeper.index, bundle), encoder, until, profiles, known)


def open_beauty(encoder: SharedEncoder, data: Path) -> WishShop:
    """The Beauty set; each shopper's last item is what they bought after."""
    shop = load_shop(str(data))
    rows: list[Row] = [
        (f"i{row}", html.unescape(title), [html.unescape(part) for part in path], html.unescape(brand), {})
        for row, (title, path, brand) in enumerate(zip(shop.titles, shop.paths, shop.brands, strict=True))
    ]
    events = shop.events.sort("user", "position").with_row_index("event_id")
    events = events.with_columns(
        (pl.lit(UNTIL) - pl.duration(days=pl.col("day").max() - pl.col("day") + 1)).alias("time"),
        pl.lit("purchase").alias("event_type"),
        pl.lit(None, dtype=pl.Float32).alias("value"),
        pl.format("u{}", "user").alias("user_id"),
        pl.format("i{}", "item").alias("item_id"),
        pl.col("event_id").cast(pl.String),
    )
    last = events.group_by("user_id", maintain_order=True).last()
    past = events.join(last.select("event_id"), on="event_id", how="anti")
    users = random.Random(0).sample(last["user_id"].to_list(), 8 * SHOPPERS)  # noqa: S311 (no secret)
    front = _counted("beauty", rows, past, encoder)
    profiles = {user: _profile(front.bundle, user, past.filter(pl.col("user_id") == user)) for user in users}
    bought = {
        user: frozenset({item}) for user, item in last.select("user_id", "item_id").iter_rows() if user in profiles
    }
    return WishShop("beauty", front, encoder, UNTIL, profiles, bought)


def open_fashion(encoder: SharedEncoder, data: Path) -> WishShop:
    """The fashion set: attributes and no shoppers."""
    styles = pl.read_csv(data / "styles.csv.gz", infer_schema=False).fill_null("")
    rows: list[Row] = [
        (
            row["id"],
            row["productDisplayName"],
            [row["masterCategory"], row["subCategory"], row["articleType"]],
            "",
            {name: row[column] for name, column in _FASHION.items()},
        )
        for row in styles.iter_rows(named=True)
    ]
    return WishShop("fashion", _counted("fashion", rows, _NO_EVENTS, encoder), encoder, UNTIL)


_FASHION = {"gender": "gender", "colour": "baseColour", "season": "season", "usage": "usage"}
_NO_EVENTS = pl.DataFrame(
    schema={
        "event_id": pl.String,
        "user_id": pl.String,
        "item_id": pl.String,
        "event_type": pl.String,
        "value": pl.Float32,
        "time": pl.Datetime("us", "UTC"),
    }
)
Row = tuple[str, str, list[str], str, dict[str, str]]


def _counted(name: str, rows: Sequence[Row], events: pl.DataFrame, encoder: SharedEncoder) -> Shopfront:
    """A model of counts with the encoder's vectors, and the index of the same items."""
    frame = pl.DataFrame(
        [_columns(*row) for row in rows], schema={**SCHEMA, "searched": pl.String, "attributes": pl.String}
    )
    catalogue = Catalogue(frame.select(list(SCHEMA)))
    texts = [item_text(title, "", brand, path, attributes) for _, title, path, brand, attributes in rows]
    vectors_ME = _read(name, texts, encoder)
    row_N = np.arange(len(texts), dtype=np.int32)
    first = FirstTexts(encoder.encoder_id, vectors_ME, row_N, 0)
    bundle = counts_only(catalogue, first, as_arrays(events, catalogue)[1], UNTIL)
    return Shopfront(SearchIndex(frame), bundle)


def _read(name: str, texts: Sequence[str], encoder: SharedEncoder) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Vectors of the texts, kept below the settings' home: reading them takes longer than all else."""
    kept = get_settings().root / "benchmarks" / f"wishes-{name}-{len(texts)}.npy"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, encoder.encode(texts))
    vectors: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = np.load(kept)
    return vectors


def _columns(item_id: str, title: str, path: list[str], brand: str, attributes: dict[str, str]) -> dict[str, object]:
    return {
        **dict.fromkeys(SCHEMA),
        "item_id": item_id,
        "title": title,
        "categories": path,
        "brand": brand,
        "kind": "product",
        "content_hash": item_id,
        "searched": searched_text(title, "", brand, path, attributes),
        "attributes": orjson.dumps(attributes).decode(),
    }


def _profile(bundle: ModelBundle, user: str, events: pl.DataFrame) -> Profile:
    rows = [
        Event(**{name: row[name] for name in ("event_id", "user_id", "item_id", "event_type", "time")})
        for row in events.iter_rows(named=True)
    ]
    return build_profile(bundle, user, History.of(rows), UNTIL - timedelta(seconds=1), 1)


SETS: Mapping[str, tuple[str, Callable[[SharedEncoder, Path], WishShop]]] = {
    "beauty": ("amazon-beauty", open_beauty),
    "fashion": ("fashion-images", open_fashion),
}


def open_shops(names: Sequence[str], data: Path) -> Iterator[WishShop]:
    """The home, and the sets that are in the folder of data; ValueError names one that isn't there."""
    settings = get_settings().model_copy(update={"threads": 1})
    encoder = SharedEncoder(load_named(settings, encoder_id(settings)))
    for name in names:
        if name == "demo":
            yield open_home(encoder)
            continue
        folder, opened = SETS[name]
        if not (data / folder).is_dir():
            raise ValueError(f"data: {data} has no {folder}")
        yield opened(encoder, data / folder)
