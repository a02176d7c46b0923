"""An answer to a question of customer service, or the wish that a person gives it.

It puts parts together: the shopper's own purchases when those are asked for, the FAQ entry that is sure to fit, goods
that are asked for, offers, a proposal to fill the basket. When nothing is sure, it says so and hands over. Every part
is of templates and of rows; what a text LLM may say in their place is `composer`'s affair.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from recommender.assistant import question_words
from recommender.assistant.answer_parts import ComposedBy, Part, Source
from recommender.assistant.catalogue_desk import GoodsAnswer, Proposal, answer_goods, propose
from recommender.assistant.conversation import MOST_TURNS, QuestionInContext, read_in_context
from recommender.assistant.faq import FaqIndex, Match
from recommender.assistant.goods import Finder, GoodsAway
from recommender.assistant.handover import summarise
from recommender.assistant.intents import Intent, language_of, read_intent
from recommender.assistant.small_talk import small_talk

MOST_CHARACTERS = 1000  # that are read of a question, and of each before it
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

    Of each question the first `MOST_CHARACTERS` are read, and of those before the last `MOST_TURNS`.
    """

    text: str
    language: str
    before: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text[:MOST_CHARACTERS])
        object.__setattr__(self, "before", tuple(text[:MOST_CHARACTERS] for text in self.before[-MOST_TURNS:]))


@dataclass(frozen=True, slots=True)
class Answer:
    """`confidence` is how well the closest FAQ entry fits; `reason` says why a person should answer.

    `proposal` is what the shopper may confirm; `summary` is for the person who takes over.
    """

    parts: tuple[Part, ...]
    handover: bool = False
    reason: Reason | None = None
    confidence: float | None = None
    proposal: Proposal | None = None
    summary: str | None = None

    @property
    def text(self) -> str:
        """The texts of all parts, with a blank line between them."""
        return "\n\n".join(part.text for part in self.parts)

    @property
    def composed_by(self) -> ComposedBy:
        """llm where a text LLM wrote any part."""
        return "llm" if any(part.composed_by == "llm" for part in self.parts) else "template"


@dataclass(slots=True)
class Desk:
    """Where questions are answered.

    `orders` tells the signed-in shopper's purchases, `offers` the coupons they may have now; None when nobody is signed
    in. `offers` gives None where that can't be said.
    """

    faq: FaqIndex
    goods: Finder
    orders: Callable[[Intent, str], Part] | None = None
    offers: Callable[[str], Part | None] | None = None

    def answer(self, question: Question) -> Answer:
        """The answer to one question; where nothing is sure to fit, a handover with its reason and a summary.

        A wish for a person is handed over first, then a question about others' affairs, unless an FAQ entry fits as
        well as `STRONG`. Else the shopper's purchases are told, where they are asked for and somebody is signed in, and
        the FAQ entry that is sure; without either, offers, goods or a greeting. Where nobody is signed in and no entry
        is sure, who asks for purchases or offers is asked to sign in.
        """
        wanted = read_intent(question.text, question.language)
        match, wanted = self._best(question, wanted)
        if wanted.person:
            return _hand_over("asked", question, match)
        if wanted.others and not (match is not None and match.score >= STRONG):
            return _hand_over("others", question, match)
        confidence = match.score if match else None
        if question_words.BASKET.search(question.text) and not wanted.records:
            proposed = self._proposed(question)
            if proposed is not None:
                return Answer((proposed[0],), confidence=confidence, proposal=proposed[1])
        parts = self._parts_of(question, wanted, match)
        if parts:
            return Answer(tuple(parts), confidence=confidence)
        personal = wanted.records or _asks_offers(question.text)
        return _hand_over("signed_out" if personal and self.orders is None else "unsure", question, match)

    def _parts_of(self, question: Question, wanted: Intent, match: Match | None) -> list[Part]:
        """The parts of an answer; none where nothing is sure."""
        parts = [self.orders(wanted, question.language)] if wanted.records and self.orders is not None else []
        strong = match is not None and match.score >= STRONG
        of_coupons = match is not None and match.sure and question_words.COUPON_USE.search(question.text)
        if not wanted.records and not strong and not of_coupons and _asks_offers(question.text):
            offers = self.offers(question.language) if self.offers is not None else None
            return [offers] if offers is not None else [_faq_part(match)] if match is not None and match.sure else []
        talk = None if parts else small_talk(question.text, wanted, question.language)
        if talk is not None:
            return [talk]
        asked = read_in_context(question.text, question.before, question.language)
        found = None if wanted.records or strong else self._goods(question, asked)
        if found is not None and found.fits and (asked.question.explicit or not (match and match.sure)):
            return [found.part]
        if match is not None and match.sure:
            return [*parts, _faq_part(match)]
        denied = found is not None and not found.part.sources and match is not None and match.nearly_sure
        return parts or ([found.part] if found is not None and not denied else [])

    def _goods(self, question: Question, asked: QuestionInContext) -> GoodsAnswer | None:
        """What the catalogue answers; nothing that doesn't fit to what may be no question about goods."""
        try:
            found = answer_goods(asked, self.goods, question.language)
        except GoodsAway:
            return None
        if found is None or found.fits:
            return found
        about_goods = (asked.question.explicit or asked.is_follow_up) and not question_words.SERVICE.search(
            question.text
        )
        return found if about_goods else None

    def _proposed(self, question: Question) -> tuple[Part, Proposal | None] | None:
        try:
            return propose(question.text, question.before, self.goods, question.language)
        except GoodsAway:
            return None

    def _best(self, question: Question, wanted: Intent) -> tuple[Match | None, Intent]:
        """The entry that comes closest; a short question that stands alone poorly is read after the one before."""
        best = next(iter(self.faq.best(question.text, question.language, 1)), None)
        unclear = not (best and best.sure) and not (wanted.records or wanted.goods or wanted.person or wanted.others)
        if question.before and unclear and _is_follow_up(question.text):
            joined = f"{question.before[-1]} {question.text}"
            better = next(iter(self.faq.best(joined, question.language, 1)), None)
            former = read_intent(question.before[-1], question.language)
            if former.records:
                wanted = Intent(former.records, former.spent, former.goods, about=wanted.about or former.about)
            if better is not None and (best is None or better.score > best.score):
                return better, wanted
        return best, wanted


def _hand_over(reason: Reason, question: Question, match: Match | None) -> Answer:
    say = _CHINESE if question.language == "zh" else _ENGLISH
    found = _faq_part(match).sources if match is not None else ()
    summary = summarise(question.text, question.before, reason, found, question.language)
    confidence = match.score if match is not None else None
    return Answer((Part("handover", say[reason]),), True, reason, confidence, summary=summary)


def _asks_offers(text: str) -> bool:
    return bool(question_words.OFFERS.search(text))


def _is_follow_up(text: str) -> bool:
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
    "asked": "I am passing you on to a colleague.",
    "others": "I can speak of your own orders only. For anything else a colleague has to help.",
    "signed_out": "Please sign in, so that I can look at your orders; or a colleague can help.",
    "unsure": "I am not sure about that. A colleague should answer it.",
}
_CHINESE = {
    "asked": "正在为您转接人工客服。",
    "others": "我只能查看您本人的订单，其他问题请由人工客服处理。",
    "signed_out": "请先登录，我才能查看您的订单；也可以由人工客服协助。",
    "unsure": "这个问题我不太确定，请由人工客服为您解答。",
}
