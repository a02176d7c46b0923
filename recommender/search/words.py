"""What a text says, as words that can be compared: folded, cut and stemmed, in any script.

It knows letters and no items. Chinese is cut by jieba where it is installed, else into pairs of characters; English
endings are stripped (Porter's second algorithm, as `snowballstemmer` has it), words of other languages stay as they
are.
"""

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

import snowballstemmer

MOST_KEPT = 200_000  # distinct words remembered with their stems
_IDEOGRAPHS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNSPACED = r"\u3040-\u30ff\u0e00-\u0e7f"  # kana and Thai are written without spaces, too
_PIECES = re.compile(rf"[{_IDEOGRAPHS}]+|[{_UNSPACED}]+|\d+(?:[.,]\d+)*|[^\W\d_{_IDEOGRAPHS}{_UNSPACED}]+")
_IS_IDEOGRAPH = re.compile(rf"[{_IDEOGRAPHS}]")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
_ELISION = re.compile(r"(?<=\w)['’](?=\w)")
# words that say nothing of what is wanted
_LITTLE = frozenset(
    {"a", "an", "and", "are", "at", "by", "de", "for", "from", "in", "is", "it", "of", "on", "or", "s", "that", "the"}
    | {"this", "to", "with", "的", "了", "和", "与", "在", "是"}
)
_stemmer = snowballstemmer.stemmer("english")


def folded(text: str) -> str:
    """Lower case, without accents, full-width letters as usual ones, every blank one space."""
    if text.isascii():
        return " ".join(_ELISION.sub("", text.lower()).split())
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(_ELISION.sub("", unicodedata.normalize("NFC", plain).casefold()).split())


def words(text: str) -> list[str]:
    """The words of a text in its order, as they are written."""
    return [word for piece in _PIECES.findall(folded(text)) for word in _cut(piece)]


def terms(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [stem(word) for word in words(text)]


def telling(said: list[str]) -> list[str]:
    """Without the little words between; all of them where there are no others."""
    return [word for word in said if word not in _LITTLE] or said


@lru_cache(MOST_KEPT)
def stem(word: str) -> str:
    return str(_stemmer.stemWord(word)) if word.isascii() and word.isalpha() else word


def is_spelled(word: str) -> bool:
    """Whether a word can be misspelled by a letter: it is of letters alone, and of a script that has letters."""
    return word.isalpha() and not _IS_IDEOGRAPH.match(word) and not _IS_UNSPACED.match(word)


def _cut(piece: str) -> Iterator[str]:
    if _IS_IDEOGRAPH.match(piece):
        yield from _segmenter()(piece)
    elif _IS_UNSPACED.match(piece):
        yield from pairs(piece)
    else:
        yield piece


def pairs(piece: str) -> list[str]:
    """Each two neighbouring characters; one alone as it is."""
    return [piece[place : place + 2] for place in range(len(piece) - 1)] or [piece]


@lru_cache(1)
def _segmenter() -> Callable[[str], list[str]]:
    try:
        import jieba  # reads its dictionary at the first Chinese text, in about a second
    except ImportError:
        return pairs
    jieba.setLogLevel(logging.WARNING)
    cut: Callable[[str], list[str]] = jieba.lcut_for_search
    return cut
