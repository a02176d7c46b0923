"""Queries of kinds that words alone don't answer, made of a catalogue by rule, with the items that are right.

What is right is told by the catalogue's fields and by plain patterns over its titles; nothing here is read by the
search's own parsers. It knows rows of items and no index.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

LEAST = 4  # items a question is about
_KIND = re.compile(r"^([A-Za-z][A-Za-z ]+[a-z])(?=, \d|$)")  # "French Wines" of "French Wines, 750 ml"
_SIZE = re.compile(r", (\d+(?:\.\d+)?) (oz|lb|ml|ct|l)$")
_CODE = re.compile(r"\b(?:[A-Z]{1,4}-\d{2,5}[A-Z]{0,3}|[A-Z]{2,4}\d{2,5}[A-Z]{0,2})\b")
_SAID_SO = {
    "oz": ("oz", " ounces", "-ounce", " ounce"), "lb": ("lb", " pounds", " lbs", "-pound"),
    "ml": ("ml", " millilitres", "ML", " 毫升"), "ct": ("ct", " count", "-count", " pack"),
    "l": ("l", " litres", " lt"),
}  # fmt: skip
_CHEAP = ("cheap {}", "inexpensive {}", "{}, not too expensive", "affordable {}", "便宜的 {}")
_FIGURES = (
    "{} under {}",
    "{} below ${}",
    "{} up to {} dollars",
    "{} less than {}",
    "{} {}元以下",
    "{} no more than {}",
)
_WITHOUT = ("{} without {}", "{} no {}", "{} -{}", "{} not {}", "{} except {}", "{} 不要{}")
_COLOURS = {
    "Black": "黑色", "Blue": "蓝色", "White": "白色", "Brown": "棕色", "Grey": "灰色", "Red": "红色", "Green": "绿色",
    "Purple": "紫色", "Pink": "粉色", "Yellow": "黄色",
}  # fmt: skip
_TYPES = {
    "Tshirts": "T恤", "Shirts": "衬衫", "Watches": "手表", "Tops": "上衣", "Handbags": "手提包", "Sunglasses": "太阳镜",
    "Heels": "高跟鞋", "Wallets": "钱包", "Trousers": "裤子", "Belts": "皮带", "Backpacks": "背包", "Sandals": "凉鞋",
    "Socks": "袜子", "Shorts": "短裤", "Jeans": "牛仔裤", "Sweaters": "毛衣", "Jackets": "夹克", "Caps": "帽子",
    "Dresses": "连衣裙", "Skirts": "裙子", "Casual Shoes": "休闲鞋", "Sports Shoes": "运动鞋", "Scarves": "围巾",
    "Ties": "领带",
}  # fmt: skip
_SAY_NOTHING = frozenset(
    ("with", "from", "this", "that", "your", "other", "misc", "needs", "except", "only", "free", "less", "type", "most")
)
_PLURALS = {
    "women": "woman", "men": "man", "girls": "girl", "boys": "boy", "kids": "kid", "brushes": "brush", "masks": "mask",
    "berries": "berry", "batteries": "battery", "knives": "knife", "watches": "watch", "dresses": "dress",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """An item as the catalogue has it; `facts` are its attributes."""

    item_id: str
    title: str
    leaf: str
    price: float | None = None
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the items that are right."""

    query: str
    right: frozenset[str]


Rows = Sequence[Row]
Make = Callable[[Rows, random.Random], Iterator[Asked]]


def questions(make: Make, rows: Rows, count: int, seed: int) -> list[Asked]:
    """`count` of a kind, or as many as the catalogue has."""
    return list(islice(make(rows, random.Random(seed)), count))  # noqa: S311 (no secret)


def _kinds(rows: Rows, rng: random.Random, least: int = LEAST) -> Iterator[tuple[str, list[Row]]]:
    """Titles without their sizes, in any order, with what begins so and is sold in one place."""
    by_kind: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if kind := _KIND.match(row.title):
            by_kind[kind[1], row.leaf].append(row)
    names = sorted(key for key, of_kind in by_kind.items() if len(of_kind) >= least and len(key[0].split()) <= 4)
    rng.shuffle(names)
    for name in names:
        yield name[0].lower(), by_kind[name]


def cheap(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """Right is what costs at most the median of its narrowest category."""
    of_leaf: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row.price is not None:
            of_leaf[row.leaf].append(row.price)
    level = {leaf: sorted(paid)[(len(paid) - 1) // 2] for leaf, paid in of_leaf.items()}
    for place, (kind, of_kind) in enumerate(_kinds(rows, rng)):
        right = _ids(row for row in of_kind if row.price is not None and row.price <= level[row.leaf])
        if LEAST <= len(right) < 0.6 * len(of_kind):
            yield Asked(_CHEAP[place % len(_CHEAP)].format(kind), right)


def in_figures(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """Right is what costs at most the price that was named: one of four of its kind does."""
    for place, (kind, of_kind) in enumerate(_kinds(rows, rng)):
        paid = sorted(row.price for row in of_kind if row.price is not None)
        if len(paid) < 2 * LEAST:
            continue
        most = max(1, round(paid[len(paid) // 4]))
        right = _ids(row for row in of_kind if row.price is not None and row.price <= most)
        if LEAST <= len(right) < 0.6 * len(of_kind):
            yield Asked(_FIGURES[place % len(_FIGURES)].format(kind, most), right)


def unwanted(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """Right are the titles with one word, in either number, and without another that many of them have."""
    by_word: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for word in _content_words(row):
            by_word[word].append(row)
    words = sorted(word for word, having in by_word.items() if 30 <= len(having) <= 1_500)
    rng.shuffle(words)
    for place, word in enumerate(words):
        having = by_word[word]
        neighbours: dict[str, int] = defaultdict(int)
        for row in having:
            for other in _content_words(row) - {word}:
                neighbours[other] += 1
        often = sorted(other for other, count in neighbours.items() if 0.15 <= count / len(having) <= 0.6)
        often = [other for other in often if word[:4] not in other and other[:4] not in word]
        if often:
            other = rng.choice(often)
            stem = re.compile(rf"\b{re.escape(other)}")
            right = _ids(row for row in having if not stem.search(row.title.lower()))
            if len(right) >= LEAST:
                yield Asked(_WITHOUT[place % len(_WITHOUT)].format(word, other), right)


def _content_words(row: Row) -> set[str]:
    """The words of a title that say what it is, in the singular where that is so without an s."""
    words = re.findall(r"[a-z]{4,}", row.title.lower())
    return {word[:-1] if word.endswith("s") and len(word) > 4 else word for word in words if word not in _SAY_NOTHING}


def sizes(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """A kind with one of its sizes, written otherwise; right are titles of the kind that end in this size."""
    for place, (kind, of_kind) in enumerate(_kinds(rows, rng, 2 * LEAST)):
        by_size: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in of_kind:
            if size := _SIZE.search(row.title):
                by_size[size[1], size[2]].append(row)
        if len(by_size) >= 3:
            number, unit = rng.choice(sorted(by_size))
            wording = _SAID_SO[unit][place % len(_SAID_SO[unit])]
            yield Asked(f"{kind} {number}{wording}", _ids(by_size[number, unit]))


def codes(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """A model number with its hyphen left out, put in or made a blank; right are all titles with it."""
    by_code: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        for code in set(_CODE.findall(row.title)):
            by_code[code.replace("-", "")].append(row.item_id)
    names = sorted(by_code)
    rng.shuffle(names)
    for place, code in enumerate(names):
        parted = re.sub(r"(?<=[A-Z])(?=\d)", "-", code, count=1)
        forms = (code.lower(), parted, parted.replace("-", " ").lower())
        yield Asked(forms[place % len(forms)], frozenset(by_code[code]))


def plurals(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """Two words of a title, one in its other number; right are the titles with both, in either number."""
    words_of = {row.item_id: set(re.findall(r"[a-z]{3,}", row.title.lower())) for row in rows}
    numbers = dict(_PLURALS)
    known = set().union(*words_of.values())
    numbers |= {f"{word}s": word for word in known if len(word) > 3 and not word.endswith("s") and f"{word}s" in known}
    other = numbers | {singular: plural for plural, singular in numbers.items()}
    having: dict[str, set[str]] = defaultdict(set)
    for item, words in words_of.items():
        for word in words:
            having[word].add(item)
    asked = sorted(word for word in other if word in having)
    rng.shuffle(asked)
    for word in asked:
        example = rng.choice(sorted(having[word]))
        both_forms = sorted(
            one
            for one in words_of[example] - {word, other[word]}
            if len(one) > 3 and one not in {*other, *_SAY_NOTHING}
        )
        if both_forms:
            second = rng.choice(both_forms)
            right = (having[word] | having[other[word]]) & having[second]
            if len(right) >= LEAST:
                yield Asked(f"{second} {other[word]}", frozenset(right))


def colours(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """ "navy blue shirt": right are the items of this type and colour."""
    for colour, kind, right in _coloured(rows, rng):
        colour_name = colour.lower().replace("grey", rng.choice(("grey", "gray")))
        yield Asked(f"{colour_name} {kind.lower()}", right)


def chinese(rows: Rows, rng: random.Random) -> Iterator[Asked]:
    """The same in Chinese, asked of a catalogue in English."""
    for colour, kind, right in _coloured(rows, rng):
        if colour in _COLOURS and kind in _TYPES:
            yield Asked(f"{_COLOURS[colour]}{_TYPES[kind]}", right)


def _coloured(rows: Rows, rng: random.Random) -> Iterator[tuple[str, str, frozenset[str]]]:
    both: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if colour := row.facts.get("colour"):
            both[colour, row.leaf].append(row)
    names = sorted(name for name, having in both.items() if len(having) >= LEAST)
    rng.shuffle(names)
    for colour, kind in names:
        yield colour, kind, _ids(both[colour, kind])


def _ids(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(row.item_id for row in rows)


# by name: how it is made, and of which shops' catalogues
KINDS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "cheap": (cheap, ("demo",)),
    "prices in figures": (in_figures, ("demo",)),
    "not wanted": (unwanted, ("demo", "beauty")),
    "sizes": (sizes, ("demo",)),
    "codes": (codes, ("beauty",)),
    "plurals": (plurals, ("demo", "beauty")),
    "colours": (colours, ("fashion",)),
    "Chinese for English": (chinese, ("fashion",)),
}
