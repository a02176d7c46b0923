"""What a question about goods is after: to find some, their price or stock, a comparison, the cheapest.

It takes out of the question the words that name no goods; what is left is searched for. It knows words only.
"""

import re
from dataclasses import dataclass
from typing import Literal

from recommender.assistant import question_words as words
from recommender.search.text.negation import read_polarity
from recommender.search.text.normalization import fold
from recommender.search.text.prices import find_prices

Kind = Literal["find", "price", "stock", "compare", "cheapest", "dearest", "cheaper"]
MOST_COMPARED = 3
_SENTENCES = re.compile(r"[?？!！。；\n]|\.\s")  # the first that names anything is read
_LOOSE = frozenset((",", "，", "and", "but", "or", "for"))  # nothing of what is wanted at either end


@dataclass(frozen=True, slots=True)
class ProductQuestion:
    """A question about goods.

    `queries` are what to search for: one, or for a comparison one for each thing; () where the question names none.
    `explicit`: it is asked in words that ask for goods, else it may be about anything. `narrows`: it says only what the
    goods must be like ("without sugar", "under 3"). `points`: it points at goods spoken of before.
    """

    kind: Kind
    queries: tuple[str, ...]
    explicit: bool
    narrows: bool = False
    points: bool = False


def read_product_question(text: str, language: str) -> ProductQuestion:
    """Reads one question as if it were about goods."""
    kind = _kind(text)
    points = bool(words.POINTING.search(text))
    explicit = kind != "find" or bool(words.FIND.search(text))
    if kind == "compare":
        compared = _compared(text, language)
        if len(compared) > 1:
            return ProductQuestion("compare", compared, True)
        kind = "cheaper" if words.CHEAPER.search(text) else "find"
    left = next(filter(None, (named(part, language) for part in _SENTENCES.split(text))), "")
    if kind == "cheaper":
        left = _without(words.CHEAPER, left)
    return ProductQuestion(kind, (left,) if left else (), explicit, bool(left) and not _wanted(left), points)


def named(text: str, language: str) -> str:
    """What a question names, without the words that name no goods."""
    if language == "zh":
        text = words.EMPTY_ZH.sub(" ", text)
    left = words.EMPTY.sub(" ", text)
    said = left.replace("，", " ， ").replace(",", " , ").split()
    while said and said[0].lower() in _LOOSE:
        del said[0]
    while said and said[-1].lower() in _LOOSE:
        del said[-1]
    return " ".join(said).strip(" 的")


def _kind(text: str) -> Kind:
    if words.COMPARE.search(text):
        return "compare"
    if words.CHEAPEST.search(text):
        return "cheapest"
    if words.DEAREST.search(text):
        return "dearest"
    if words.CHEAPER.search(text):
        return "cheaper"
    if words.STOCK.search(text):
        return "stock"
    return "price" if words.PRICE.search(text) else "find"


def _compared(text: str, language: str) -> tuple[str, ...]:
    """The things that are compared, each as it is searched for."""
    text = re.sub(r"\b(difference between|compare[d]?)\b|比较(?=一下)?|对比|的?(区别|差别)", " ", text, flags=re.I)
    text = re.sub(
        r"\b(cheaper|pricier|dearer|more expensive|less expensive|costs? (less|more))\b", " ", text, flags=re.I
    )
    text = re.sub(r"哪.?(更|比较)?(便宜|贵|好)|(更)?(便宜|贵|好)(?=[吗？?]|$)", " ", text)
    parts = (named(part, language) for part in words.BETWEEN.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))[:MOST_COMPARED]


def _wanted(left: str) -> str:
    """The words of a query that say what is wanted, and not what it must be without or cost."""
    folded = fold(left)
    for price in reversed(find_prices(folded)):
        folded = folded[: price.start] + " " + folded[price.end :]
    return re.sub(r"[\W_]|的|呢", "", read_polarity(folded, is_query=True).affirmed)


def _without(pattern: re.Pattern[str], text: str) -> str:
    return " ".join(pattern.sub(" ", text).split()).strip(" 的,，")
