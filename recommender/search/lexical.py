"""BM25 over the texts of a catalogue: which texts hold a query's words, and how much that says.

It knows texts and no items; several items may share a text. The index is built whole, from texts whose words are
remembered, which takes about a second for 50,000 distinct texts; the score of a query over all of them takes less
than a millisecond (bm25s keeps the scores of each word ready).

Shape suffixes: M texts, V terms.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
from numpy.typing import NDArray

from recommender.search.spelling import Speller
from recommender.search.words import stem, words

LEAST_SHARE = 0.5  # of what a query's words say a text must hold to be found by them,
OF_THE_BEST = 0.7  # or this much of what the best text holds


class Lexicon:
    """The words of texts, weighed."""

    def __init__(self, texts: Sequence[str], cut: dict[str, list[str]] | None = None) -> None:
        """`cut` remembers the words of texts between one index and the next."""
        cut = {} if cut is None else cut
        for text in set(texts) - cut.keys():
            cut[text] = words(text)
        uses: Counter[str] = Counter()
        vocabulary: dict[str, int] = {}
        rows = []
        for text in texts:
            uses.update(set(cut[text]))
            rows.append([vocabulary.setdefault(stem(word), len(vocabulary)) for word in cut[text]])
        self.size = len(rows)
        self.vocabulary = vocabulary
        self.speller = Speller(uses, vocabulary)
        self._bm25 = bm25s.BM25(dtype="float32") if vocabulary else None
        if self._bm25 is not None:
            self._bm25.index((rows, vocabulary), create_empty_token=False, show_progress=False)
        self._idf_V = self._rarity(rows)

    def _rarity(self, rows: Iterable[Sequence[int]]) -> NDArray[np.float32]:
        counts_V = np.zeros(len(self.vocabulary))
        for row in rows:
            counts_V[list(set(row))] += 1
        rarity: NDArray[np.float32] = np.log(1 + (self.size - counts_V + 0.5) / (counts_V + 0.5)).astype(np.float32)
        return rarity

    def known(self, terms: Iterable[str]) -> list[str]:
        """Those of the terms that some text holds, each once."""
        return [term for term in dict.fromkeys(terms) if term in self.vocabulary]

    def scores(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """BM25 of every text; 0 where it holds none of the terms."""
        known = self.known(terms)
        if self._bm25 is None or not known:
            return np.zeros(self.size, dtype=np.float32)
        scores_M: NDArray[np.float32] = self._bm25.get_scores(known)
        return scores_M

    def held(self, terms: Sequence[str]) -> NDArray[np.float32]:
        """Between 0 and 1: how much of what the terms say each text holds, by their rarity.

        A term that no text holds counts as the others do on average.
        """
        known = self.known(terms)
        rarities = {term: float(self._idf_V[self.vocabulary[term]]) for term in known}
        held_M = np.zeros(self.size, dtype=np.float32)
        for term, rarity in rarities.items():
            held_M[self.holders(term)] += rarity
        whole = sum(rarities.values()) * len(set(terms)) / max(len(known), 1)
        return held_M / np.float32(max(whole, 1e-9))

    def found(self, held_M: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which texts hold enough of a query to be found by its words."""
        most = float(held_M.max(initial=0))
        least = min(LEAST_SHARE, OF_THE_BEST * most)
        found_M: NDArray[np.bool_] = (held_M >= least - 1e-5) & (held_M > 0)
        return found_M

    def holders(self, term: str) -> NDArray[np.int32]:
        """The texts that hold a term."""
        if self._bm25 is None or term not in self.vocabulary:
            return np.zeros(0, dtype=np.int32)
        place, arrays = self.vocabulary[term], self._bm25.scores
        holders: NDArray[np.int32] = arrays["indices"][arrays["indptr"][place] : arrays["indptr"][place + 1]]
        return holders
