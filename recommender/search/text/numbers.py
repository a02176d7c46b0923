"""Numbers as people say them in a wish, and ages: folded text in, values and their places out. It knows no units."""

import re
from dataclasses import dataclass

from recommender.search.text.quantities import canonical

_WORDS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen twenty
"""
SPOKEN = {word: float(place) for place, word in enumerate(_WORDS.split())} | {
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0,
    "hundred": 100.0,
}  # fmt: skip
_DIGITS_ZH = {sign: place for place, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
# of bounded length, so that a text of nothing but digits takes no more time than another one
NUMBER = rf"(?:\d{{1,9}}(?:[.,]\d{{1,9}}){{0,3}}|(?:{'|'.join(SPOKEN)})(?![\w])|[一二两三四五六七八九十百]{{1,8}})"
_YOUNG = "girls?|boys?|child|kids?|daughter|son|niece|nephew|baby|toddler|grandson|granddaughter"
_AGE = re.compile(
    rf"(?<![\w.])(?:(?:aged?|is|turning) )?(?P<years>{NUMBER})[- ]?(?P<unit>years?|yrs?|months?|岁|周岁|个月)"
    r"(?:[- ]olds?)?大?"
    rf"|(?<=\w )(?:of|aged|turning) (?P<bare>{NUMBER})(?![\w%$€]| ?(?:oz|g|kg|ml|l|pack|ct|dollars?|euros?|bucks?)\b)"
)
_OF_YOUNG = re.compile(rf"(?:{_YOUNG}) $")
GROUPS = ((3, "baby toddler"), (13, "kids toy"), (20, "teenager"))


@dataclass(frozen=True, slots=True)
class Age:
    """How old somebody is, and where it is said."""

    years: float
    start: int
    end: int

    @property
    def words(self) -> str:
        """What kind of person that is, for the encoder; "" for grown-ups."""
        return next((words for below, words in GROUPS if self.years < below), "")


def find_age(text: str) -> Age | None:
    """The first age; a bare number is one after a child only ("a girl of six")."""
    for found in _AGE.finditer(text):
        if found["bare"] is not None and not _OF_YOUNG.search(text[: found.start()]):
            continue
        value = read_number(found["years"] or found["bare"])
        if value is not None:
            months = (found["unit"] or "").startswith(("month", "个月"))
            return Age(value / 12 if months else value, *found.span())
    return None


def read_number(text: str) -> float | None:
    """Digits, an English word or Chinese up to some hundreds; None for what is no number."""
    if text in SPOKEN:
        return SPOKEN[text]
    if text[0].isdigit():
        number = canonical(text)
        return float(number) if number.count(".") <= 1 and "," not in number else None
    return _chinese(text)


def _chinese(text: str) -> float | None:
    hundreds, _, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    if len(hundreds) > 1 or len(tens) > 1 or len(ones) > 1:
        return None
    digits = [_DIGITS_ZH.get(sign or default, -1) for sign, default in ((hundreds, "零"), (tens, "一"), (ones, "零"))]
    if min(digits) < 0:
        return None
    return float(100 * digits[0] + (10 * digits[1] if ten else 0) + digits[2])
