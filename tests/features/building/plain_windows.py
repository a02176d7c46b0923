"""The same features, computed the slow and obvious way, row by row: what the queries are held against."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from features.building.daily_totals import WEIGHTS
from features.building.top_keys import HALF_LIFE_DAYS, TOP
from features.partitions import ACTIONS, WINDOWS, midnight

DAY = timedelta(days=1)
Events = Sequence[dict[str, Any]]
Catalogue = Mapping[str, tuple[str | None, str | None]]  # category and brand of each item


def within(events: Events, end: datetime, days: int) -> Events:
    return [event for event in events if end - days * DAY <= event["time"] < end]


def by(events: Events, column: str) -> dict[str, Events]:
    """The events of each shopper or item, without those that have none."""
    names = sorted({event[column] for event in events if event[column] is not None})
    return {name: [event for event in events if event[column] == name] for name in names}


def of_kind(events: Events, kind: str) -> Events:
    return [event for event in events if event["event_type"] == kind]


def user_rows(events: Events, catalogue: Catalogue, days: list[date]) -> list[dict[str, Any]]:
    """A row for each day with events, and for each on which such a day leaves a window."""
    rows = []
    for user, own in by(events, "user_id").items():
        acted = {event["time"].date() for event in own}
        for day in days:
            if acted & {day - later * DAY for later in (0, *WINDOWS)}:
                end = midnight(day) + DAY
                rows.append({"user_id": user, "event_timestamp": end, **user_features(own, end, catalogue)})
    return rows


def former_row(own: Events, moment: datetime) -> datetime | None:
    """The stamp of the row that a shopper had in releases with a row each day with events and each Sunday."""
    ends = [midnight(moment.date()) - back * DAY for back in range(8)]
    due = (end for end in ends if within(own, end, 1) or ((end - DAY).isoweekday() == 7 and within(own, end, 187)))
    return next(due, None)


def user_features(own: Events, end: datetime, catalogue: Catalogue) -> dict[str, Any]:
    features: dict[str, Any] = {}
    for days in WINDOWS:
        some = within(own, end, days)
        for kind, name in ACTIONS.items():
            features[f"{name}_{days}d"] = len(of_kind(some, kind))
        features[f"spend_{days}d"] = sum(event["value"] or 0 for event in of_kind(some, "purchase"))
    half_year = within(own, end, 180)
    bought = of_kind(half_year, "purchase")
    features["price_level"] = price_level(bought)
    features["last_active_time"] = max((event["time"] for event in half_year), default=None)
    features["last_purchase_time"] = max((event["time"] for event in bought), default=None)
    for place, name in enumerate(("category", "brand")):
        plural = {"category": "top_categories", "brand": "top_brands"}[name]
        keys = {item: facts[place] for item, facts in catalogue.items()}
        features[plural], features[f"top_{name}_weights"] = leanings(half_year, end, keys)
    return features


def price_level(bought: Events) -> float | None:
    priced = [event for event in bought if event["value"] is not None]
    units = [1.0 if event["quantity"] is None else max(1.0, event["quantity"]) for event in priced]
    levels = [math.log1p(event["value"] / count) for event, count in zip(priced, units, strict=True)]
    return sum(levels) / len(levels) if levels else None


def leanings(events: Events, end: datetime, keys: Mapping[str, str | None]) -> tuple[list[str], list[float]]:
    amounts: dict[str, float] = defaultdict(float)
    for event in events:
        key = keys.get(event["item_id"])
        if key is not None and event["event_type"] in WEIGHTS:
            age = ((end - DAY).date() - event["time"].date()).days
            amounts[key] += WEIGHTS[event["event_type"]] * 0.5 ** (age / HALF_LIFE_DAYS)
    total = sum(amounts.values())
    shares = sorted((-round(1e6 * amount / total), key) for key, amount in amounts.items())[:TOP]
    return [key for share, key in shares if share], [-share / 1e6 for share, _ in shares if share]
