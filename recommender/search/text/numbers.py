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
_DIGIT_ZH = "[一二两三四五六七八九]"
# 两百五 is 250 and 两百零五 is 205; 百 alone is one hundred
_BELOW_10_000 = re.compile(rf"(?:({_DIGIT_ZH}?)千)?(?:零?({_DIGIT_ZH}?)百)?(?:零?({_DIGIT_ZH}?)十)?(零?)({_DIGIT_ZH}?)")
_PLACES_ZH = (1000, 100, 10)
_TIMES_ZH = {"千": 1_000, "万": 10_000}
# of bounded length, so that a text of nothing but digits takes no more time than another one
_SIGN_ZH = "[一二两三四五六七八九十百千万]"
NUMBER = (
    rf"(?:\d{{1,9}}(?:[.,]\d{{1,9}}){{0,3}}[千万]?|(?:{'|'.join(SPOKEN)})(?![\w])"
    rf"|{_SIGN_ZH}(?:零?{_SIGN_ZH}){{0,8}})"
)
_YOUNG = "girls?|boys?|child|kids?|daughter|son|niece|nephew|baby|toddler|grandson|granddaughter"
_AGE = re.compile(
    rf"(?<![\w.])(?:(?:aged?|is|turning) )?(?P<years>{NUMBER})[- ]?(?P<unit>years?|yrs?|months?|岁|周岁|个月)"
    r"(?:[- ]olds?)?大?"
    # right after another sign, as in 给3岁的孩子; months there may be those of a guarantee (保修6个月)
    rf"|(?<=[\u3400-\u9fff])(?<!第)(?P<text>{NUMBER})(?P<sign>岁|周岁|个月(?=大|的?(?:宝宝|宝贝|婴儿|孩子|小孩)))大?"
    rf"|(?<=\w )(?:of|aged|turning) (?P<bare>{NUMBER})(?![\w%$€]| ?(?:oz|g|kg|ml|l|pack|ct|dollars?|euros?|bucks?)\b)"
)
_OF_YOUNG = re.compile(rf"(?:{_YOUNG}) $")
GROUPS = ((3, "baby toddler"), (13, "kids toy"), (20, "teenager"))


@dataclass(frozen=True, slots=True)
class Age:
    """How old somebody is, and where the text says it."""

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
        value = read_number(found["years"] or found["text"] or found["bare"])
        if value is not None:
            months = (found["unit"] or found["sign"] or "").startswith(("month", "个月"))
            return Age(value / 12 if months else value, *found.span())
    return None


def read_number(text: str) -> float | None:
    """Digits, an English word or Chinese below a hundred million; None for what is no number."""
    if text in SPOKEN:
        return SPOKEN[text]
    if text[0].isdigit():
        number, times = canonical(text.rstrip("千万")), _TIMES_ZH.get(text[-1], 1)
        return times * float(number) if number.count(".") <= 1 and "," not in number else None
    return _chinese(text)


def _chinese(text: str) -> float | None:
    if text == "零":
        return 0.0
    above, ten_thousand, below = text.partition("万")
    if not ten_thousand:
        return _below_10_000(text)
    thousands = _below_10_000(above or "一")
    if below in _DIGITS_ZH and below != "零":  # 一万五 is 15,000
        below += "千"
    rest = _below_10_000(below.removeprefix("零")) if below else 0.0
    return None if thousands is None or rest is None else 10_000 * thousands + rest


def _below_10_000(text: str) -> float | None:
    read = _BELOW_10_000.fullmatch(text)
    if read is None or not text or text[-1] == "零":
        return None
    value, last = 0, 0
    for worth, digit in zip(_PLACES_ZH, read.groups(), strict=False):
        if digit is not None:
            value, last = value + worth * _DIGITS_ZH[digit or "一"], worth
    zero, ones = read[4], _DIGITS_ZH[read[5] or "零"]
    return float(value + ones * (last // 10 if last > 10 and not zero else 1))
