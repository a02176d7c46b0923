"""Replies in a text LLM's words: how many pass the check, and whether the answers stay right.

A sample of the questions that goods and purchases answer, asked of the same shop twice: told by templates, and worded
by the model behind an endpoint. What is waited for is given, since a small model on a busy processor is slow; the
service itself waits no longer than `LONGEST_WAIT`, and `in_time` is the share of replies that came within it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.language.desk.questions import GOODS, Asked, Judged, ask, faq_of, questions
from benchmarks.language.desk.shop import open_assistant_shop
from recommender.assistant.composing.composer import Composed
from recommender.explain.llm import Guarded
from recommender.explain.llm_openai import RemoteLLM
from services.assistant.reply_writer import LONGEST_WAIT, ReplyWriter

KINDS = (*GOODS, "orders", "joint")  # answered with facts that a model may word


@dataclass(frozen=True, slots=True)
class Model:
    """A model at the base URL of an OpenAI-compatible endpoint; `seconds` are waited for one reply."""

    url: str
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Worded:
    """A question with its answer by templates, its answer with the model, and what became of the model's reply."""

    plain: Judged
    worded: Judged
    composed: Composed | None  # None: there was nothing to word


def sample(language: str, half: str, size: int) -> list[Asked]:
    """About `size` questions of a half, spread evenly over the kinds' order in the file."""
    asked = [one for one in questions(language) if one.half == half and one.kind in KINDS]
    return [asked[round(place * len(asked) / size)] for place in range(size)] if size < len(asked) else asked


def ask_both_ways(language: str, asked: Sequence[Asked], faq: Path, model: Model) -> list[Worded]:
    """Each question told by templates, and worded by the model."""
    with open_assistant_shop(language, faq_of(language, faq)) as shop:
        plain = [ask(shop, one) for one in asked]
        noted = list[Composed]()
        engine = Guarded(RemoteLLM(model.url, model.name), rest_seconds=0)
        shop.assistant.writer = ReplyWriter(engine, model.seconds, noted.append)
        ask(shop, asked[0])  # the model reads what all prompts of a language begin with
        made = []
        for before in plain:
            noted.clear()
            made.append(Worded(before, ask(shop, before.asked), noted[0] if noted else None))
        return made


def row_of(language: str, half: str, model: str, worded: Sequence[Worded]) -> dict[str, Any]:
    """The figures; shares of sentences are of those that the model wrote."""
    replies = [one for one in worded if one.composed is not None]
    told = [one.composed for one in replies if one.composed is not None and one.composed.written is not None]
    seconds = sorted(one.written.seconds for one in told if one.written is not None)
    by_llm = sum(one.part.composed_by == "llm" for one in told)
    return {
        "task": "replies in a text LLM's words",
        "language": language,
        "half": half,
        "model": model,
        "questions": len(worded),
        "worth_wording": len(replies),
        "answered": len(told),
        "composed": _share(by_llm, len(replies)),
        "replies_with_a_dropped_sentence": _share(sum(bool(one.dropped) for one in told), len(told)),
        "right": _share(sum(one.worded.outcome == "right" for one in worded), len(worded)),
        "right_by_templates": _share(sum(one.plain.outcome == "right" for one in worded), len(worded)),
        "wrong": _share(sum(one.worded.outcome == "wrong" for one in worded), len(worded)),
        "wrong_by_templates": _share(sum(one.plain.outcome == "wrong" for one in worded), len(worded)),
        "p50_s": round(seconds[len(seconds) // 2], 2) if seconds else None,
        "in_time": _share(sum(each <= LONGEST_WAIT for each in seconds), len(replies)),
    }


def described(worded: Worded) -> str:
    """A question, what the model wrote, and what became of it, on one line."""
    composed = worded.composed
    if composed is None or composed.written is None:
        return f"{worded.plain.asked.text!r}: not worded"
    became = composed.part.composed_by, composed.refused, composed.dropped
    return f"{worded.plain.asked.text!r}: {composed.written.text!r} -> {became}"


def why_not(worded: Sequence[Worded]) -> Counter[str]:
    """Why replies were left to the templates, and what dropped sentences said that no fact bears."""
    reasons = Counter[str]()
    for one in worded:
        if one.composed is not None:
            reasons.update([f"reply: {one.composed.refused}"] if one.composed.refused else [])
            reasons.update(f"sentence: {problem}" for problem in one.composed.dropped)
    return reasons


def _share(part: int, whole: int) -> float:
    return round(part / max(1, whole), 4)
