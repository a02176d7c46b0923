"""How fast a shop's events go in: `python -m benchmarks.ingest [--events N] [--database URL] [--json OUT]`.

The events are purchases of The Complete Journey, written as the files a shop would bring. Beside our import stand
pandas' `to_sql` and a bare `executemany` into the same table: neither checks, rejects, resumes or tells duplicates.
"""

import csv
import gzip
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import polars as pl
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import Engine, insert

from recommender.db.engine import close_engines, get_engine, migrate
from recommender.db.tables import Base
from recommender.importing.column_names import EVENT_TYPE_NAMES
from recommender.importing.demo import data_folder
from recommender.importing.folder import Reading
from recommender.importing.sources import ImportSummary, run_folder

GOAL = 50_000  # events a second into SQLite
ITEMS = "items.parquet"
Row = dict[str, Any]


def main(
    events: Annotated[int, typer.Option(min=1_000, help="So many purchases.")] = 500_000,
    database: Annotated[str | None, typer.Option(help="postgresql:// of an empty database; SQLite otherwise.")] = None,
    json_out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    with tempfile.TemporaryDirectory() as name:
        rows = run(Path(name), events, database)
    report = {"title": f"{events:,} events", "machine": machine(), "rows": rows, "goals": goals(rows)}
    show(report)
    if json_out:
        json_out.write_text(json.dumps(report, indent=1) + "\n")


def run(folder: Path, events: int, database: str | None) -> list[Row]:
    """Each way in turn, each into tables that hold the catalogue and no events."""
    purchases, rows = _purchases(events), []
    for suffix, write in WRITERS.items():
        shop = folder / f"shop{suffix}"
        shop.mkdir()
        write(purchases, shop / f"interactions{suffix}")
        engine = _catalogue(folder, database)
        rows.append(_row(f"zhiyin {suffix[1:]}", events, partial(_import, engine, shop)))
        if suffix == ".csv":
            rows.append(_row("zhiyin csv, a second time", events, partial(_import, engine, shop, again=True)))
    source = folder / "shop.csv" / "interactions.csv"
    for system, load in (("pandas to_sql", _by_pandas), ("bare executemany", _by_executemany)):
        engine = _catalogue(folder, database)
        rows.append(_row(system, events, partial(load, engine, source)))
    return rows


def _row(system: str, events: int, work: Callable[[], int]) -> Row:
    before, began = time.process_time(), time.perf_counter()
    added = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    figures = {"added": added, "seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2)}
    return {"system": system, **figures, "events_per_second": round(events / seconds)}


def _purchases(events: int) -> pl.DataFrame:
    products = pl.read_parquet(data_folder() / "products.parquet", columns=["product_id"])
    bought = pl.read_parquet(data_folder() / "transactions.parquet").join(products, on="product_id", how="semi")
    return bought.head(events).select(
        pl.concat_str("basket_id", "product_id", separator="-").alias("event_id"),
        pl.col("household_id").alias("user_id"),
        pl.col("product_id").alias("item_id"),
        pl.lit("purchase").alias("event_type"),
        pl.col("sales_value").alias("value"),
        pl.col("basket_id").alias("session_id"),
        pl.col("transaction_timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ").alias("time"),
    )


WRITERS: dict[str, Callable[[pl.DataFrame, Path], Any]] = {
    ".csv": lambda frame, path: frame.write_csv(path),
    ".csv.gz": lambda frame, path: path.write_bytes(gzip.compress(frame.write_csv().encode(), 1)),
    ".jsonl": lambda frame, path: frame.write_ndjson(path),
    ".parquet": lambda frame, path: frame.write_parquet(path),
}


def _catalogue(folder: Path, database: str | None) -> Engine:
    """A database that holds the items, as they were imported; for SQLite a copy of one file."""
    close_engines()
    url = database or f"sqlite:///{folder / 'zhiyin.db'}"
    kept = folder / "catalogue.db"
    if database is None and kept.exists():
        for part in folder.glob("zhiyin.db*"):
            part.unlink()
        shutil.copy(kept, folder / "zhiyin.db")
        return get_engine(url)
    migrate(url)
    engine = get_engine(url)
    with engine.begin() as connection:
        for table in ("events", "users", "rejects", "import_runs"):
            connection.execute(Base.metadata.tables[table].delete())
    shop = folder / "catalogue"
    shop.mkdir(exist_ok=True)
    products = pl.read_parquet(data_folder() / "products.parquet")
    products.select(item_id="product_id", title="product_type").write_parquet(shop / ITEMS)
    run_folder(shop, engine=engine)
    if database is None:
        engine.dispose()
        shutil.copy(folder / "zhiyin.db", kept)
    return engine


def _import(engine: Engine, shop: Path, again: bool = False) -> int:
    summary: ImportSummary = run_folder(shop, Reading({}, EVENT_TYPE_NAMES), again=again, engine=engine)
    if summary.rejected:
        raise RuntimeError(f"{summary.rejected} rows of {shop} were rejected")
    return summary.added


def _by_pandas(engine: Engine, source: Path) -> int:
    frame = pd.read_csv(source, dtype={"event_id": str, "user_id": str, "item_id": str, "session_id": str})
    frame["time"] = pd.to_datetime(frame["time"])
    frame.to_sql("events", engine, if_exists="append", index=False, chunksize=50_000)
    return len(frame)


def _by_executemany(engine: Engine, source: Path) -> int:
    with source.open(newline="") as file, engine.begin() as connection:
        rows = [
            {**row, "value": float(row["value"]), "time": pd.Timestamp(row["time"]).to_pydatetime()}
            for row in csv.DictReader(file)
        ]
        connection.execute(insert(Base.metadata.tables["events"]), rows)
    return len(rows)


def goals(rows: list[Row]) -> list[dict[str, Any]]:
    by_name = {row["system"]: row for row in rows}
    speed, again = by_name["zhiyin csv"]["events_per_second"], by_name["zhiyin csv, a second time"]["added"]
    return [
        {"name": "events a second from CSV", "value": speed, "target": GOAL, "met": speed >= GOAL},
        {"name": "added by a second run", "value": again, "target": 0, "met": again == 0},
    ]


def machine() -> dict[str, Any]:
    load = os.getloadavg()[0]
    return {"processor": platform.machine(), "cpus": os.cpu_count(), "python": platform.python_version(), "load": load}


def show(report: dict[str, Any]) -> None:
    table = Table("system", "added", "seconds", "CPU seconds", "events a second", title=report["title"])
    for row in report["rows"]:
        table.add_row(row["system"], *(f"{row[name]:,}" for name in list(row)[1:]))
    console = Console()
    console.print(table)
    for goal in report["goals"]:
        met = "met" if goal["met"] else "not met"
        console.print(f"{met}: {goal['name']}: {goal['value']:,}, goal {goal['target']:,}", highlight=False)
    console.print(f"{report['machine']['cpus']} CPUs, load {report['machine']['load']:.1f} at the end")


if __name__ == "__main__":
    typer.run(main)
