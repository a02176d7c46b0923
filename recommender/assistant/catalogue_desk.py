"""Questions about goods answered from the catalogue: what is searched for, and which template tells what was found."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.assistant import product_answers
from recommender.assistant.answer_parts import Part
from recommender.assistant.conversation import QuestionInContext, read_in_context
from recommender.assistant.goods import Finder, FoundGoods, Good

_COUNTS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6}
_MEASURE = "[个包袋瓶盒件]"
# a number is how many where no unit follows; a Chinese one, with which many names begin, needs its measure word
_COUNT = re.compile(
    rf"(?P<count>[1-9]\d?|two|three|four|five|six)(?:\s{{0,3}}(?:(?:x|of)(?![a-z])|{_MEASURE}))?+"
    rf"(?:\s{{1,3}}+|(?<={_MEASURE})|(?=[\u3400-\u9fff]))(?!(?:oz|ml|cl|l|g|kg|lbs?|ct|inch|in|cm)\b|[\d%.-])"
    rf"|(?P<sign>[两二三四五六])\s{{0,3}}{_MEASURE}\s{{0,3}}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class GoodsAnswer:
    """`fits`: what is told holds all that was asked for; else it only comes near, or is nothing."""

    part: Part
    fits: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the shopper may confirm: so many of a product into the basket."""

    good: Good
    quantity: int


def answer_goods(asked: QuestionInContext, finder: Finder, language: str) -> GoodsAnswer | None:
    """The answer to a question about goods; None where it names none, nor any were spoken of."""
    if not asked.queries:
        return None
    if asked.question.kind == "compare":
        return _compare(asked.queries, finder, language)
    if asked.question.kind == "cheaper":
        return _cheaper(asked.queries, finder, language)
    found = find_first(asked.queries, finder)
    if not found.fitting:
        return GoodsAnswer(product_answers.describe_near(found.near, language), False)
    fitting = found.fitting
    if asked.is_follow_up and asked.question.points and not asked.question.queries:
        fitting = fitting[:1]
    return GoodsAnswer(_tell(asked.question.kind, fitting, language), True)


def find_first(queries: Sequence[str], finder: Finder) -> FoundGoods:
    """What the first of these queries finds that anything fits; else what comes near the first of them."""
    near: tuple[Good, ...] = ()
    for query in queries:
        found = finder.find(query, None)
        if found.fitting:
            return found
        near = near or found.near
    return FoundGoods((), near)


def propose(text: str, before: Sequence[str], finder: Finder, language: str) -> tuple[Part, Proposal | None] | None:
    """The question whether to put into the basket what the shopper names; None where no product is meant."""
    asked = read_in_context(text, before, language)
    queries, quantity = split_count(asked.queries)
    found = find_first(queries, finder)
    if not found.fitting:
        return None
    there = next((good for good in found.fitting if not good.sold_out), None)
    if there is None:
        return product_answers.describe_stock(found.fitting[:1], language), None
    return product_answers.propose_basket(there, language), Proposal(there, quantity)


def _tell(kind: str, goods: Sequence[Good], language: str) -> Part:
    if kind == "price":
        return product_answers.describe_price(goods, language)
    if kind == "stock":
        return product_answers.describe_stock(goods, language)
    if kind in ("cheapest", "dearest"):
        return product_answers.describe_extreme(goods, language, kind == "cheapest")
    return product_answers.describe_found(goods, language)


def _compare(queries: Sequence[str], finder: Finder, language: str) -> GoodsAnswer:
    chosen: dict[str, Good] = {}
    for found in (finder.find(query, None) for query in queries):
        first = next((good for good in found.fitting if good.item_id not in chosen), None)
        if first is not None:
            chosen[first.item_id] = first
    goods = list(chosen.values())
    if len(goods) < 2:
        return GoodsAnswer(product_answers.describe_near(goods, language), False)
    return GoodsAnswer(product_answers.describe_compared(goods, language), True)


def _cheaper(queries: Sequence[str], finder: Finder, language: str) -> GoodsAnswer:
    """What costs less than the first that was spoken of: of the same words, else of the same category."""
    found = find_first(queries, finder)
    spoken_of = next((good for good in (*found.fitting, *found.near) if good.price is not None), None)
    if spoken_of is None:
        return GoodsAnswer(product_answers.describe_near(found.near, language), False)
    below = spoken_of.price
    each = [finder.find(query, below) for query in (*queries, spoken_of.category) if query]
    for goods in (*(one.fitting for one in each), *(one.near for one in each)):
        cheaper = sorted((good for good in goods if not good.sold_out), key=_price)
        if cheaper:
            return GoodsAnswer(product_answers.describe_found(cheaper, language), True)
    return GoodsAnswer(product_answers.deny_cheaper(language), True)


def _price(good: Good) -> float:
    return good.price if good.price is not None else 0.0


def split_count(queries: Sequence[str]) -> tuple[tuple[str, ...], int]:
    """Queries without the number of pieces that they begin with, and that number; 1 where none says one."""
    counted = [_COUNT.match(query) for query in queries]
    first = next((found for found in counted if found), None)
    if first is None:
        return tuple(queries), 1
    number = (first["count"] or first["sign"]).lower()
    count = _COUNTS[number] if number in _COUNTS else int(number)
    return tuple(query[found.end() :] if found else query for query, found in zip(queries, counted, strict=True)), count
