"""What the numbers of a folded text say beside their digits: how much of which unit, in which order, in which code.

It knows digits and units, and neither words nor items. Each thing said is a mark, a string that no word can be:

- `=2000ml`: a quantity, the same for 2L, 2 litres, 2升 and 2000 ml; `=0.5`: a number with a fraction, 1/2 or 0.5.
- `=42size`: a size of what is worn, "size 42", 42码.
- `#42-315`: a run of numbers and letters without blanks (a code, a size), whatever stands between its parts.
- `~xr2005`: the same run as one word, where it has letters.
- `42>315`: a number right after another part: order, also where blanks stand between.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from recommender.search.text.units import FLUID_OUNCE, compile_unit, in_base, write_quantity

# those of measures, in their lowest terms: 6/12 is six of twelve
FRACTION = (
    r"(?<![\d/.,])(?:1/2|[12]/3|[13]/4|[1-4]/5|[15]/6|[1357]/8|[1379]/10|1?[13579]/16|[123]?[13579]/(?:32|64))"
    r"(?![\d/]|[.,]\d)"
)
_NUMBER = r"\d+(?:[.,']\d+)*"
_UNIT = compile_unit()
_VALUE = re.compile(
    rf"(?<![\d.,])(?:(?:(?P<whole>\d+)(?: |-| and ))?(?P<fraction>{FRACTION})"
    rf"|(?P<number>{_NUMBER})|(?P<spoken>[一二两三四五六七八九十半])(?=升|公升|毫升|斤|公斤|千克|克|米|厘米|寸|英寸))"
)
_TIMES = re.compile(r" ?[x×*] ?(?=\d)| by (?=\d)")
_SPOKEN = {"半": 0.5, "两": 2.0, **{sign: float(place) for place, sign in enumerate("一二三四五六七八九十", 1)}}
_FEET_AND_INCHES = re.compile(r"(?<![\d.,])(\d+) ?(?:'|ft|feet|foot)[ -]?(\d+) ?(?:\"|''|in\b|inch)")
_PACK_OF = re.compile(r"\b(?:pack|box|set|case|bag|lot) of (\d+)\b")
_SIZE = re.compile(
    r"(?<!\w)(?:shoe )?(?:sizes?|sz|größe|taille|talla|尺码|尺寸|码数|号码)[ :.]{0,2}"
    r"(\d{1,3}(?:[.,]5)?|[2-6]?x{0,3}[sml])(?!\w)"
    r"|(?<![\w.,])(\d{2}(?:[.,]5)?)(?:码|号)"
)
_PART = re.compile(rf"{_NUMBER}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+")
_RUN_GAP = re.compile(r"[-/._:+#×*]|x")
_TIMES_SIGNS = ("x", "by", "×", "*")
_ORDER_GAP = re.compile(r"[\s\-/._:+#×*,x()]{0,3}")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,3}(?:'\d{3})+(?:[.,]\d+)?|\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """How much, as a mark; where it is written, from `start` to `end`."""

    mark: str
    start: int
    end: int
    also: tuple[str, ...] = ()  # what else it may mean: ounces of weight or of volume
    ordered: str = ""  # of the first of several with signs of multiplication between: all of them in their order


def canonical(number: str) -> str:
    """A number with its digits grouped by none and a point before its decimals: "1,234.5" and "1234,5" as "1234.5"."""
    if number.isdigit():
        return number
    if _THOUSANDS.fullmatch(number) and not number.startswith("0"):
        groups = re.split(r"[.,'](?=\d{3}(?!\d))", number)
        return "".join(groups).replace(",", ".")
    if number.count(",") + number.count("'") == 1 and "." not in number:
        return number.replace(",", ".").replace("'", ".")
    if re.fullmatch(r"\d{1,3}\.\d{3},\d+", number):  # 1.234,5
        return number.replace(".", "").replace(",", ".")
    return number


def quantities(text: str) -> list[Quantity]:
    """Numbers with units, and numbers with fractions, in their order."""
    found: list[Quantity] = []
    for compound in _FEET_AND_INCHES.finditer(text):
        inches = 12 * float(compound[1]) + float(compound[2])
        found.append(Quantity(f"={in_base(inches, 'in')}", *compound.span()))
    for pack in _PACK_OF.finditer(text):
        found.append(Quantity(f"={in_base(float(pack[1]), 'ct')}", *pack.span()))
    for size in _SIZE.finditer(text):
        found.append(Quantity(f"={canonical(size[1] or size[2])}size", *size.span()))
    place = 0
    while value := _VALUE.search(text, place):
        place = value.end()
        if any(one.start <= value.start() < one.end for one in found):
            continue
        chain, place = _chain(text, value)
        found += chain
    return sorted(found, key=lambda one: one.start)


def marks(text: str) -> list[str]:
    """All that the numbers of a text say, each once; none where there are no digits."""
    if not any(sign.isdigit() or sign in _SPOKEN for sign in text):
        return []
    found = quantities(text)
    found_marks = [mark for one in found for mark in (one.mark, *one.also)]
    found_marks += [one.ordered for one in found if one.ordered]
    found_marks += _codes(text)
    return list(dict.fromkeys(found_marks))


def _chain(text: str, value: re.Match[str]) -> tuple[list[Quantity], int]:
    """A number, or several with signs of multiplication between, whose last unit is that of those before it."""
    values, units = [value], [_unit_at(text, value)]
    while True:
        last = units[-1]
        end = values[-1].end() if last is None else last.end()
        times = _TIMES.match(text, end)
        following = _VALUE.match(text, times.end()) if times else None
        if following is None:
            break
        values.append(following)
        units.append(_unit_at(text, following))
    made: list[Quantity] = []
    unit = None
    for number, own in zip(reversed(values), reversed(units), strict=True):
        unit = own or unit
        made += _quantity(number, own, unit)
    made.reverse()
    if unit is not None and len(made) > 1:
        made[0] = replace(made[0], ordered="#" + "-".join(one.mark[1:] for one in made))
    return made, end


def _unit_at(text: str, value: re.Match[str]) -> re.Match[str] | None:
    unit = _UNIT.match(text, value.end())
    if unit is not None and unit["sign"] == '"' and text.count('"', 0, value.start()) % 2:
        return None  # it closes a quotation
    return unit


def _quantity(value: re.Match[str], own: re.Match[str] | None, unit: re.Match[str] | None) -> Iterator[Quantity]:
    amount = _amount(value)
    if amount is None:
        return
    span = value.start(), own.end() if own else value.end()
    if unit is not None:
        name = unit["name"] or unit["sign"]
        weight = f"={in_base(amount, name or 'oz')}"
        volume = f"={write_quantity(amount * FLUID_OUNCE[1], FLUID_OUNCE[0])}"
        if unit["fluid"]:
            yield Quantity(volume, *span, (weight,))
        else:
            yield Quantity(weight, *span, (volume,) if name in ("oz", "ounce", "ounces") else ())
    elif value["fraction"] or amount != int(amount):
        yield Quantity(f"={write_quantity(amount)}", *span)


def _amount(value: re.Match[str]) -> float | None:
    """None: it looks like a number, and isn't one (a version, a date)."""
    if value["spoken"]:
        return _SPOKEN[value["spoken"]]
    if value["fraction"]:
        over, under = map(int, value["fraction"].split("/"))
        return int(value["whole"] or 0) + over / under
    number = canonical(value["number"])
    return float(number) if number.count(".") <= 1 and not {",", "'"} & set(number) and len(number) < 16 else None


def _codes(text: str) -> Iterator[str]:
    """Runs and orders; a sign of multiplication between numbers is no part."""
    parts = [part for part in _PART.finditer(text) if not _is_times(text, part)]
    run = [part[0] for part in parts[:1]]
    for last, part in pairwise(parts):
        gap = text[last.end() : part.start()]
        is_size = gap.strip() in _TIMES_SIGNS and part[0][0].isdigit()
        if part[0][0].isdigit() and (is_size or _ORDER_GAP.fullmatch(gap)):
            yield f"{_plain(last[0])}>{_plain(part[0])}"
        if gap and not is_size and not _RUN_GAP.fullmatch(gap):
            yield from _run(run)
            run = []
        run.append(part[0])
    yield from _run(run)


def _is_times(text: str, part: re.Match[str]) -> bool:
    """Whether a part is the x of "20 x 30" or "20cm x 30cm"."""
    if part[0] not in ("x", "by"):
        return False
    before, after = text[: part.start()].rstrip()[-3:], text[part.end() :].lstrip()[:1]
    return after.isdigit() and bool(re.search(r"\d[a-z]{0,2}$", before))


def _run(parts: list[str]) -> Iterator[str]:
    if len(parts) > 1 and any(part[0].isdigit() for part in parts):
        yield "#" + "-".join(map(_plain, parts))
        if any(part[0].isalpha() for part in parts):
            yield "~" + "".join(parts)


def _plain(part: str) -> str:
    return canonical(part) if part[0].isdigit() else part
