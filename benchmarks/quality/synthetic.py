"""`python -m benchmarks.synthetic [--shoppers N] [--items M] [--describe FILE]`: is a made shop like the demo's?

Statistics of The Complete Journey beside those of a synthetic shop, and each ratio. `--describe` learns the
distributions anew and writes them: `recommender/importing/synthetic/grocery.json` is such a file.
"""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from benchmarks.common.result_tables import Row, console, write_report
from benchmarks.common.shop_distributions import category_distance, learn, statistics
from recommender.importing.demo import DemoOptions, jobs
from recommender.importing.synthetic.catalogue import make_catalogue
from recommender.importing.synthetic.description import GROCERY, Description, read_description
from recommender.importing.synthetic.purchases import purchase_frames

DAYS, BATCH = 365, 50_000
DISTANCE = "distance of categories bought, 0 to 1"
Shop = tuple[pl.DataFrame, pl.DataFrame]


def main(
    shoppers: Annotated[int, typer.Option(min=10, help="Shoppers of the synthetic shop.")] = 2_469,
    items: Annotated[int, typer.Option(min=100, help="Its items.")] = 92_331,
    days: Annotated[int, typer.Option(min=7, help="Its days.")] = DAYS,
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 0,
    describe: Annotated[Path | None, typer.Option(help="Learn the distributions and write them here.")] = None,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Compares and prints."""
    real = demo_shop()
    if describe is not None:
        describe.write_text(learn(*real, DAYS, "The Complete Journey").model_dump_json() + "\n")
    made = synthetic_shop(read_description(describe or GROCERY), shoppers, items, days, seed)
    rows = compare(real, made, days)
    for row in rows:
        console.print(f"{row['system']:<42}{row['source']:>12.4f}{row['synthetic']:>12.4f}{row['ratio']:>8.2f}")
    write_report(out, "a synthetic shop beside its source", rows, [])


def compare(real: Shop, made: Shop, days: int) -> list[Row]:
    """A row a statistic: of the source, of the synthetic shop, and their ratio."""
    source, synthetic = statistics(*real, DAYS), statistics(*made, days)
    rows = [
        {"task": "statistics", "system": name, "source": value, "synthetic": synthetic[name]}
        | {"ratio": synthetic[name] / value}
        for name, value in source.items()
    ]
    bought = [events.join(items.select("item_id", "categories"), "item_id") for items, events in (real, made)]
    distance = category_distance(*bought)
    return [*rows, {"task": "statistics", "system": DISTANCE, "source": 0.0, "synthetic": distance, "ratio": 1.0}]


def demo_shop() -> Shop:
    """The demo's items that are shown, and the purchases of them."""
    products, transactions = (_rows_of(name) for name in ("products", "transactions"))
    items = products.filter(~pl.col("hidden"))
    return items, transactions.join(items.select("item_id"), "item_id", how="semi")


def _rows_of(name: str) -> pl.DataFrame:
    job = next(job for job in jobs(DemoOptions()) if job.source.endswith(f"/{name}"))
    return pl.concat([batch.good for batch in job.batches(0)])


def synthetic_shop(description: Description, shoppers: int, items: int, days: int, seed: int) -> Shop:
    """All of a synthetic shop's items and purchases in memory."""
    catalogue = make_catalogue(description, items, seed)
    events = pl.concat(purchase_frames(catalogue, shoppers, days, seed, BATCH))
    return pl.concat(catalogue.frames(BATCH)), events


if __name__ == "__main__":
    typer.run(main)
