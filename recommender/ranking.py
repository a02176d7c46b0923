"""The recommendation, `recommendation = g(user_profile, item pool)`: retrieve, rank, filter, say why.

It knows a model bundle, a profile and what the shop asks for; it opens no database, no feature store and no socket.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RankingQuery:
    """What the shop asks for. Prices are in the shop's currency; `categories` and `brands` mean any of them."""

    n: int = 10
    context_item_ids: tuple[str, ...] = ()
    exclude: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    price_min: float | None = None
    price_max: float | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why an item is in the answer: which source found it, which of the shopper's items and attributes led there."""

    source: str  # sequence | transitions | text | repeat | popular | new | context
    item_ids: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """One item of an answer; scores of one answer fall from first to last."""

    item_id: str
    score: float
    evidence: tuple[Evidence, ...]
