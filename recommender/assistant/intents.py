"""What a question is after: the shopper's own purchases, a product, a person to talk to, or somebody else's affairs.

Plain patterns in English and Chinese; what none of them finds is a question for the FAQ. It knows words only.
Each reads a text in one way only: neighbouring parts of a pattern share no characters, or are bounded, so that the time
grows with the text alone, whatever somebody types.
"""

import re
from dataclasses import dataclass

from recommender.assistant.faq import stem

_RECORDS = re.compile(
    r"\b(what|which)( \w+)?( \w+)? (did|have) i (just |last |ever |recently )?"
    r"(buy|bought|order|ordered|purchase|purchased|get|pay for|paid for)\b"
    r"|\b(show|list|see|tell|view|give|check)\b.{0,20}\bmy (\w+ )?(orders?|purchases?|order history)\b"
    r"|\bmy (last|latest|most recent|recent|previous|past) (\w+ )?(orders?|purchases?)\b"
    r"|\bmy (purchase|order) history\b"
    r"|\bwhen did i (last |ever )?(buy|order|purchase|get)\b"
    r"|\b(did|have) i (ever |already |recently )?(buy|bought|order|ordered|purchase|purchased)\b"
    r"|\bhow (much|many|often)\b.{0,40}\b(did|have) i (\w+ )?(spend|spent|buy|bought|order|ordered|pay|paid)\b"
    r"|\b(what|which|things|items|products|goods|\w{3,20}) i (have )?(last )?(bought|ordered|purchased)\b"
    r"|\bwhere('s| is| are) my (order|orders|package|parcel|delivery)\b"
    r"|我.{0,8}(买|订|购买|下单)(了|过)|(我的|查).{0,4}(订单|购买记录|购物记录)|我.{0,8}花了多少|我?上次(买|购买|订)",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"\b(how much\b.{0,40}\bi\b.{0,12}|what (did|have) i )(spend|spent|paid|pay)\b|花了多少", re.IGNORECASE
)
_GOODS = re.compile(
    r"\b(do|does|have) (you|the shop|this shop) (have|sell|stock|carry|got)\b"
    r"|\b(looking for|search for|find me|is there any|are there any|in stock|price of|cost of"
    r"|how much (is|are|does|do|for))\b"
    r"|有没有|有卖|卖不卖|多少钱|价格|找.{0,2}(商品|一下)",
    re.IGNORECASE,
)
_PRICES_NOW = re.compile(
    r"\b(cheaper|dearer|more expensive|less expensive|prices?|costs?|reduced)\b"
    r"|降价|涨价|便宜|价格|现在多少钱|变贵",
    re.IGNORECASE,
)
_STOCK_NOW = re.compile(
    r"\b(in stock|available|sold out|still (sell|have|there)|again)\b|有货|缺货|还能|买到|卖完|还有吗", re.IGNORECASE
)
_PERSON = re.compile(
    r"\b(speak|talk|chat|connect|transfer|pass|put)\b.{0,25}\b(human|person|agent|someone|somebody|representative|manager"
    r"|operator|colleague)\b|\b(real|live) (human|person|agent)\b|人工|真人|转接|找客服",
    re.IGNORECASE,
)
_SOMEBODY = (
    r"\b(user|customer|shopper|account|client|member)s?[ _#:=-]*+(id[ _#:=-]*+)?+[^\W\d]{0,30}\d"
    r"|\b(other|another|all|every|any|different) (users?|customers?|shoppers?|accounts?|people|person|clients?)\b"
    r"|\bsome(one|body) else|\b(his|her|their|wife|husband|neighbou?r|boss|friend|everyone|everybody)('s)?\b"
    r"|别人|其他(顾客|用户|人)|他人|她的|他的|(用户|顾客)\s{0,8}\w{0,30}\d|所有(顾客|用户)"
)
_AFFAIRS = re.compile(
    r"\b(orders?|ordered|purchases?|purchased|bought|buy|history|data|profile|address|email|phone|spent|spend|card|password"
    r"|records?|details)\b|订单|买|购|记录|资料|地址|电话|花了|密码",
    re.IGNORECASE,
)
_OTHERS = re.compile(_SOMEBODY, re.IGNORECASE)
_GREETING = re.compile(
    r"(hi|hello|hey|good (morning|day|afternoon|evening)|(ok |okay )?(many )?(thanks|thank you)"
    r"|您好|你好|早上好|下午好|晚上好"
    r"|(好的|非常)?(谢谢|感谢)[你您]?)( (there|all|you|so much|a lot|very much))*[\s!.,！。]*$",
    re.IGNORECASE,
)
_EMPTY_WORDS = """
    a about again all already am an and any anything are at be been best bought but buy by can could day days
    did do does ever find for from get give got had have help hello here hey hi history how i in is it just
    last latest like list long look looking many me month more most much my need of often on one or order
    ordered orders paid past pay please previous price product products purchase purchased purchases recent
    recently search see sell shop show so some spend spent stock tell thanks thank that the there these this
    those time times to today us was we week were what when where which who will with year you your item items
    thing things carry cost ordering buying view check mine
"""
_EMPTY = frozenset(stem(word) for word in _EMPTY_WORDS.split())
_EMPTY_ZH = re.compile(
    r"我|你们?|您|的|了|过|吗|呢|么|什么|哪些|哪个|多少|上次|最近|之前|曾经|买|订|购买|下单|订单|记录|购物|花|钱"
    r"|有没有|有卖|卖|价格|是|在|时候|请问|查|一下|几|次|商品|找|有|？|\?|，|。"
)


@dataclass(frozen=True, slots=True)
class Intent:
    """What a question is after; `about` are the words that say of which goods.

    `prices_now` and `stock_now`: it asks what things cost, or whether they are there, now.
    """

    records: bool = False
    spent: bool = False
    goods: bool = False
    person: bool = False
    others: bool = False
    greeting: bool = False
    prices_now: bool = False
    stock_now: bool = False
    about: tuple[str, ...] = ()


def read_intent(question: str, language: str) -> Intent:
    """Reads one question."""
    others = bool(_OTHERS.search(question)) and bool(_AFFAIRS.search(question))
    return Intent(
        records=bool(_RECORDS.search(question)),
        spent=bool(_SPENT.search(question)),
        goods=bool(_GOODS.search(question)),
        person=bool(_PERSON.search(question)),
        others=others,
        greeting=bool(_GREETING.match(question.strip())),
        prices_now=bool(_PRICES_NOW.search(question)),
        stock_now=bool(_STOCK_NOW.search(question)),
        about=about(question, language),
    )


def about(question: str, language: str) -> tuple[str, ...]:
    """The words of a question that could be goods'."""
    if language == "zh":
        return tuple(part for part in re.split(r"\s+", _EMPTY_ZH.sub(" ", question)) if part)
    words = (stem(word) for word in re.findall(r"[a-z][a-z0-9]+", question.lower()))
    return tuple(dict.fromkeys(word for word in words if word not in _EMPTY))


def language_of(text: str) -> str:
    """The language of a text: zh where it holds a Chinese character, else en."""
    return "zh" if re.search(r"[\u4e00-\u9fff]", text) else "en"
