"""What the text of an item says, as it is indexed: its words, and marks for its numbers and for what it denies.

It knows no items and no index. A mark is a string that no word can be: those of `quantities`, and `-sugar` for a text
that says that there is no sugar.
"""

from dataclasses import dataclass
from functools import lru_cache
from sys import intern  # a word of thousands of texts is kept once

from recommender.search.text import quantities
from recommender.search.text.negation import read_polarity
from recommender.search.text.normalization import fold
from recommender.search.text.tokenization import is_ideographic, split_folded, stem

CLAUSE = " ; "  # between title, brand, categories, attributes and description
SHORT = 120  # characters of a clause that others may have, too
CACHE_SIZE = 20_000


@dataclass(frozen=True, slots=True)
class Statements:
    """`words` as they are written, in their order; `marks` each once."""

    words: list[str]
    marks: list[str]


def read_statements(text: str) -> Statements:
    """Reads the text of an item, whose clauses stand apart by `CLAUSE`."""
    affirmed, marks = list[str](), dict[str, None]()
    for clause in text.split(CLAUSE):
        words, marked = _read_short(clause) if len(clause) <= SHORT else _read(clause)
        affirmed += words
        marks.update(dict.fromkeys(marked))
    return Statements(affirmed, list(marks))


@lru_cache(CACHE_SIZE)
def _read_short(clause: str) -> tuple[list[str], list[str]]:
    """Names of brands and categories, and the title that stands twice, are read once."""
    return _read(clause)


def _read(clause: str) -> tuple[list[str], list[str]]:
    polarity = read_polarity(fold(clause))
    marks = quantities.marks(polarity.affirmed)
    for phrase in polarity.denied:
        marks += denial_marks(phrase)
    return [intern(word) for word in split_folded(polarity.affirmed)], [intern(mark) for mark in marks]


def denial_marks(phrase: str) -> list[str]:
    """What a text that denies this folded phrase is marked with: each of its words."""
    marks = [f"-{stem(word)}" for word in split_folded(phrase)]
    return [*marks, f"-{phrase}"] if is_ideographic(phrase) else marks
