"""Several constraints of one wish as they are meant together: "red or blue", "dog food and cat food", "baby shampoo".

Values of one attribute, brands, and categories that are joined are any of them. Two categories side by side must hold
both; where no item is of both, the one that the other is said of stays, and the other becomes a word of its text.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from recommender.data.catalog import Catalogue
from recommender.steering.constraints import ATTRIBUTE, BRAND, CATEGORY, Constraint
from recommender.steering.reading.wanted_phrases import Part

AsWord = Callable[[str], Constraint | None]  # a phrase as a word of texts


def combine(parts: Sequence[Part], catalogue: Catalogue, as_word: AsWord) -> list[Constraint]:
    """In the order they were said."""
    kept: list[Constraint] = []
    for part in parts:
        one = part.constraint
        place = _like(kept, one)
        if place is None:
            kept.append(one)
        elif one.kind != CATEGORY or part.link == "joined":
            kept[place] = _either(kept[place], one)
        elif _meet(catalogue, kept[place], one):
            kept.append(one)
        else:
            kept += _head_and_word(kept, place, part, as_word)
    return kept


def _like(kept: Sequence[Constraint], one: Constraint) -> int | None:
    """Which of those before is of the same kind of fact."""
    for place in range(len(kept) - 1, -1, -1):
        if one.kind in (CATEGORY, BRAND, ATTRIBUTE) and (kept[place].kind, kept[place].name) == (one.kind, one.name):
            return place
    return None


def _either(first: Constraint, second: Constraint) -> Constraint:
    values = tuple(dict.fromkeys((*first.values, *second.values)))
    return replace(first, values=values, quote=f"{first.quote}, {second.quote}")


def _meet(catalogue: Catalogue, first: Constraint, second: Constraint) -> bool:
    """Whether some item is of a category of each."""
    both = catalogue.in_categories(frozenset(first.values)) & catalogue.in_categories(frozenset(second.values))
    return bool(np.any(both))


def _head_and_word(kept: list[Constraint], place: int, part: Part, as_word: AsWord) -> Iterable[Constraint]:
    """After "for" the first is the thing itself ("shampoo for my baby"), else the last ("baby shampoo")."""
    constraint = part.constraint
    if part.link != "for":
        kept[place], constraint = constraint, kept[place]
    word = as_word(constraint.quote)
    return [word] if word is not None else []
