"""What the text of an item says, as it is indexed: its words, and marks for its numbers and for what it denies.

It knows no items and no index. A mark is a string that no word can be: those of `numbers`, and `-sugar` for a text that
says that there is no sugar.
"""

from dataclasses import dataclass

from recommender.search import numbers
from recommender.search.folding import folded
from recommender.search.negation import read_polarity
from recommender.search.words import is_ideographic, stem, words_of


@dataclass(frozen=True, slots=True)
class Statements:
    """`words` as they are written, in their order; `marks` each once."""

    words: list[str]
    marks: list[str]


def read_statements(text: str) -> Statements:
    """Reads the text of an item."""
    polarity = read_polarity(folded(text))
    marks = numbers.marks(polarity.said)
    for phrase in polarity.denied:
        marks += denial_marks(phrase)
    return Statements(words_of(polarity.said), list(dict.fromkeys(marks)))


def denial_marks(phrase: str) -> list[str]:
    """What a text that denies this folded phrase is marked with: each of its words."""
    said = [f"-{stem(word)}" for word in words_of(phrase)]
    return [*said, f"-{phrase}"] if is_ideographic(phrase) else said
