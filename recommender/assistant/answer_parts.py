"""What an answer is made of: texts that stand for themselves, each with where it comes from."""

from dataclasses import dataclass
from typing import Literal

from recommender.explain.facts import tidy

LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class Source:
    """An FAQ entry, one of the shopper's own purchases, or an item of the catalogue."""

    kind: Literal["faq", "order", "item"]
    id: str
    title: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of an answer."""

    kind: Literal["faq", "orders", "catalogue", "greeting", "handover"]
    text: str
    sources: tuple[Source, ...] = ()


def quoted(title: str) -> str:
    """A title as data: between marks, on one line, not too long; whatever it says, it is not spoken by the shop."""
    title = tidy(title)
    return f"“{title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + '…'}”"
