"""A shop's distributions learned from its items and purchases, and the statistics by which two shops are compared.

It knows frames with the import's columns; nothing of a single shopper is in what it returns. Items are those that the
shop shows; each shopper bought something.
"""

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from recommender.importing.synthetic.catalogue import make_catalogue
from recommender.importing.synthetic.description import FAVOURITES, TIERS, Category, Curve, Description
from recommender.importing.synthetic.purchases import purchase_frames

PARTS, OFTEN, CURVE, MOST_PIECES = 60, 12, 40, 6
NAMES, SIZES, BRANDS = 8, 5, 3  # kept of a category, the most frequent ones
PLACES = (0, 1, 4, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 10_000)  # lines bought before, where a bin begins
ROUNDS, SHOPPERS, SEED = 4, 500, 0  # of fitting what is drawn anew
Rows = pl.DataFrame


def learn(items: Rows, events: Rows, days: int, source: str) -> Description:
    """The description of a shop that was looked at for so many days."""
    lines = events.join(items.select("item_id", "categories"), "item_id").sort("user_id", "time", "session_id")
    baskets = lines.group_by("user_id", "session_id").agg(pl.len().alias("lines"), pl.col("time").min())
    shoppers = baskets.group_by("user_id").agg(pl.len().alias("baskets"), pl.col("lines").mean())
    mean = float(baskets["lines"].mean())  # type: ignore[arg-type]  # neither None nor a moment
    relative = baskets.join(shoppers.select("user_id", own="lines"), "user_id").select(pl.col("lines") / pl.col("own"))
    found = Description(
        source=source,
        days=days,
        baskets=_part_means(shoppers["baskets"]),
        lines_mean=round(mean, 4),
        fullness=_fullness(shoppers, mean),
        lines=_part_means(relative["lines"]),
        first_bought=bought_first(lines),
        sold=_sold(items, lines),
        loyalty=_loyalty(lines),
        hours=_hours(lines["time"]),
        quantities=_shares(lines["quantity"].cast(pl.Int64).clip(1, MOST_PIECES) - 1, MOST_PIECES),
        distinct_texts=round(items["title"].n_unique() / len(items), 4),
        categories=_categories(items, lines),
    )
    return _fit(found, len(items), _concentration(lines))


def statistics(items: Rows, events: Rows, days: int) -> dict[str, float]:
    """What two shops are compared by, of items and purchases; numbers of a shopper are of a year."""
    lines = events.join(items.select("item_id", "categories", "price"), "item_id")
    sold = lines.group_by("item_id").len("sold")["sold"].sort(descending=True)
    basket_lines, pieces = lines.group_by("session_id").len()["len"], lines["quantity"].clip(1, MOST_PIECES)
    a_shopper = lines.group_by("user_id").len()["len"] * 365 / days
    hour, found = lines["time"].dt.hour(), dict[str, float]()
    found |= {f"lines of a shopper, quantile {part}": _at(a_shopper, part) for part in (0.25, 0.5, 0.75, 0.9)}
    found |= {f"lines of a basket, quantile {part}": _at(basket_lines, part) for part in (0.5, 0.75, 0.9)}
    found |= {
        f"share of sales of the first {part:.1%}": int(sold.head(max(1, int(len(items) * part))).sum())
        / int(sold.sum())
        for part in (0.001, 0.01, 0.1)
    }
    return found | {
        "share bought again": 1 - lines.select("user_id", "item_id").n_unique() / len(lines),
        "likeness of a shopper's categories": _concentration(lines),
        "share at weekends": float((lines["time"].dt.weekday() > 5).mean()),  # type: ignore[arg-type]
        "share from 16 to 22 hours": float(hour.is_between(16, 21).mean()),  # type: ignore[arg-type]
        "pieces of a line": float(pieces.mean()),  # type: ignore[arg-type]
        "median price of an item": _at(items["price"].drop_nulls(), 0.5),
        "median price of a line": _at(lines["price"].drop_nulls(), 0.5),
        "distinct titles over items": items["title"].n_unique() / len(items),
        "words of a title": float(items["title"].str.split(" ").list.len().mean()),  # type: ignore[arg-type]
    }


def category_distance(one: Rows, other: Rows) -> float:
    """Total variation between the categories of two frames with `categories`: 0 alike, 1 nothing in common."""
    shares = [frame.group_by("categories").len().with_columns(pl.col("len") / len(frame)) for frame in (one, other)]
    both = shares[0].join(shares[1], "categories", how="full").fill_null(0.0)
    return float((both["len"] - both["len_right"]).abs().sum() / 2)


def bought_first(lines: Rows) -> Curve:
    """By lines bought before the basket, the share of a basket's lines that the shopper had not bought before."""
    first = lines.with_columns(
        anew=pl.struct("user_id", "item_id").is_first_distinct(), place=pl.int_range(pl.len()).over("user_id")
    ).with_columns(before=pl.col("place").min().over("user_id", "session_id"))
    bins = first.with_columns(bin=pl.Series(np.searchsorted(PLACES, first["before"].to_numpy(), side="right")))
    means = bins.group_by("bin").agg(pl.col("before").mean(), pl.col("anew").mean()).sort("bin")
    return tuple((round(before, 1), round(anew, 4)) for _, before, anew in means.iter_rows())


def _fit(found: Description, items: int, likeness: float) -> Description:
    """Draws anew as often, and from favourites as often, as brings the source's share and its `likeness` of categories.

    What is drawn anew is at times what the shopper has already, and what is popular is of few categories.
    """
    wanted = [share for _, share in found.first_bought]
    for _ in range(ROUNDS):
        shop = make_catalogue(found, items, SEED)
        made = pl.concat(purchase_frames(shop, SHOPPERS, found.days, SEED, 50_000))
        kinds = pl.concat(shop.frames(50_000)).select("item_id", "categories")
        reached = _concentration(made.join(kinds, "item_id"))
        loyalty = min(1.0, found.loyalty * (likeness / reached))
        shares = [share for _, share in bought_first(made.sort("user_id", "time", "session_id"))]
        curve = [
            (before, round(min(1.0, drawn * wanted[place] / shares[place]), 4) if place < len(shares) else drawn)
            for place, (before, drawn) in enumerate(found.first_bought)
        ]
        found = found.model_copy(update={"first_bought": tuple(curve), "loyalty": round(loyalty, 4)})
    return found


def _fullness(shoppers: Rows, mean: float) -> tuple[tuple[float, ...], ...]:
    """By how often shoppers come: part means of their mean lines over those of all baskets."""
    lines = shoppers.sort("baskets", "user_id")["lines"].to_numpy() / mean
    return tuple(_part_means(pl.Series(part)) for part in np.array_split(lines, OFTEN) if len(part))


def _sold(items: Rows, lines: Rows) -> Curve:
    """Up to the last item that was sold; what no one bought has next to no share."""
    sold = np.cumsum(lines.group_by("item_id").len("sold")["sold"].sort(descending=True).to_numpy())
    places = np.unique(np.geomspace(1, len(sold), CURVE).astype(np.int64))
    curve = [(place / len(items), sold[place - 1] / sold[-1]) for place in places]
    unsold = [] if len(sold) == len(items) else [(1.0, 1.0)]
    return tuple((round(part, 8), round(float(share), 6)) for part, share in [*curve, *unsold])


def _loyalty(lines: Rows) -> float:
    """Such that the chance that two first purchases of a shopper are of one category is the source's."""
    first = lines.unique(["user_id", "item_id"])
    own, shares = _concentration(first), first.group_by("categories").len()["len"] / len(first)
    alike = float((shares**2).sum())
    return round(float(np.clip(FAVOURITES * (own - alike) / (1 - alike), 0, 1) ** 0.5), 4)


def _concentration(lines: Rows) -> float:
    """The chance that two lines of one shopper are of one category."""
    counts = lines.group_by("user_id", "categories").len()
    pairs = counts.group_by("user_id").agg(
        ((pl.col("len") * (pl.col("len") - 1.0)).sum() / (pl.col("len").sum() * (pl.col("len").sum() - 1.0))).alias("p")
    )
    return float(pairs["p"].drop_nans().mean())  # type: ignore[arg-type]


def _hours(times: pl.Series) -> tuple[tuple[float, ...], ...]:
    place = (times.dt.weekday().cast(pl.Int64) - 1) * 24 + times.dt.hour().cast(pl.Int64)
    shares = _shares(place, 7 * 24)
    return tuple(shares[day * 24 : (day + 1) * 24] for day in range(7))


def _categories(items: Rows, lines: Rows) -> tuple[Category, ...]:
    sold = lines.group_by("item_id").len("sold")
    ranked = items.join(sold, "item_id", how="left").sort("sold", "item_id", descending=[True, False], nulls_last=True)
    tiers = pl.Series(np.searchsorted(TIERS, np.arange(1, len(ranked) + 1) / len(ranked)))
    groups = ranked.with_columns(tier=tiers).sort("categories").group_by("categories", maintain_order=True)
    everywhere = np.log(items["price"].drop_nulls().to_numpy())
    return tuple(_category(str(key[0]), group, everywhere) for key, group in groups)


def _category(path: str, items: Rows, everywhere: NDArray[np.float64]) -> Category:
    prices = np.log(items["price"].drop_nulls().to_numpy())
    known = prices if len(prices) > 1 else everywhere
    parts = items["title"].str.splitn(", ", 2).struct.unnest()
    return Category(
        path=tuple(orjson.loads(path)),
        items=tuple(int((items["tier"] == tier).sum()) for tier in range(len(TIERS))),
        price=(round(float(known.mean()), 3), round(float(known.std()), 3)),
        names=tuple(_most_frequent(parts["field_0"], NAMES)),
        sizes=tuple(_most_frequent(parts["field_1"].fill_null(""), SIZES)),
        brands=_most_frequent(items["brand"], BRANDS),
    )


def _most_frequent(values: pl.Series, count: int) -> dict[str, int]:
    found = pl.DataFrame({"value": values}).drop_nulls().group_by("value").len()
    return dict(found.sort("len", "value", descending=[True, False]).head(count).iter_rows())


def _part_means(values: pl.Series) -> tuple[float, ...]:
    """The means of parts of equal size, from the lowest to the highest values."""
    parts = np.array_split(np.sort(values.to_numpy()), PARTS)
    return tuple(round(float(part.mean()), 3) for part in parts if len(part))


def _shares(values: pl.Series, count: int) -> tuple[float, ...]:
    counts = np.bincount(values.to_numpy(), minlength=count)
    return tuple(round(float(one) / len(values), 6) for one in counts)


def _at(values: pl.Series, part: float) -> float:
    return float(values.quantile(part))  # type: ignore[arg-type]
