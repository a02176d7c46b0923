"""What is said to a greeting, to thanks, and to who asks whom they talk to."""

import re

from recommender.assistant import question_words
from recommender.assistant.answer_parts import Part
from recommender.assistant.intents import Intent

_THANKS = re.compile(r"\b(thanks?|thank you)\b|谢", re.IGNORECASE)
_BYE = re.compile(r"\b(good)?bye\b|\bsee you\b|再见|拜拜", re.IGNORECASE)
_WHO = re.compile(r"\b(who|what) are you\b|\bare you\b|你是", re.IGNORECASE)


def small_talk(text: str, wanted: Intent, language: str) -> Part | None:
    """The reply; None for anything else."""
    if not wanted.greeting and not question_words.SMALL_TALK.match(text.strip()):
        return None
    say = _CHINESE if language == "zh" else _ENGLISH
    for pattern, name in ((_THANKS, "thanks"), (_BYE, "bye"), (_WHO, "who")):
        if pattern.search(text):
            return Part("greeting", say[name])
    return Part("greeting", say["hello"])


_ENGLISH = {
    "hello": "Hello! Ask me about your orders, our goods, or how the shop works.",
    "thanks": "You are welcome!",
    "bye": "Goodbye!",
    "who": "I am the shop's assistant, a program. I answer about your orders, our goods and how the shop works.",
}
_CHINESE = {
    "hello": "您好！您可以问我订单、商品或本店服务的问题。",
    "thanks": "不客气！",
    "bye": "再见！",
    "who": "我是本店的智能助手，可以回答订单、商品和本店服务的问题。",
}
