"""Mends a query's misspelled words by the words the catalogue uses.

It knows words and how many texts use each. A word the catalogue uses is never touched, nor one that the encoder reads
as one piece: that is no slip, the shop just doesn't say it. Any other becomes the nearest word of the catalogue, by
optimal string alignment (a letter more, less, other, or two swapped) to it or to its singular, if that is near enough
for its length; else two words of the catalogue that were written as one. Numbers, ids and scripts without letters are
left alone. Where no word of a query is known, all of it may be nonsense, and some word of the catalogue is near almost
every string of four letters: then only likely slips (`edit_cost`) are mended, and no first letter of a short word is
changed.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from recommender.search.lexical.edit_cost import slip_cost
from recommender.search.text.tokenization import is_spelled, stem

SHORTEST = 4  # shorter words have too many neighbours
TWO_FAULTS = 8  # from this length on a word may hold two
SURE_OF_ITSELF = 6  # from this length on its first letter may be the slip, too
CACHE_SIZE = 50_000
MOST_LETTERS = 40


class Speller:
    """`uses` says of each word how many texts it is in; `stems` are the words as they are compared."""

    def __init__(self, uses: Mapping[str, int], stems: Container[str]) -> None:
        self._uses, self._stems = uses, stems
        self._forms: dict[int, list[str]] = defaultdict(list)  # by their length
        self._words: dict[int, list[str]] = defaultdict(list)  # the word that each of these is a form of
        for word in uses:
            for form in {word, _singular(word)}:
                if SHORTEST - 1 <= len(form) <= MOST_LETTERS and is_spelled(form):
                    self._forms[len(form)].append(form)
                    self._words[len(form)].append(word)
        self._nearest = lru_cache(CACHE_SIZE)(self._find_nearest)

    def corrected(self, words: list[str], is_word: Callable[[str], bool] = lambda _: False) -> list[str]:
        """The same words, the misspelled ones mended where that can be done; `is_word` says which are none."""
        better = self.corrections(words, is_word)
        return [right for word in words for right in better.get(word, [word])]

    def corrections(
        self, words: Iterable[str], is_word: Callable[[str], bool] = lambda _: False
    ) -> dict[str, list[str]]:
        """What stands for each misspelled word of a query; right and hopeless ones are not among them."""
        distinct = list(dict.fromkeys(words))
        unknown = [word for word in distinct if not self._knows(word) and not is_word(word)]
        context = any(len(word) > 1 and not word[0].isdigit() for word in set(distinct) - set(unknown))
        found = {word: self._nearest(word, context) for word in unknown}
        return {word: right.split() for word, right in found.items() if right}

    def _knows(self, word: str) -> bool:
        return word in self._uses or stem(word) in self._stems

    def _find_nearest(self, word: str, context: bool) -> str | None:
        if not (SHORTEST <= len(word) <= MOST_LETTERS) or not is_spelled(word):
            return None
        faults = 2 if len(word) >= TWO_FAULTS else 1
        best: tuple[int, bool, int, str] | None = None
        for length in range(len(word) - faults, len(word) + faults + 1):
            forms = self._forms.get(length, ())
            for form, distance, place in process.extract_iter(word, forms, scorer=OSA.distance, score_cutoff=faults):
                if context or self._is_likely(word, form, faults):
                    known = self._words[length][place]
                    # nearer first, then one that begins alike, then the one in more texts
                    found = (int(distance), form[0] != word[0], -self._uses[known], known)
                    best = min(best, found) if best else found
        return best[3] if best else self._parted(word)

    @staticmethod
    def _is_likely(word: str, form: str, faults: int) -> bool:
        begins_right = word[0] == form[0] or len(word) >= SURE_OF_ITSELF
        return begins_right and len(form) >= SHORTEST and slip_cost(word, form) <= faults

    def _parted(self, word: str) -> str | None:
        """ "icecream" as "ice cream": the two words whose rarer one is in the most texts."""
        places = range(SHORTEST - 1, len(word) - SHORTEST + 2)
        parts = [(word[:place], word[place:]) for place in places]
        known = [
            (min(self._uses[first], self._uses[rest]), f"{first} {rest}")
            for first, rest in parts
            if first in self._uses and rest in self._uses
        ]
        return max(known)[1] if known else None


def _singular(word: str) -> str:
    """ "banana" of "bananas"; any other word as it is."""
    return word[:-1] if word == f"{stem(word)}s" else word
