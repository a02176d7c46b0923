"""What a text says, as words that can be compared: folded, cut and stemmed, in any script.

It knows letters and no items. Chinese is cut by `chinese_segmentation`, scripts without blanks into pairs of
characters; English endings are stripped (Porter's second algorithm, as `snowballstemmer` has it), words of other
languages stay as they are.
"""

import re
from functools import lru_cache

import snowballstemmer

from recommender.search.text.chinese_segmentation import cut_ideographs, pairs
from recommender.search.text.normalization import IDEOGRAPHS, fold
from recommender.search.text.quantities import FRACTION, canonical

CACHE_SIZE = 200_000  # distinct words remembered with their stems
# kana, Thai, Lao, Burmese and Khmer are written without spaces, too
_UNSPACED = r"\u3040-\u30fa\u30fc-\u30ff\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_MARKS = r"\u0300-\u036f\u0900-\u0963\u0966-\u0dff"  # vowels of Indian scripts are marks on letters
_PIECES = re.compile(
    rf"[{IDEOGRAPHS}]+|[{_UNSPACED}]+|{FRACTION}|\d+(?:[.,]\d+)*|(?:[^\W\d_{IDEOGRAPHS}{_UNSPACED}]|[{_MARKS}])+"
)
_IS_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")
# words that say nothing of what is wanted
_LITTLE = frozenset(
    {"a", "an", "and", "are", "at", "by", "de", "for", "from", "in", "is", "it", "of", "on", "or", "s", "that", "the"}
    | {"this", "to", "with", "的", "了", "和", "与", "在", "是"}
)
# American and British
_SPELLED_ALSO = {
    "gray": "grey", "color": "colour", "colors": "colours", "colored": "coloured", "flavor": "flavour",
    "flavors": "flavours", "flavored": "flavoured", "fiber": "fibre", "center": "centre", "jewelry": "jewellery",
    "yoghurt": "yogurt", "yoghurts": "yogurt", "donut": "doughnut", "donuts": "doughnut", "tyre": "tire",
    "tyres": "tires", "aluminium": "aluminum", "pajama": "pyjama", "pajamas": "pyjamas", "chili": "chilli",
    "moisturizer": "moisturiser", "moisturizers": "moisturisers", "moisturizing": "moisturising",
    "liter": "litre", "liters": "litres", "meter": "metre", "meters": "metres", "savory": "savoury",
    "whiskey": "whisky", "mustache": "moustache", "plow": "plough", "ax": "axe", "cozy": "cosy",
}  # fmt: skip
_stemmer = snowballstemmer.stemmer("english")


def split_words(text: str) -> list[str]:
    """The words of a text in its order, as they are written; a fraction is one."""
    return split_folded(fold(text))


def split_folded(folded_text: str) -> list[str]:
    """The words of a text that is folded already."""
    return [word for piece in pieces(folded_text) for word in piece]


def pieces(folded_text: str) -> list[list[str]]:
    """The words of each stretch of one kind: a word, a number, or a run of a script without blanks."""
    return [_cut(piece) for piece in _PIECES.findall(folded_text)]


def terms(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [stem(word) for word in split_words(text)]


def drop_little_words(words: list[str]) -> list[str]:
    """Without the little words between; all of them where there are no others."""
    return [word for word in words if word not in _LITTLE] or words


@lru_cache(CACHE_SIZE)
def stem(word: str) -> str:
    """A word as it is compared: in one spelling, without its English ending; a number with a point for its decimals."""
    if word[:1].isdigit():
        return canonical(word)
    word = _SPELLED_ALSO.get(word, word)
    return str(_stemmer.stemWord(word)) if word.isascii() and word.isalpha() else word


def is_spelled(word: str) -> bool:
    """Whether a word can be misspelled by a letter: it is of letters alone, and of a script that has letters."""
    return word.isalpha() and not _IS_IDEOGRAPH.match(word) and not _IS_UNSPACED.match(word)


def is_fragment(word: str) -> bool:
    """Whether a word says little by itself, so that nonsense may hold it by chance: a number, a letter, a pair."""
    return len(word) == 1 or word[0].isdigit() or bool(_IS_UNSPACED.match(word))


def is_ideographic(word: str) -> bool:
    """Whether a word is written in ideographs."""
    return bool(_IS_IDEOGRAPH.match(word))


def _cut(piece: str) -> list[str]:
    if _IS_IDEOGRAPH.match(piece):
        return cut_ideographs(piece)
    return pairs(piece) if _IS_UNSPACED.match(piece) else [piece]
