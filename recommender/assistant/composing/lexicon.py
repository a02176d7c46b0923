"""The words that a composed sentence may have: those that claim nothing, and those that a fact must bear.

A word that is in neither is not known, and a sentence with it isn't shown: so no negation, superlative, promise or
name that nobody foresaw can pass.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# what a word says, as `sentences` reads it
BUY, COST, STOCK, SOLD_OUT, PREORDER, BACKORDER = "bought", "cost", "in_stock", "sold_out", "preorder", "backorder"
CHEAPER, DEARER, CHEAPEST, DEAREST = "cheaper", "dearer", "cheapest", "dearest"
LEFT, TIMES, THAN, ALL, BY = "left", "often", "than", "all", "by"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A language's phrases by what they say, the longest first, and its words that say nothing."""

    phrases: tuple[tuple[tuple[str, ...], str], ...]
    plain: frozenset[str]


def _phrases(said: Mapping[str, str], split: bool) -> tuple[tuple[tuple[str, ...], str], ...]:
    made = [
        (tuple(phrase.split()) if split else tuple(phrase), tag)
        for tag, phrases in said.items()
        for phrase in phrases.split(", ")
    ]
    return tuple(sorted(made, key=lambda one: -len(one[0])))


_PLAIN_EN = """
    a an and also am are as at be been but can could do did don't for from glad good great happy have has had
    hello here hi how i i'm i've if in is it it's its just let like look looking may me mind might my note of on
    one ones only or our please so sure sell that that's the there there's this to too us was we we've welcome
    were what when which while who will wish with would yes you you'd you'll you're you've your yours item items
    product products option options choice find found know right which's let's shall still me while offer carry
    shop basket question
"""
_PLAIN_ZH = """
    您 您好 你 你好 我 我们 我们的 本店 店里 的 了 是 为 有 在 和 与 跟 及 还 也 吗 呢 吧 哦 啊 这 这款 这件 该
    那 它 其中 一 一款 款 商品 产品 其 而 但 则 又 里 中 上 于 到 过 一下 可以 能 请 就 会 好 好的 很高兴 为您
    找到 查到 看到 推荐 选择 考虑 如果 需要 想 要 对 另外 此外 包括 包含 以及 分别 只 现 以 时 那么 目前的
"""
ENGLISH = Lexicon(
    _phrases(
        {
            BUY: "bought, ordered, purchased, got, order, purchase, last order, last purchase, latest order, latest "
            "purchase, most recent order, most recent purchase, last bought, last ordered, paid, came on, last time, "
            "most recently, the last time, back then",
            COST: "costs, cost, price is, priced at, price, is now, are now, now, currently, today, at the moment",
            STOCK: "in stock, available, on hand",
            SOLD_OUT: "sold out, out of stock, not in stock, not available, unavailable, gone",
            PREORDER: "on pre-order, on preorder, pre-order",
            BACKORDER: "on back-order, on backorder, back-order",
            CHEAPER: "cheaper, less expensive, less, lower, reduced, dropped, down",
            DEARER: "dearer, more expensive, pricier, more, higher, up",
            CHEAPEST: "cheapest, least expensive, lowest price, lowest-priced, most affordable",
            DEAREST: "most expensive, priciest, dearest, highest price",
            LEFT: "left, pieces, units, remaining",
            TIMES: "days, different days, separate days, times",
            THAN: "than, compared with, compared to, instead of",
            ALL: "both, all, each, they, these, them",
            BY: "by",
        },
        split=True,
    ),
    frozenset(_PLAIN_EN.split()),
)
CHINESE = Lexicon(
    _phrases(
        {
            BUY: "买过, 买了, 购买过, 购买了, 购买, 买的, 买, 订单, 下单, 上次, 当时, 上回, 最近一次, 付了, 支付了",
            COST: "价格是, 价格为, 价格, 售价, 卖, 只要, 现价, 现在, 目前, 今天, 如今",
            STOCK: "有货, 有现货, 现货, 库存充足",
            SOLD_OUT: "缺货, 没有货, 卖完了, 卖完, 售罄, 没货",
            PREORDER: "预售",
            BACKORDER: "需订货, 需要订货",
            CHEAPER: "便宜, 低, 降价, 降, 优惠, 省",
            DEARER: "贵, 高, 涨价, 涨",
            CHEAPEST: "最便宜, 价格最低, 最低价",
            DEAREST: "最贵, 价格最高",
            LEFT: "还剩, 剩下, 剩余, 仅剩, 件, 个, 份",
            TIMES: "天里, 天, 次",
            THAN: "比",
            ALL: "都, 两者, 它们, 两款, 这些",
        },
        split=False,
    ),
    frozenset(_PLAIN_ZH.split()),
)
_ENGLISH_TOKEN = re.compile(r"⟨\w\d+⟩|[a-z]+(?:['’-][a-z]+)*|\d+(?:\.\d+)?|[^\s\w⟨⟩]", re.IGNORECASE)
_CHINESE_TOKEN = re.compile(r"⟨\w\d+⟩|\d+(?:\.\d+)?|[a-z]+|\S", re.IGNORECASE)
# how a currency's prices are written beside their figures
UNITS = {
    "CNY": frozenset(("元", "块", "圆", "￥", "¥", "cny", "rmb", "yuan", "人民币")),
    "USD": frozenset(("$", "usd", "dollar", "dollars", "美元")),
    "EUR": frozenset(("€", "eur", "euro", "euros", "欧元")),
    "GBP": frozenset(("£", "gbp", "pound", "pounds", "英镑")),
}
PUNCTUATION = frozenset(",.;:!?'’“”\"()-–—，。；：！？、（）《》~…")


def tokens_of(masked: str, language: str) -> list[str]:
    """The tokens of a sentence in which titles and days are marked; in Chinese each character is one."""
    pattern = _CHINESE_TOKEN if language == "zh" else _ENGLISH_TOKEN
    return [token.lower().replace("’", "'") for token in pattern.findall(masked)]


def tagged(tokens: list[str], language: str, currency: str = "") -> list[tuple[str, str]]:
    """Each token or phrase with what it says: a tag, "mark", "figure", "unit", "plain", or "unknown"."""
    units = UNITS.get(currency, frozenset())
    lexicon = CHINESE if language == "zh" else ENGLISH
    read: list[tuple[str, str]] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.startswith("⟨") or token[0].isdigit():
            read.append((token, "mark" if token.startswith("⟨") else "figure"))
            place += 1
            continue
        if token in units:
            read.append((token, "unit"))
            place += 1
            continue
        length, tag = _longest(tokens, place, lexicon, language)
        read.append((" ".join(tokens[place : place + length]), tag))
        place += length
    return read


def _longest(tokens: list[str], place: int, lexicon: Lexicon, language: str) -> tuple[int, str]:
    best = (1, "plain" if tokens[place] in lexicon.plain or tokens[place] in PUNCTUATION else "unknown")
    for phrase, tag in lexicon.phrases:
        if tuple(tokens[place : place + len(phrase)]) == phrase:
            best = (len(phrase), tag)
            break
    if language == "zh":  # a longer word that says nothing goes before a part of it that does
        for size in range(4, best[0] if best[1] != "unknown" else 0, -1):
            if "".join(tokens[place : place + size]) in lexicon.plain:
                return size, "plain"
    return best
