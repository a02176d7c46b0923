"""The same features, computed the slow and obvious way, row by row in pandas: what the queries are held against."""

import math
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from features.leanings import HALF_LIFE_DAYS, TOP, WEIGHTS
from features.partitions import ACTIONS, WINDOWS, midnight

DAY = timedelta(days=1)
Catalogue = dict[str, tuple[str | None, str | None]]  # category and brand of each item


def within(events: pd.DataFrame, end: datetime, days: int) -> pd.DataFrame:
    return events[(events.time < end) & (events.time >= end - days * DAY)]


def user_rows(events: pd.DataFrame, catalogue: Catalogue, days: list[date]) -> pd.DataFrame:
    rows = []
    for user, own in events.dropna(subset="user_id").groupby("user_id"):
        for day in days:
            end = midnight(day) + DAY
            snapshot = day.isoweekday() == 7 and len(within(own, end, 187))
            if snapshot or len(within(own, end, 1)):
                rows.append({"user_id": user, "event_timestamp": end, **user_features(own, end, catalogue)})
    return pd.DataFrame(rows)


def user_features(own: pd.DataFrame, end: datetime, catalogue: Catalogue) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for days in WINDOWS:
        some = within(own, end, days)
        for kind, name in ACTIONS.items():
            features[f"{name}_{days}d"] = int((some.event_type == kind).sum())
        features[f"spend_{days}d"] = some[some.event_type == "purchase"].value.sum()
    half_year = within(own, end, 180)
    bought = half_year[half_year.event_type == "purchase"]
    priced = bought.dropna(subset="value")
    levels = [
        math.log1p(row.value / max(1.0, 1.0 if pd.isna(row.quantity) else row.quantity)) for row in priced.itertuples()
    ]
    features["price_level"] = sum(levels) / len(levels) if levels else None
    features["days_since_last_event"] = since(half_year, end)
    features["days_since_last_purchase"] = since(bought, end)
    for place, names in ((0, ("top_categories", "top_category_weights")), (1, ("top_brands", "top_brand_weights"))):
        keys, shares = leanings(half_year, end, {item: facts[place] for item, facts in catalogue.items()})
        features |= {names[0]: keys, names[1]: shares}
    return features


def since(events: pd.DataFrame, end: datetime) -> float | None:
    return (end - events.time.max()) / DAY if len(events) else None


def leanings(events: pd.DataFrame, end: datetime, keys: dict[str, str | None]) -> tuple[list[str], list[float]]:
    amounts: dict[str, float] = defaultdict(float)
    for row in events.itertuples():
        key = keys.get(row.item_id)
        if key is not None and row.event_type in WEIGHTS:
            age = (end - DAY).date().toordinal() - row.time.date().toordinal()
            amounts[key] += WEIGHTS[row.event_type] * 0.5 ** (age / HALF_LIFE_DAYS)
    total = sum(amounts.values())
    shares = sorted(((-round(1e6 * amount / total), key) for key, amount in amounts.items()))[:TOP]
    return [key for share, key in shares if share], [-share / 1e6 for share, _ in shares if share]


def item_rows(events: pd.DataFrame, days: list[date]) -> pd.DataFrame:
    rows = []
    for item, own in events.dropna(subset="item_id").groupby("item_id"):
        for day in days:
            end = midnight(day) + DAY
            if day.isoweekday() == 7 and len(within(own, end, 30)):
                rows.append({"item_id": item, "event_timestamp": end, **item_features(own, end)})
    return pd.DataFrame(rows)


def item_features(own: pd.DataFrame, end: datetime) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for days in WINDOWS:
        kinds = within(own, end, days).event_type
        features |= {
            f"purchases_{days}d": int((kinds == "purchase").sum()),
            f"views_{days}d": int((kinds == "view").sum()),
        }
    features["shoppers_30d"] = within(own, end, 30).user_id.nunique()
    views = features["views_30d"]
    features["conversion_30d"] = features["purchases_30d"] / views if views else None
    half_year = within(own, end, 180)
    stars = half_year[half_year.event_type == "rating"].value.dropna()
    features["rating_mean"] = stars.mean() if len(stars) else None
    features["rating_count"] = len(stars)
    features["days_since_last_purchase"] = since(half_year[half_year.event_type == "purchase"], end)
    return features
