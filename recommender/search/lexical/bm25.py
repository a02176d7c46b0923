"""BM25 over the texts of a catalogue: which texts hold a query's words, and how much that says.

Beside the words stand the marks of `statements`: quantities, codes, and what a text denies. A word that a text denies
is none of its words.

It knows texts and no items; several items may share a text. The index is built whole, from texts whose words are
remembered, which takes about a second for 50,000 distinct texts; the score of a query over all of them takes less
than a millisecond (bm25s keeps the scores of each word ready).

Shape suffixes: M distinct texts, t terms.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import bm25s
import numpy as np
from numpy.typing import NDArray

from recommender.search.lexical.inverted_index import Postings
from recommender.search.lexical.pinyin import Sounds
from recommender.search.lexical.spelling_correction import Speller
from recommender.search.text.statements import Statements, read_statements
from recommender.search.text.tokenization import is_fragment, is_ideographic, stem

LEAST_SHARE = 0.5  # of what a query's words say a text must hold to be found by them,
OF_THE_BEST = 0.7  # or this much of what the best text holds
OF_A_PIECE = 0.6  # of the pairs of signs, numbers and letters that stand together: fewer meet by chance
MARK = 0.4  # what BM25 gives a word of a text of usual length, by its rarity
NAME = 0.4  # the same of a word that is the whole name of a text's category or attribute
QUANTITY = 0.4  # a little less than it gives a word of a title: what is written as it was asked for goes before
NONE: Mapping[str, Sequence[str]] = MappingProxyType({})


class Lexicon:
    """The words of texts, weighed."""

    def __init__(self, texts: Sequence[str], read: dict[str, Statements] | None = None) -> None:
        """`read` remembers what texts say between one index and the next."""
        read = {} if read is None else read
        for text in set(texts) - read.keys():
            read[text] = read_statements(text)
        uses: Counter[str] = Counter()
        vocabulary: dict[str, int] = {}
        rows = []
        for text in texts:
            uses.update(set(read[text].words))
            rows.append([vocabulary.setdefault(stem(word), len(vocabulary)) for word in read[text].words])
        self.size = len(rows)
        self.vocabulary, self.uses = vocabulary, uses
        self.speller = Speller(uses, vocabulary)
        self.sounds = Sounds(uses) if any(map(is_ideographic, uses)) else None
        self.marks = Postings([read[text].marks for text in texts])
        self._bm25 = bm25s.BM25(dtype="float32") if vocabulary else None
        if self._bm25 is not None:
            self._bm25.index((rows, vocabulary), create_empty_token=False, show_progress=False)
        self._idf_V = self._rarity(rows)

    def _rarity(self, rows: Iterable[Sequence[int]]) -> NDArray[np.float32]:
        counts_t = np.zeros(len(self.vocabulary))
        for row in rows:
            counts_t[list(set(row))] += 1
        rarity: NDArray[np.float32] = np.log(1 + (self.size - counts_t + 0.5) / (counts_t + 0.5)).astype(np.float32)
        return rarity

    def holds(self, word: str) -> bool:
        """Whether some text holds this folded word."""
        return stem(word) in self.vocabulary

    def known(self, terms: Iterable[str]) -> list[str]:
        """Those of the terms that some text holds, each once."""
        return [term for term in dict.fromkeys(terms) if term in self.vocabulary]

    def scores(
        self, terms: Sequence[str], marks: Sequence[str] = (), amounts: Mapping[str, Sequence[str]] = NONE
    ) -> NDArray[np.float32]:
        """BM25 of every text, and what its marks add; 0 where it holds none of the terms and marks.

        A mark adds as much as a word that is as rare, and no more than the words do on average: what is asked for goes
        before how much of it. `amounts` are the terms of each quantity, by its mark: a text with the mark scores at
        least as if it held them.
        """
        known = self.known(terms)
        scores_M = self._bm25_of(known)
        most = self._mean_rarity(known) if known else float("inf")
        for mark in dict.fromkeys(marks):
            if mark not in amounts:
                scores_M[self.marks.holders(mark)] += np.float32(MARK * min(self.marks.rarity(mark), most))
        for mark, parts in amounts.items():
            holders, part_M = self.marks.holders(mark), self._bm25_of(self.known(parts))
            worth = np.float32(QUANTITY * sum(self._rarity_of(part, mark) for part in parts))
            part_M[holders] = np.maximum(part_M[holders], worth) + np.float32(MARK) * worth
            scores_M += part_M
        return scores_M

    def worth_of_names(self, terms: Sequence[str]) -> float:
        """What it adds to an item that these terms are its category's or attribute's whole name."""
        return NAME * sum(self._rarity_of(term) for term in terms)

    def _bm25_of(self, known: Sequence[str]) -> NDArray[np.float32]:
        if self._bm25 is None or not known:
            return np.zeros(self.size, dtype=np.float32)
        scores_M: NDArray[np.float32] = self._bm25.get_scores(list(known))
        return scores_M

    def _mean_rarity(self, known: Sequence[str]) -> float:
        return float(np.mean([self._idf_V[self.vocabulary[term]] for term in known]))

    def _rarity_of(self, term: str, mark: str | None = None) -> float:
        """That of a term; of the mark that stands for it, where no text writes it so."""
        if term in self.vocabulary:
            return float(self._idf_V[self.vocabulary[term]])
        return self.marks.rarity(mark) if mark is not None and len(self.marks.holders(mark)) else 0.0

    def held(self, terms: Sequence[str], amounts: Mapping[str, Sequence[str]] = NONE) -> NDArray[np.float32]:
        """Between 0 and 1: how much of what the terms and quantities say each text holds, by their rarity.

        A term that no text holds counts as the others do on average.
        """
        wanted: dict[str, str | None] = dict.fromkeys(terms)
        wanted |= {part: mark for mark, parts in amounts.items() for part in parts or (mark,)}
        held_M = np.zeros(self.size, dtype=np.float32)
        known = {term: rarity for term, mark in wanted.items() if (rarity := self._rarity_of(term, mark))}
        for term, rarity in known.items():
            mark = wanted[term]
            if mark is None:
                held_M[self.holders(term)] += np.float32(rarity)
                continue
            either_M = np.zeros(self.size, dtype=bool)
            either_M[self.holders(term)] = either_M[self.marks.holders(mark)] = True
            held_M[either_M] += np.float32(rarity)
        whole = sum(known.values()) * len(wanted) / max(len(known), 1)
        return held_M / np.float32(max(whole, 1e-9))

    def found(self, held_M: NDArray[np.float32], informative_M: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
        """Which texts hold enough of a query to be found by its words.

        Where no text holds half of it, those that hold the most; only those that hold something informative.
        """
        most = float(held_M.max(initial=0))
        least = min(LEAST_SHARE, OF_THE_BEST * most)
        found_M: NDArray[np.bool_] = (held_M >= least - 1e-5) & (held_M > 0)
        return found_M if informative_M is None else found_M & informative_M

    def informative(self, pieces: Iterable[Sequence[str]]) -> NDArray[np.bool_]:
        """Which texts hold a whole word of these pieces of a query, or most of the words of one of them.

        Nonsense shares single numbers, letters and pairs of characters with some text by chance.
        """
        informative_M = np.zeros(self.size, dtype=bool)
        for piece in pieces:
            count_M = np.zeros(self.size, dtype=np.int32)
            for term in {stem(word) for word in piece}:
                count_M[self.holders(term)] += 1
            informative_M |= count_M >= OF_A_PIECE * len({stem(word) for word in piece})
            for word in piece:
                if not is_fragment(word):
                    informative_M[self.holders(stem(word))] = True
        return informative_M

    def holders(self, term: str) -> NDArray[np.int32]:
        """The texts that hold a term."""
        if self._bm25 is None or term not in self.vocabulary:
            return np.zeros(0, dtype=np.int32)
        place, arrays = self.vocabulary[term], self._bm25.scores
        holders: NDArray[np.int32] = arrays["indices"][arrays["indptr"][place] : arrays["indptr"][place + 1]]
        return holders
