"""The names by which a sentence may speak of products: their titles, and titles without the size that they end in."""

import re
from collections.abc import Sequence

# "Oat Milk, 1 l"; in Chinese a unit after a space is enough
_SIZE = re.compile(r"(?:[,，]\s*|(?<!\s)\s+(?=\d+(?:\.\d+)?\s?[\u4e00-\u9fff]))\d[^,，]{0,20}$")
_SHORTEST = 3  # characters of a name without its size
# last words of a title that a sentence may not borrow as a noun: they would say something of it
_CLAIMING = frozenset(("free", "no", "not", "never", "none", "only", "off", "sale", "new", "best", "gift", "bargain"))


def names_of(titles: Sequence[str]) -> list[tuple[str, int]]:
    """Each name with the place of its title, the longest first.

    A title without its size names it where no other title begins so: beside "Oat Milk Barista, 1 l", "Oat Milk" may
    mean either.
    """
    found = [(title, place) for place, title in enumerate(titles)]
    for place, title in enumerate(titles):
        short = without_size(title)
        others = (other for at, other in enumerate(titles) if at != place)
        if short != title and not any(other.lower().startswith(short.lower()) for other in others):
            found.append((short, place))
    return sorted(found, key=lambda one: -len(one[0]))


def without_size(title: str) -> str:
    """A title without the size that it ends in; itself where it has none or little else."""
    short = _SIZE.sub("", title)
    return short if len(short) >= _SHORTEST else title


def nouns_of(titles: Sequence[str]) -> frozenset[str]:
    """The words that say no more of these products than their titles: the last one, where all have the same."""
    lasts = {without_size(title).lower().split()[-1] for title in titles if title.split()}
    noun = lasts.pop() if len(lasts) == 1 else ""
    if not noun.isalpha() or noun in _CLAIMING:
        return frozenset()
    return frozenset((noun, noun.removesuffix("s"), f"{noun}s"))
