"""What a wish or a query says of prices: bounds ("under 5", 不超过20元), and words that compare ("cheaper", 高档).

Folded text in; phrases with their place out. A number with a unit of measure is no price ("under 2 lb").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from recommender.search.text.numbers import NUMBER, read_number
from recommender.search.text.units import compile_unit

CHEAPER, DEARER = "cheaper", "dearer"
AROUND = 0.25  # how far from a price "around" it reaches
_SIGN, _COIN = r"[$€£¥]", r"(?:dollars?|bucks?|euros?|usd|eur|yuan|rmb|cny|[$€£¥]|美元|欧元|人民币|元|块钱|块|圆)"


def _money(name: str) -> str:
    return rf"(?:(?P<{name}_sign>{_SIGN}) ?)?(?P<{name}>{NUMBER})(?: ?(?P<{name}_coin>{_COIN}))?"


_X, _Y = _money("x"), _money("y")
_RANGES = (
    rf"(?:between|from|in the range of) {_X} (?:and|to|-) {_Y}",
    rf"{_X} ?(?:-|~|to|到|至) ?{_Y}",
)
_HIGH = (
    rf"(?:for )?(?:under|below|less than|cheaper than|(?:no|not) more than|not over|at most|up to|within|beneath|<=?"
    rf"|max(?:imum)?(?: of)?) {_X}",
    rf"{_X} (?:or less|or under|or cheaper|or below|at most|max(?:imum)?|tops)(?!\w)",
    rf"(?:价格|预算|价位)?(?:不要|不|别)(?:超过|高于|大于){_X}",
    rf"(?:价格|预算|价位)?(?:低于|少于|小于|最多|不到|最高){_X}",
    rf"{_X}(?:以下|以内|之内|之下|内)",
)
_LOW = (
    rf"(?:over|above|more than|at least|no less than|dearer than|min(?:imum)?(?: of)?) {_X}",
    rf"{_X} (?:or more|and up|or above|upwards?)(?!\w)",
    rf"(?:价格|预算|价位)?(?:高于|超过|不低于|不少于|至少|大于){_X}",
    rf"{_X}(?:以上|起)",
)
_AROUND = (rf"(?:about|around|roughly|approximately) {_X}", rf"(?:大约|大概|约)?{_X}(?:左右|上下)")
_PATTERNS = [
    (kind, re.compile(rf"(?<![a-z\d.])(?:{pattern})"))
    for kind, patterns in (("range", _RANGES), ("high", _HIGH), ("low", _LOW), ("around", _AROUND))
    for pattern in patterns
]
_RELATIONS = {
    CHEAPER: re.compile(
        r"(?<![\w-])(?:(?:not|nothing) (?:too |so |that |very )?(?:expensive|pricey|costly)"
        r"|less (?:expensive|pricey|costly)|cheaper|cheap|cheapest|inexpensive|affordable"
        r"|(?:on a )?budget(?:[- ]friendly)?|low(?:er)?[- ](?:priced?|cost)|bargains?|economical|good value"
        r"|for less(?: money)?|save money|at a lower price)(?![\w-])"
        r"|(?:不要|别|不)(?:太|那么|这么)?贵的?|便宜(?:一?[点些]|的)?|平价|实惠|划算|性价比高?|低价|廉价|省钱"
    ),
    DEARER: re.compile(
        r"(?<![\w-])(?:more expensive|pricier|expensive|premium|luxury|luxurious|high[- ]end|upscale|deluxe"
        r"|higher[- ]priced?|finest|top quality)(?![\w-])|贵一?[点些]的?|更贵的?|高档|高端|奢华|豪华|名贵"
    ),
}
_UNIT = compile_unit()
_NO_MONEY = re.compile(r"[ -]?(?:years?|yrs?|months?|weeks?|days?|hours?|people|persons?|岁|周岁|个月|天|人|%|x\b|×)")


@dataclass(frozen=True, slots=True)
class PricePhrase:
    """Bounds, or a relation to a level; `text` from `start` to `end`."""

    start: int
    end: int
    low: float | None = None
    high: float | None = None
    relation: str = ""
    text: str = ""


def find_prices(text: str) -> list[PricePhrase]:
    """All that the text says of prices, in its order; what is said within another phrase is said once."""
    found: list[PricePhrase] = []
    for phrase in (*_bounds(text), *_relations(text)):
        if all(phrase.end <= one.start or phrase.start >= one.end for one in found):
            found.append(replace(phrase, text=text[phrase.start : phrase.end].strip(" ,")))
    return sorted(found, key=lambda one: one.start)


def _bounds(text: str) -> Iterator[PricePhrase]:
    for kind, pattern in _PATTERNS:
        for found in pattern.finditer(text):
            x, y = _amount(text, found, "x"), _amount(text, found, "y") if kind == "range" else None
            if x is None or (kind == "range" and (y is None or not _is_money(found))):
                continue
            yield PricePhrase(*found.span(), *_between(kind, x, y))


def _between(kind: str, x: float, y: float | None) -> tuple[float | None, float | None]:
    if kind == "range" and y is not None:
        return min(x, y), max(x, y)
    if kind == "around":
        return round(x * (1 - AROUND), 2), round(x * (1 + AROUND), 2)
    return (None, x) if kind == "high" else (x, None)


def _is_money(found: re.Match[str]) -> bool:
    """Whether a range says that it is one of prices: "5 to 10" may be anything."""
    units = (found[f"{name}_{what}"] for name in "xy" for what in ("sign", "coin"))
    return any(units) or found[0].startswith(("between", "from"))


def _amount(text: str, found: re.Match[str], name: str) -> float | None:
    """None: no number, or one of something else than money."""
    unit = found[f"{name}_sign"] or found[f"{name}_coin"]
    end = found.end(name)
    if not unit and (_NO_MONEY.match(text, end) or _UNIT.match(text, end)):
        return None
    if not unit and not found[name][0].isdigit() and not found[name].isascii():
        return None  # Chinese numerals are in many words
    return read_number(found[name])


def _relations(text: str) -> Iterator[PricePhrase]:
    for relation, pattern in _RELATIONS.items():
        for found in pattern.finditer(text):
            yield PricePhrase(*found.span(), relation=relation)
