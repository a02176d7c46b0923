"""Texts as they are compared: capitals, accents, widths and variants of one character don't count.

It knows characters, and neither words nor items. Folding a folded text changes nothing.

- Compatibility forms (full and half width, ligatures, Kangxi radicals) become the usual ones by Unicode's NFKC; a
  vulgar fraction becomes "1/2", set apart from a number before it (`1½` is "1 1/2"), and a raised digit stands apart.
- Accents are taken off Latin, Greek and Cyrillic letters, points off Hebrew and Arabic ones. Marks that make another
  letter stay: the voicing of kana, the vowels and tones of Thai and of the scripts of India.
- Letters that Unicode doesn't decompose (ß, ı, æ, ø, ł) become usual Latin ones, decimal digits of any script 0 to 9.
- Traditional Chinese becomes simplified by OpenCC's tables, hiragana becomes katakana.
"""

import re
import unicodedata
from functools import lru_cache

import opencc

IDEOGRAPHS = r"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_HAS_IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
_ELISION = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_FRACTION = re.compile(r"(\d?)([\u00bc-\u00be\u2150-\u215e\u2189])")
_RAISED = re.compile(r"(?<=\d)(?=[\u00b2\u00b3\u00b9\u2070-\u2079\u2080-\u2089])")
_SIGNS = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2212\uff0d\ufe63", "-"),  # hyphens, a dash in a range, minus
        **dict.fromkeys("“”„‟″〞＂", '"'),
        **dict.fromkeys("‘’‛′`´＇", "'"),
        "\u2044": "/",
        "\u2116": "nr ",  # №: else its letters say "no"
        "\u0640": None,  # Arabic tatweel only stretches a word
        "\u00ad": None,  # a soft hyphen is not seen
    }
)
_LETTERS = str.maketrans(
    {
        **{
            "ı": "i",
            "æ": "ae",
            "œ": "oe",
            "ø": "o",
            "ł": "l",
            "đ": "d",
            "ð": "d",
            "þ": "th",
            "ħ": "h",
            "ŋ": "n",
            "ŧ": "t",
        },
        **{"ک": "ك", "ی": "ي", "ى": "ي", "ە": "ه"},  # Persian and Urdu forms of Arabic letters
        **{chr(code): chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)},
    }
)


def to_plain(text: str) -> str:
    """Lower case, without accents, every width the usual one, every blank one space; the script stays."""
    if text.isascii():
        return " ".join(_ELISION.sub("", text.lower()).split())
    text = _RAISED.sub(" ", _FRACTION.sub(_separate, text)).translate(_SIGNS)
    decomposed = unicodedata.normalize("NFKD", text).translate(_SIGNS).casefold()
    letters = unicodedata.normalize("NFC", "".join(_without_accents(decomposed)))
    return " ".join(_ELISION.sub("", letters).split())


def fold(text: str) -> str:
    """A text as it is compared: `to_plain`, with variants of one character as one."""
    text = to_plain(text)
    if text.isascii():
        return text
    text = text.translate(_LETTERS)
    if _HAS_IDEOGRAPH.search(text):
        for converter in _simplifiers():
            text = converter.convert(text)
    return text


def _separate(found: re.Match[str]) -> str:
    """ "1½" as "1 1/2": its digits would run into the number before it."""
    before, sign = found.groups()
    return f"{before} {sign}" if before else sign


def _without_accents(decomposed: str) -> list[str]:
    kept, accented = [], False
    for letter in decomposed:
        if unicodedata.combining(letter) or "\u064b" <= letter <= "\u065f":
            if not (accented or _is_point(letter)):
                kept.append(letter)
            continue
        accented = letter < "\u0530" or "\u1e00" <= letter <= "\u1fff"  # Latin, Greek, Cyrillic
        kept.append(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter)
    return kept


def _is_point(mark: str) -> bool:
    """Hebrew points and Arabic vowel signs: most texts leave them out."""
    return "\u0591" <= mark <= "\u05c7" or "\u064b" <= mark <= "\u065f" or mark == "\u0670"


@lru_cache(1)
def _simplifiers() -> tuple[opencc.OpenCC, ...]:
    """What is written in Taiwan and what is written in Hong Kong have variants of their own."""
    return opencc.OpenCC("tw2s"), opencc.OpenCC("hk2s")
