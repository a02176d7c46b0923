"""The words of what a wish wants, in their order; Chinese ones in the words that the catalogue has for them.

A token is what is looked up beside what was said for it. Chinese is matched sign by sign with the longest word that the
catalogue, the list of shop words or the cues know; what none of them knows is cut as any text is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from re import compile as compile_pattern

from recommender.search.text.normalization import IDEOGRAPHS
from recommender.search.text.tokenization import split_folded
from recommender.search.text.translations import TO_ENGLISH, longest_at
from recommender.steering.reading.cues import DIETS_ZH, FILLERS_ZH, SOFT_ZH
from recommender.steering.reading.vocabulary import Vocabulary

_RUNS = compile_pattern(rf"[{IDEOGRAPHS}a-z\d]*[{IDEOGRAPHS}][{IDEOGRAPHS}a-z\d]*|[^{IDEOGRAPHS}]+")
_LONGEST = max(map(len, (*DIETS_ZH, *TO_ENGLISH, *SOFT_ZH)))
_JOINS = compile_pattern(r"[和或及、,，]")
_IS_IDEOGRAPH = compile_pattern(rf"[{IDEOGRAPHS}]")


@dataclass(frozen=True, slots=True)
class Token:
    """`word` is looked up; `surface` stands in the wish. `joins`: it is "and", "or" or a comma."""

    word: str
    surface: str
    joins: bool = False


def tokens_of(text: str, vocabulary: Vocabulary) -> list[Token]:
    """Of a folded text."""
    found: list[Token] = []
    for run in _RUNS.findall(text):
        found += _chinese(run, vocabulary) if _IS_IDEOGRAPH.search(run) else _spaced(run)
    return found


def _spaced(run: str) -> Iterator[Token]:
    for clause in run.replace("&", " and ").replace("/", " or ").split(","):
        for word in split_folded(clause):
            yield Token(word, word, word in ("and", "or"))
        yield Token(",", ",", True)


def _chinese(run: str, vocabulary: Vocabulary) -> Iterator[Token]:
    unread, place = "", 0
    while place < len(run):
        taken = _word_at(run, place, vocabulary)
        if taken:
            yield from _left(unread)
            unread = ""
            yield from _translated(taken, vocabulary)
            place += len(taken)
        else:
            unread += run[place]
            place += 1
    yield from _left(unread)


def _word_at(run: str, place: int, vocabulary: Vocabulary) -> str:
    longest = max(_LONGEST, vocabulary.longest_ideographic)
    words = (vocabulary.ideographic, DIETS_ZH, TO_ENGLISH, SOFT_ZH)
    return max((longest_at(run, place, one, longest) for one in words), key=len)


def _translated(phrase: str, vocabulary: Vocabulary) -> Iterator[Token]:
    """As the catalogue has it: in Chinese where it does, else in the English words that stand for it."""
    if phrase in vocabulary.ideographic or (phrase not in SOFT_ZH and vocabulary.is_word(phrase)):
        yield Token(phrase, phrase)
        return
    english = DIETS_ZH.get(phrase) or TO_ENGLISH.get(phrase) or SOFT_ZH[phrase]
    for word in english.split():
        yield Token(word, phrase)


def _left(unread: str) -> Iterator[Token]:
    """What no list knows: between words that only fill."""
    for part in _JOINS.split(FILLERS_ZH.sub(" ", unread)):
        for word in split_folded(part):
            yield Token(word, word)
    if _JOINS.search(unread):
        yield Token(",", ",", True)
