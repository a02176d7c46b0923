"""Goods of the catalogue that a question names, told by a template with their prices.

It searches titles by the words they share; anything that finds items for a query can stand in for `TitleSearch`.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from recommender.assistant.answer_parts import Part, Source, quoted
from recommender.assistant.faq import terms
from recommender.data.availability import BACKORDER, PREORDER

Search = Callable[[Sequence[str], str], list[str]]
SHOWN = 5
_TO_ORDER = {
    PREORDER: {"en": ", on pre-order", "zh": "（预售）"},
    BACKORDER: {"en": ", on back-order", "zh": "（需订货）"},
}


class TitleSearch:
    """Items by the words of their titles: those that have every word asked for."""

    def __init__(self, titles: Iterable[tuple[str, str]]) -> None:
        self._places: dict[str, list[int]] = defaultdict(list)
        self._ids: list[str] = []
        self._lengths: list[int] = []
        for place, (item_id, title) in enumerate(titles):
            words = {*terms(title, "en"), *terms(title, "zh")}
            self._ids.append(item_id)
            self._lengths.append(len(words))
            for word in words:
                self._places[word].append(place)

    def __len__(self) -> int:
        return len(self._ids)

    def find(self, about: Sequence[str], language: str) -> list[str]:
        """The ids of items whose titles have every word of `about`, the shortest titles first; none for no words.

        English words come as stems, as `intents.about` gives them; Chinese ones are cut here. At most `SHOWN * 4` are
        found.
        """
        words = [term for word in about for term in (terms(word, "zh") if language == "zh" else [word])]
        if not words:
            return []
        hits = set(self._places.get(words[0], ()))
        for word in words[1:]:
            hits &= set(self._places.get(word, ()))
        best = sorted(hits, key=lambda place: (math.log(1 + self._lengths[place]), self._ids[place]))
        return [self._ids[place] for place in best[: SHOWN * 4]]


def tell(
    found: Sequence[str],
    title: Callable[[str], str],
    price: Callable[[str], float | None],
    language: str,
    availability: Callable[[str], str | None] = lambda _: None,
) -> Part:
    """The goods found, by name and price, and whether they have to be ordered; each name once."""
    named: dict[str, str] = {}
    for item_id in found:
        named.setdefault(title(item_id), item_id)
    chosen = list(named.items())[:SHOWN]
    lines = [
        quoted(name) + _price(price(item_id), language) + _to_order(availability(item_id), language)
        for name, item_id in chosen
    ]
    text = f"本店有：{'、'.join(lines)}。" if language == "zh" else f"We have {', '.join(lines)}."
    return Part("catalogue", text, tuple(Source("item", item_id, name) for name, item_id in chosen))


def deny(title: str, language: str) -> Part:
    """That the product asked for by its name is sold out."""
    return Part(
        "catalogue", f"{quoted(title)}目前缺货。" if language == "zh" else f"{quoted(title)} is sold out at the moment."
    )


def _to_order(availability: str | None, language: str) -> str:
    """What is sold but not in stock."""
    return _TO_ORDER.get(availability or "", {}).get(language, "")


def _price(price: float | None, language: str) -> str:
    if price is None:
        return ""
    return f"（{price:.2f}）" if language == "zh" else f" ({price:.2f})"
