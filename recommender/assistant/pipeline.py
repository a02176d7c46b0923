"""An answer to a question of customer service, or the wish that a person gives it.

It puts parts together: the shopper's own purchases when those are asked for, the FAQ entry that is sure to fit, goods
that are asked for by name. When nothing is sure, it says so and hands over. It composes no sentence of its own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from recommender.assistant.answer_parts import Part, Source
from recommender.assistant.faq import FaqIndex, Match
from recommender.assistant.intents import Intent, language_of, read_intent

MOST_CHARACTERS = 1000  # that are read of a question, and of the one before it
FOLLOW_UP_WORDS, FOLLOW_UP_LETTERS = 6, 6  # a question this short, in Chinese in characters, may lean on the one before
FOLLOW_UPS = ("and ", "what about", "how about", "also", "then ", "ok ", "那", "还有", "另外")
# a whole question of its own, however short; one that points back ("how much was that?") is not
_WHOLE = re.compile(
    r"(what|which|who|where|when|why|how|is|are|do|does|did|can|could|will|would|should)( \S+){3}", re.I
)
_POINTS_BACK = re.compile(r"\b(it|its|that|this|those|these|them|they|one|ones)\b", re.I)
STRONG = 0.62  # an entry that fits as well as this is meant, whatever else the question sounds like


Reason = Literal["unsure", "asked", "others", "signed_out"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked now, and what the shopper asked before (oldest first). What was answered is not listened to.

    Of each question the first `MOST_CHARACTERS` are read.
    """

    text: str
    language: str
    before: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text[:MOST_CHARACTERS])
        object.__setattr__(self, "before", tuple(text[:MOST_CHARACTERS] for text in self.before[-1:]))


@dataclass(frozen=True, slots=True)
class Answer:
    """`confidence` is how well the closest FAQ entry fits; `reason` says why a person should answer."""

    parts: tuple[Part, ...]
    handover: bool = False
    reason: Reason | None = None
    confidence: float | None = None

    @property
    def text(self) -> str:
        """The texts of all parts, with a blank line between them."""
        return "\n\n".join(part.text for part in self.parts)


@dataclass(slots=True)
class Desk:
    """Where questions are answered. `orders` tells the signed-in shopper's purchases; None when nobody is signed in."""

    faq: FaqIndex
    goods: Callable[[Sequence[str], str], Part | None]
    orders: Callable[[Intent, str], Part] | None = None

    def answer(self, question: Question) -> Answer:
        """The answer to one question; where nothing is sure to fit, a handover with its reason.

        A wish for a person is handed over first, then a question about others' affairs, unless an FAQ entry fits as
        well as `STRONG`. Else the shopper's purchases are told, where they are asked for and somebody is signed in, and
        the FAQ entry that is sure; without either, goods that are asked for, or a greeting. Where nobody is signed in
        and no entry is sure, who asks for purchases is asked to sign in.
        """
        say = _CHINESE if question.language == "zh" else _ENGLISH
        wanted = read_intent(question.text, question.language)
        match, wanted = self._best(question, wanted)
        confidence = match.score if match else None
        if wanted.person:
            return Answer((Part("handover", say["asked"]),), True, "asked", confidence)
        if wanted.others and not (match is not None and match.score >= STRONG):
            return Answer((Part("handover", say["others"]),), True, "others", confidence)
        parts = [self.orders(wanted, question.language)] if wanted.records and self.orders is not None else []
        if match is not None and match.sure:
            parts.append(_faq_part(match))
        elif not parts and wanted.records:
            return Answer((Part("handover", say["signed_out"]),), True, "signed_out", confidence)
        if not parts and wanted.goods and (goods := self.goods(wanted.about, question.language)) is not None:
            parts.append(goods)
        if not parts and wanted.greeting:
            parts.append(Part("greeting", say["greeting"]))
        if not parts:
            return Answer((Part("handover", say["unsure"]),), True, "unsure", confidence)
        return Answer(tuple(parts), confidence=confidence)

    def _best(self, question: Question, wanted: Intent) -> tuple[Match | None, Intent]:
        """The entry that comes closest; a short question that stands alone poorly is read after the one before."""
        best = next(iter(self.faq.best(question.text, question.language, 1)), None)
        unclear = not (best and best.sure) and not (wanted.records or wanted.goods or wanted.person or wanted.others)
        if question.before and unclear and _leans(question.text):
            joined = f"{question.before[-1]} {question.text}"
            better = next(iter(self.faq.best(joined, question.language, 1)), None)
            former = read_intent(question.before[-1], question.language)
            if former.records or former.goods:
                about = wanted.about or former.about
                wanted = Intent(former.records, former.spent, former.goods, about=about)
            if better is not None and (best is None or better.score > best.score):
                return better, wanted
        return best, wanted


def _leans(text: str) -> bool:
    text = text.strip()
    if text.lower().startswith(FOLLOW_UPS):
        return True
    if language_of(text) == "zh":
        return len(text.strip("？?。！")) <= FOLLOW_UP_LETTERS
    whole = _WHOLE.match(text) and not _POINTS_BACK.search(text)
    return len(text.split()) <= FOLLOW_UP_WORDS and not whole


def _faq_part(match: Match) -> Part:
    entry = match.entry
    return Part("faq", entry.answer, (Source("faq", entry.faq_id, entry.question, round(match.score, 4)),))


_ENGLISH = {
    "greeting": "Hello! Ask me about your orders, our goods, or how the shop works.",
    "asked": "I am passing you on to a colleague.",
    "others": "I can speak of your own orders only. For anything else a colleague has to help.",
    "signed_out": "Please sign in, so that I can look at your orders; or a colleague can help.",
    "unsure": "I am not sure about that. A colleague should answer it.",
}
_CHINESE = {
    "greeting": "您好！您可以问我订单、商品或本店服务的问题。",
    "asked": "正在为您转接人工客服。",
    "others": "我只能查看您本人的订单，其他问题请由人工客服处理。",
    "signed_out": "请先登录，我才能查看您的订单；也可以由人工客服协助。",
    "unsure": "这个问题我不太确定，请由人工客服为您解答。",
}
