"""Which texts hold a word that a query does not want.

It knows a lexicon. A text that denies the word ("sugar-free") holds it nowhere, whatever else it says. A word also
stands for those derived from it ("decaf" for "decaffeinated", "sugar" for "sugary"), but not for compounds with another
word of the catalogue ("pepper" is not in "peppermint"). A word in ideographs stands in those that end with it (糖 in
砂糖, not in 糖果), from two signs on in all that hold it.

Shape suffixes: M distinct texts of the lexicon.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from recommender.search.lexical.bm25 import Lexicon
from recommender.search.text.statements import denial_marks
from recommender.search.text.tokenization import is_ideographic, split_folded, stem

SHORTEST_ROOT = 5  # letters of a word from which others are derived
_NEGATING = ("less", "free", "frei")


def excluded_texts(lexicon: Lexicon, phrases: Iterable[str]) -> NDArray[np.bool_]:
    """The texts that hold all words of any of these folded phrases."""
    excluded_M = np.zeros(lexicon.size, dtype=bool)
    for phrase in phrases:
        excluded_M |= _holding(lexicon, phrase) & ~_denying(lexicon, phrase)
    return excluded_M


def _denying(lexicon: Lexicon, phrase: str) -> NDArray[np.bool_]:
    denying_M = np.zeros(lexicon.size, dtype=bool)
    for mark in denial_marks(phrase)[-1:] if is_ideographic(phrase) else denial_marks(phrase):
        denying_M[lexicon.marks.holders(mark)] = True
    return denying_M


def _holding(lexicon: Lexicon, phrase: str) -> NDArray[np.bool_]:
    if is_ideographic(phrase):
        whole = [word for word in lexicon.uses if word.endswith(phrase) or (len(phrase) > 1 and phrase in word)]
        if whole:
            return _with_any(lexicon, map(stem, whole))
    holding_M = np.ones(lexicon.size, dtype=bool)
    words = split_folded(phrase)
    for word in words:
        holding_M &= _with_any(lexicon, {stem(word), *_derived(lexicon, word)})
    return holding_M if words else np.zeros(lexicon.size, dtype=bool)


def _with_any(lexicon: Lexicon, terms: Iterable[str]) -> NDArray[np.bool_]:
    with_M = np.zeros(lexicon.size, dtype=bool)
    for term in terms:
        with_M[lexicon.holders(term)] = True
    return with_M


def _derived(lexicon: Lexicon, word: str) -> set[str]:
    if len(word) < SHORTEST_ROOT or not word.isalpha():
        return set()
    longer = ((used, used[len(word) :]) for used in lexicon.uses if used.startswith(word))
    return {stem(used) for used, rest in longer if rest not in lexicon.uses and not rest.startswith(_NEGATING)}
