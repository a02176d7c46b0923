"""What an answer is made of: texts that stand for themselves, each with where it comes from and what it tells."""

from dataclasses import dataclass
from typing import Literal

from recommender.explain.facts import tidy

LONGEST_TITLE = 100
ComposedBy = Literal["llm", "template"]
PartKind = Literal["faq", "orders", "catalogue", "offers", "basket", "greeting", "handover"]
FactKind = Literal[
    "price",
    "in_stock",
    "sold_out",
    "preorder",
    "backorder",
    "left",
    "bought",
    "often",
    "paid",
    "cheaper",
    "dearer",
    "cheapest",
    "dearest",
]


@dataclass(frozen=True, slots=True)
class Source:
    """An FAQ entry, one of the shopper's own purchases, an item of the catalogue, or a coupon."""

    kind: Literal["faq", "order", "item", "offer"]
    id: str
    title: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that rows say of the product named `title`.

    `figure` is a price, a difference of prices or a count, as it is written; `day` a day as it is written. `other` is
    the product that a difference is to; "" is what the shopper paid for this one.
    """

    kind: FactKind
    title: str
    figure: str = ""
    day: str = ""
    other: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of an answer. `facts` are what a text LLM may say in place of `text`; without any it stays as it is."""

    kind: PartKind
    text: str
    sources: tuple[Source, ...] = ()
    facts: tuple[Fact, ...] = ()
    composed_by: ComposedBy = "template"


def quoted(title: str) -> str:
    """A title as data: between marks, on one line, not too long; whatever it says, it is not spoken by the shop."""
    return f"“{named(title)}”"


def named(title: str) -> str:
    """A title on one line, not too long."""
    title = tidy(title)
    return title if len(title) <= LONGEST_TITLE else title[: LONGEST_TITLE - 1] + "…"


def money(price: float) -> str:
    """A price as answers write it."""
    return f"{price:.2f}"
