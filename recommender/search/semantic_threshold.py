"""From which cosine on a text is near a query in meaning: what nonsense doesn't reach.

Encoders differ in how high their cosines are (unrelated texts: .1 of MiniLM, .8 of E5), and in which scripts they can
read, so the bounds are measured on the catalogue at hand and for each script: strings that mean nothing are read like
queries, and what the nearest text to them reaches is no sign of meaning. A query of which some word is known to the
catalogue or the encoder has to be nearer than most nonsense is, any other nearer than all of it by a margin.

Shape suffixes: S strings of a sample, in one script, E width of the vectors.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.models.vector_index import Vectors

_MASHED = (
    "asdfghjkl", "xyzzy", "qwerty zxcvb", "vbnmtrw", "oiuqpwe lkj", "zzkqwj", "fjdksla", "wrtplmk", "qpwoeiruty",
    "blorft gnarzle", "kjhgfd", "ptrzk mvx", "yuiop hjkl", "gthnbv rfdcx", "wxcvbn azert", "drmpf",
)  # fmt: skip
_ALPHABETS = {
    "LATIN": "abcdefghijklmnopqrstuvwxyz",
    "DIGIT": "0123456789",
    "CYRILLIC": "абвгдежзийклмнопрстуфхцчшщыьэюя",
    "GREEK": "αβγδεζηθικλμνξοπρστυφχψω",
    "ARABIC": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "HEBREW": "אבגדהוזחטיכלמנסעפצקרשת",
    "THAI": "กขคงจฉชซญดตถทธนบปผพฟภมยรลวศสหอะาเแโไ",
    "DEVANAGARI": "अआइईउऊएकखगघचछजझटठडतथदधनपफबभमयरलवशसह",
    "CJK": "".join(map(chr, range(0x4E00, 0x9FA0, 7))),
    "KATAKANA": "".join(map(chr, range(0x30A2, 0x30F3))),
    "HANGUL": "".join(map(chr, range(0xAC00, 0xD7A3, 19))),
}
STRINGS = 16  # of each script
SHARE = 0.75
MARGIN = 1.0  # of the distance between the median and the most that nonsense reaches


def _strings() -> dict[str, tuple[str, ...]]:
    """Strings of each script whose letters are drawn evenly, the same ones each time."""
    rng = random.Random(0)  # noqa: S311 (no secret)

    def drawn(letters: str) -> str:
        return " ".join("".join(rng.choices(letters, k=rng.randint(3, 9))) for _ in range(rng.randint(1, 3)))

    made = {script: tuple(drawn(letters) for _ in range(STRINGS)) for script, letters in _ALPHABETS.items()}
    return made | {"LATIN": (*_MASHED, *made["LATIN"])}


_NONSENSE = _strings()
NONSENSE = tuple(text for texts in _NONSENSE.values() for text in texts)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Cosines from which a text is near a query of a script: if the query is of known words, and if it isn't."""

    known: float
    unknown: float


class Nearness:
    """`least` says from which cosine on a text is near a query."""

    def __init__(self, bounds: Mapping[str, Bounds]) -> None:
        self._bounds = bounds
        self._highest = Bounds(max(one.known for one in bounds.values()), max(one.unknown for one in bounds.values()))

    def least(self, query: str, is_real: bool = True) -> float:
        """`is_real`: some word of the query is known to the catalogue or the encoder."""
        bounds = self._bounds.get(script_of(query), self._highest)
        return bounds.known if is_real else bounds.unknown


def measure_nearness(encoded: NDArray[np.float32], texts: Vectors) -> Nearness:
    """`encoded` are the vectors of `NONSENSE` read as queries, in the width of the texts'."""
    bounds, start = {}, 0
    for script, strings in _NONSENSE.items():
        part_SE = encoded[start : start + len(strings)]
        start += len(strings)
        bounds[script] = _bounds(part_SE, texts, len(_MASHED) if script == "LATIN" else len(strings))
    return Nearness(bounds)


def script_of(text: str) -> str:
    """The script of most of a text's letters, by its name in Unicode; digits where it has no letters."""
    scripts = Counter(_script(sign) for sign in text if sign.isalnum())
    letters = {script: count for script, count in scripts.items() if script != "DIGIT"}
    return max(letters, key=lambda script: letters[script]) if letters else "DIGIT"


def _script(sign: str) -> str:
    if sign.isdigit():
        return "DIGIT"
    name = unicodedata.name(sign, "").split(" ")[0].split("-")[0]
    return "KATAKANA" if name in ("HIRAGANA", "HALFWIDTH") else name


def _bounds(encoded_SE: NDArray[np.float32], texts: Vectors, usual: int) -> Bounds:
    """`usual` is how many of the strings, from the first on, the bound of known words is measured by."""
    if not len(texts.vectors_ND):
        return Bounds(1.0, 1.0)
    nearest_S = texts.highest(encoded_SE)
    most = float(nearest_S.max())
    return Bounds(float(np.quantile(nearest_S[:usual], SHARE)), most + MARGIN * (most - float(np.median(nearest_S))))
