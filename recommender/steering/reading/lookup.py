"""A phrase of a wish looked up in a catalogue: the constraint it comes to, in the catalogue's own names.

The one check that whatever is read of a wish passes, by words, by meaning or by a text LLM: what names nothing in the
catalogue comes to no constraint.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recommender.search.text.translations import other_words
from recommender.steering.constraints import (
    ATTRIBUTE,
    BRAND,
    BY_MEANING,
    CATEGORY,
    WORD,
    Constraint,
)
from recommender.steering.reading.cues import BRAND_AFTER, BRAND_BEFORE, OWN_BRANDS
from recommender.steering.reading.vocabulary import Named, Vocabulary

# names of categories that mean the same as a phrase, nearest first; none where none is near enough
Nearest = Callable[[str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class CatalogueTerms:
    """What helps to read a wish: the catalogue's names, which words there are, meanings, the shopper's usual brands."""

    vocabulary: Vocabulary
    is_word: Callable[[str], bool] = lambda _: False
    nearest: Nearest = lambda phrase: ()
    usual_brands: tuple[str, ...] = ()


def find_named(vocabulary: Vocabulary, words: Sequence[str]) -> Named | None:
    """What words name, as they are or as the shop calls them otherwise."""
    named = vocabulary.find(words)
    if named is not None:
        return named
    for other in other_words(" ".join(words)):
        named = vocabulary.ideographic.get(other) or vocabulary.find(other.split())
        if named is not None:
            return named
    return None


def constrain(
    known: CatalogueTerms,
    words: Sequence[str],
    named: Named,
    quote: str,
    before: str = "",
    after: str = "",
    wanted: bool = True,
) -> Constraint | None:
    """The constraint that a name comes to: of a category before a brand's or an attribute's.

    `before` and `after` are the words beside it: a brand that is a common word needs one that says it is a brand.
    """
    if named.categories and not (named.brands and _says_brand(before, after)):
        return Constraint(CATEGORY, tuple(named.categories), wanted, quote=quote)
    brands = [one for one in named.brands if is_brand(known.vocabulary, words, one, before, after)]
    if brands:
        return Constraint(BRAND, tuple(brands), wanted, quote=quote)
    for attribute, values in named.attributes.items():
        return Constraint(ATTRIBUTE, tuple(sorted(values)), wanted, attribute, quote=quote)
    return None


def is_brand(vocabulary: Vocabulary, words: Sequence[str], brand: str, before: str, after: str) -> bool:
    """Whether these words mean the brand: they are several, or words beside them say so, or it is its own word."""
    return len(words) > 1 or _says_brand(before, after) or vocabulary.is_own(words[0], brand)


def _says_brand(before: str, after: str) -> bool:
    return before in BRAND_BEFORE or after in BRAND_AFTER


def find_own_brand(vocabulary: Vocabulary, phrase: str) -> Named | None:
    """ "store brand", "name brand": what this catalogue calls it."""
    meant = OWN_BRANDS.get(phrase)
    named = vocabulary.find([meant]) if meant else None
    return Named(brands=named.brands) if named is not None and named.brands else None


def constrain_word(vocabulary: Vocabulary, phrase: str, quote: str, wanted: bool = True) -> Constraint | None:
    """That an item's text holds the phrase, as it is or in other words; None where none speaks of it."""
    for one in (phrase, *other_words(phrase)):
        if vocabulary.has_phrase(one) or (not wanted and vocabulary.is_denied(one)):
            return Constraint(WORD, (one,), wanted, quote=quote)
    return None


def constrain_meaning(known: CatalogueTerms, phrase: str, quote: str, wanted: bool = True) -> Constraint | None:
    """The categories that mean what the phrase says, though they say it in other words."""
    names = tuple(known.nearest(phrase))
    return Constraint(CATEGORY, names, wanted, quote=quote, read_by=BY_MEANING) if names else None
