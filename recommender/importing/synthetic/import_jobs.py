"""A synthetic shop as jobs of the import: it is written as it is made, and no file holds it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import timedelta
from hashlib import blake2b

import numpy as np
import polars as pl
from sqlalchemy import Connection, select

from recommender.db.tables import ImportRun
from recommender.importing.pipeline import BATCH, Batch, Job, Write
from recommender.importing.storing.event_and_link_rows import write_events
from recommender.importing.storing.item_and_user_rows import write_items, write_users
from recommender.importing.storing.progress import REJECT_SCHEMA
from recommender.importing.synthetic.catalogue import make_catalogue
from recommender.importing.synthetic.description import GROCERY, read_description
from recommender.importing.synthetic.purchases import purchase_frames, user_ids

SOURCE = "synthetic"
VERSION = 1  # another one when the same options make other rows
OTHER = "the shop holds synthetic data of other options: name a new home with ZHIYIN_HOME, or repeat those options"


class OtherSyntheticShop(RuntimeError):
    """Synthetic data that was made with other options is there already; their ids would mix."""


@dataclass(frozen=True, slots=True)
class SyntheticOptions:
    """How large the shop is; the year ends with 2017, moved by `shift_days`."""

    shoppers: int
    items: int
    days: int = 365
    seed: int = 0
    shift_days: int = 0

    @property
    def fingerprint(self) -> str:
        """Tells apart shops whose rows differ."""
        learned = blake2b(GROCERY.read_bytes(), digest_size=8).hexdigest()
        return f"{VERSION};{learned};" + ";".join(str(value) for value in astuple(self))


def check_other_shop(connection: Connection, options: SyntheticOptions) -> None:
    """OtherSyntheticShop where the database holds one of other options."""
    runs = connection.scalars(select(ImportRun.fingerprint).where(ImportRun.source.startswith(f"{SOURCE}/")))
    if any(fingerprint != options.fingerprint for fingerprint in runs):
        raise OtherSyntheticShop(OTHER)


def synthetic_jobs(options: SyntheticOptions) -> list[Job]:
    """Items, shoppers and purchases, in the order in which they refer to each other."""
    catalogue = make_catalogue(read_description(), options.items, options.seed)
    sizes = (options.shoppers, options.days, options.seed)
    return [
        _job("items", options, lambda: catalogue.frames(BATCH), write_items, options.items),
        _job("shoppers", options, lambda: _shoppers(options.shoppers), write_users, options.shoppers),
        _job("purchases", options, lambda: _moved(purchase_frames(catalogue, *sizes, BATCH), options), write_events),
    ]


def _shoppers(count: int) -> Iterator[pl.DataFrame]:
    for start in range(0, count, BATCH):
        numbers = pl.Series(np.arange(start, min(start + BATCH, count)))
        yield pl.DataFrame({"user_id": user_ids(numbers)}).with_columns(attributes=pl.lit("{}"))


def _moved(frames: Iterable[pl.DataFrame], options: SyntheticOptions) -> Iterator[pl.DataFrame]:
    for frame in frames:
        yield frame.with_columns(pl.col("time") + timedelta(days=options.shift_days))


def _job(
    name: str,
    options: SyntheticOptions,
    frames: Callable[[], Iterator[pl.DataFrame]],
    write: Write,
    total: int | None = None,
) -> Job:
    def batches(done: int) -> Iterator[Batch]:
        """The same batches each time; those that are in are made once more and passed over."""
        line = 1
        for frame in frames():
            if line > done:
                rows = frame.with_row_index("line", offset=line).with_columns(pl.col("line").cast(pl.Int64))
                yield Batch(len(frame), rows, pl.DataFrame(schema=REJECT_SCHEMA))
            line += len(frame)

    return Job(f"{SOURCE}/{name}", options.fingerprint, batches, write, total=total)
