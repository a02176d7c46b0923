"""A small shop as the csv files it would bring: three tastes, weekly baskets, and shoppers who change at the end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

WEEKS, SHOPPERS, CHANGED = 14, 120, 12
ODD_WEEK = 2  # in which everybody buys of another taste: what is learned from it alone is wrong
START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
END = START + timedelta(weeks=WEEKS)
TASTES = {
    "Coffee": ["espresso beans", "filter coffee", "coffee grinder", "milk frother", "paper filters", "moka pot"],
    "Climbing": ["climbing rope", "chalk bag", "harness", "carabiner", "climbing shoes", "crash pad"],
    "Painting": ["watercolour set", "oil paint", "canvas", "easel", "brush set", "palette knife"],
}
SIZES = ("small", "large", "premium")


def changed_shoppers() -> list[str]:
    """Those who buy of another taste in the last week than ever before."""
    return [f"shopper-{number:03d}" for number in range(CHANGED)]


def items() -> pl.DataFrame:
    rows = [
        (f"{taste.lower()}-{kind}-{size}", f"{size} {name}", f"{name} for {taste.lower()}", f"{taste} Co", taste, price)
        for taste, names in TASTES.items()
        for kind, name in enumerate(names)
        for price, size in enumerate(SIZES, start=3 + kind)
    ]
    return pl.DataFrame(rows, ["item_id", "title", "description", "brand", "categories", "price"], orient="row")


def interactions(until: datetime = END, seed: int = 0) -> pl.DataFrame:
    """Baskets of every shopper in every week before `until`; event ids depend on nothing else."""
    rng = np.random.default_rng(seed)
    by_taste = [items().filter(pl.col("categories") == taste)["item_id"].to_list() for taste in TASTES]
    rows = []
    for week in range(WEEKS):
        for number in range(SHOPPERS):
            odd = week == ODD_WEEK or (number < CHANGED and week == WEEKS - 1)
            taste = (number + 1) % 3 if odd else number % 3
            day = START + timedelta(weeks=week, days=int(rng.integers(7)), hours=int(rng.integers(8, 20)))
            for place, item in enumerate(rng.choice(by_taste[taste], size=3, replace=False)):
                moment = day + timedelta(minutes=place)
                user = f"shopper-{number:03d}"
                rows.append((f"{user}-{week}-{place}", user, str(item), "purchase", 5.0, 1, moment))
    columns = ["event_id", "user_id", "item_id", "event_type", "value", "quantity", "time"]
    return pl.DataFrame(rows, columns, orient="row").filter(pl.col("time") < until)


def write_shop(folder: Path, until: datetime = END) -> Path:
    """Writes users.csv, items.csv and interactions.csv, and returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    users = pl.DataFrame({"user_id": [f"shopper-{number:03d}" for number in range(SHOPPERS)]})
    users.write_csv(folder / "users.csv")
    items().write_csv(folder / "items.csv")
    interactions(until).with_columns(pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%SZ")).write_csv(
        folder / "interactions.csv"
    )
    return folder
