"""What a person reads who takes a talk over: why, what was asked now and before, and what was found already."""

from collections.abc import Sequence

from recommender.assistant.answer_parts import Source, named

MOST_BEFORE = 3


def summarise(question: str, before: Sequence[str], reason: str, found: Sequence[Source], language: str) -> str:
    """A few lines, each of one thing. They quote the shopper: they are for people, and no part of an answer."""
    say = _CHINESE if language == "zh" else _ENGLISH
    why = say["asked_person" if reason == "asked" else reason]
    lines = [say["reason"].format(why), say["asked"].format(named(question))]
    if before:
        lines.append(say["before"].format(say["comma"].join(named(text) for text in before[-MOST_BEFORE:])))
    if found:
        lines.append(say["found"].format(say["comma"].join(named(source.title) for source in found)))
    return "\n".join(lines)


_ENGLISH = {
    "reason": "Why a person: {}",
    "asked": "Asked: {}",
    "before": "Asked before: {}",
    "found": "Closest that was found: {}",
    "unsure": "nothing that was found is sure to answer the question",
    "asked_person": "the shopper wishes to speak with a person",
    "others": "it is about somebody else's affairs",
    "signed_out": "it is about own orders or offers, and nobody is signed in",
    "comma": "; ",
}
_CHINESE = {
    "reason": "转人工原因：{}",
    "asked": "问题：{}",
    "before": "之前的问题：{}",
    "found": "最接近的内容：{}",
    "unsure": "没有找到可以确定的答案",
    "others": "涉及他人的信息",
    "signed_out": "涉及本人的订单或优惠，但顾客未登录",
    "asked_person": "顾客希望人工服务",
    "comma": "；",
}
