"""What the catalogue calls a thing that a query calls otherwise: by the shop's word list, or by its sound in Pinyin.

Only what no text of the catalogue holds is read otherwise, and only as words that some text holds. It knows an index
and no items.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from recommender.search.search_index import SearchIndex
from recommender.search.text.normalization import IDEOGRAPHS
from recommender.search.text.tokenization import split_folded, stem
from recommender.search.text.translations import TO_ENGLISH, longest_at, other_words

BY_LIST, BY_SOUND, BY_CLICKS = "list", "sound", "clicks"
MOST_WORDS = 3  # of a phrase that is looked up
_LONGEST = max(map(len, TO_ENGLISH))
_RUNS = re.compile(rf"[{IDEOGRAPHS}]+|[a-z]+(?:[ '][a-z]+)*")
LearnedWords = Mapping[str, str]  # by what shoppers say, what the catalogue has; both folded


@dataclass(frozen=True, slots=True)
class Replaced:
    """`phrase` in the query is searched for as `read_as`."""

    phrase: str
    read_as: str
    by: str


def read_otherwise(
    index: SearchIndex, text: str, is_word: Callable[[str], bool], learned: LearnedWords
) -> tuple[str, tuple[Replaced, ...]]:
    """A folded text in the catalogue's words, and what was replaced in it.

    `is_word`: the encoder knows the word, and finds what means it in the same language. `learned`: from clicks.
    """
    replaced: list[Replaced] = []

    def read(run: re.Match[str]) -> str:
        found = list((_chinese if not run[0].isascii() else _spaced)(index, run[0], is_word, learned))
        replaced.extend(one for one in found if isinstance(one, Replaced))
        if not any(isinstance(one, Replaced) for one in found):
            return run[0]
        read_as = " ".join(one.read_as if isinstance(one, Replaced) else one for one in found)
        return read_as if run[0].isascii() else f" {read_as} "

    text_read = _RUNS.sub(read, text)
    return (" ".join(text_read.split()), tuple(replaced)) if replaced else (text, ())


def _chinese(
    index: SearchIndex, run: str, is_word: Callable[[str], bool], learned: LearnedWords
) -> Iterator[str | Replaced]:
    """The longest words of the list that the catalogue doesn't use, and what stands between them."""
    if run in learned:
        yield Replaced(run, learned[run], BY_CLICKS)
        return
    if all(map(index.lexicon.holds, split_folded(run))):
        yield run
        return
    between, place = "", 0
    while place < len(run):
        phrase = longest_at(run, place, TO_ENGLISH, _LONGEST)
        read_as = TO_ENGLISH[phrase] if phrase and not index.lexicon.holds(phrase) else ""
        if read_as and index.texts_have(read_as):
            if between:
                yield between
            yield Replaced(phrase, read_as, BY_LIST)
            between = ""
        else:
            phrase = phrase or run[place]
            between += phrase
        place += len(phrase)
    if between:
        yield between


def _spaced(
    index: SearchIndex, run: str, is_word: Callable[[str], bool], learned: LearnedWords
) -> Iterator[str | Replaced]:
    """Phrases of the words, the longest first; then stretches of words that nobody knows, by their sound."""
    words, place = run.split(" "), 0
    unknown: list[str] = []
    while place < len(words):
        size, found = _longest(index, words[place:], is_word, learned)
        if found is None and not index.lexicon.holds(words[place]):
            unknown.append(words[place])
        else:
            yield from _by_sound(index, unknown, is_word)
            unknown = []
            yield found or words[place]
        place += size
    yield from _by_sound(index, unknown, is_word)


def _longest(
    index: SearchIndex, words: list[str], is_word: Callable[[str], bool], learned: LearnedWords
) -> tuple[int, Replaced | None]:
    for size in range(min(MOST_WORDS, len(words)), 0, -1):
        phrase = " ".join(words[:size])
        others = other_words(phrase)
        if not (others or phrase in learned) or index.texts_have(phrase):
            continue
        if phrase in learned:
            return size, Replaced(phrase, learned[phrase], BY_CLICKS)
        for other in others:
            if index.texts_have(other) and not (other.isascii() and is_word(phrase)):
                return size, Replaced(phrase, other, BY_LIST)
    return 1, None


def _by_sound(index: SearchIndex, words: list[str], is_word: Callable[[str], bool]) -> Iterator[str | Replaced]:
    if not words:
        return
    if index.lexicon.sounds is not None and not all(map(is_word, words)):
        readings = list(index.lexicon.sounds.readings("".join(words).replace("'", "")))
        if readings:
            best = max(readings, key=lambda reading: float(index.lexicon.held(list(map(stem, reading))).max(initial=0)))
            yield Replaced(" ".join(words), " ".join(best), BY_SOUND)
            return
    yield from words
