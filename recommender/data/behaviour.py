"""What a shopper did over windows of days, as the feature store's view `user_behaviour` had it at the last midnight.

It knows the names of the features that the ranker reads, and rows of them as each store gives them; no store.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ACTIONS, DAYS = ("views", "carts", "purchases", "searches"), (7, 30)
COUNTS = tuple(f"{action}_{days}d" for action in ACTIONS for days in DAYS)
SPEND = "spend_30d"
READ = (
    *COUNTS, SPEND, "last_active_time", "last_purchase_time", "price_level",
    "top_categories", "top_category_weights", "top_brands", "top_brand_weights",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The features named in `READ`. Who has no row is as one who did nothing within half a year: all is at its default.

    Times are Unix seconds; `price_level` is a mean of log(1 + price); categories and brands have shares of all weight.
    """

    counts: tuple[int, ...] = (0,) * len(COUNTS)
    spend: float = 0.0
    last_active: int | None = None
    last_purchase: int | None = None
    price_level: float | None = None
    categories: Mapping[str, float] = field(default_factory=dict)
    brands: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> "Behaviour":
        """Of a row of the view: None where a feature is missing, times as moments or in whole seconds."""
        return cls(
            counts=tuple(int(row[name] or 0) for name in COUNTS),
            spend=float(row[SPEND] or 0.0),
            last_active=_seconds(row["last_active_time"]),
            last_purchase=_seconds(row["last_purchase_time"]),
            price_level=row["price_level"],
            categories=_shares(row["top_categories"], row["top_category_weights"]),
            brands=_shares(row["top_brands"], row["top_brand_weights"]),
        )


NOTHING_DONE = Behaviour()


def _seconds(moment: datetime | int | None) -> int | None:
    """A store that answers at once keeps whole seconds."""
    return int(moment.timestamp()) if isinstance(moment, datetime) else moment


def _shares(keys: list[str] | None, weights: list[float] | None) -> dict[str, float]:
    return dict(zip(keys or (), weights or (), strict=True))
