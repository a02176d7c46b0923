"""Questions of all kinds to the assistant of a small shop, with what a right answer tells; every second one held out.

`python -m benchmarks.assistant` runs it; alone: `python -m benchmarks.language.desk.questions`.
"""

import csv
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from benchmarks.language.desk.shop import ME, QUESTIONS, open_assistant_shop
from recommender.settings import PROJECT_ROOT
from services.container import Shop
from services.schemas.assistant import AssistantRequest, AssistantResponse, Turn

SHOP_FAQ = PROJECT_ROOT.parent / "shared" / "data" / "shop-faq" / "faq.json"
HALVES = ("tune", "test")
GOODS = ("find", "constraint", "absent", "price", "stock", "compare", "follow")  # kinds answered from the catalogue


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; `expects` are alternatives, each of conditions that hold together."""

    kind: str
    text: str
    expects: str
    before: str
    half: str


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of it: right, wrong, or handed over where an answer was wanted."""

    asked: Asked
    answer: AssistantResponse
    outcome: str
    seconds: float


def questions(language: str) -> list[Asked]:
    """All questions of a language, with those to the FAQ and off the topic that its own measurement asks.

    Those of `desk_later_LANGUAGE.csv` were written to find what goes wrong, after the halves were made: all are for
    development.
    """
    with (QUESTIONS / f"desk_{language}.csv").open(encoding="utf-8") as lines:
        rows = [
            Asked(row["kind"], row["question"], row["expects"], row["before"] or "", HALVES[place % 2])
            for place, row in enumerate(csv.DictReader(lines))
        ]
    later = QUESTIONS / f"desk_later_{language}.csv"
    if later.exists():
        with later.open(encoding="utf-8") as lines:
            rows += [
                Asked(row["kind"], row["question"], row["expects"], row["before"] or "", "tune")
                for row in csv.DictReader(lines)
            ]
    for line in (QUESTIONS / f"asked_{language}.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        expects = "|".join(f"faq={one}" for one in row["expects"]) or "handover=unsure|none"
        rows.append(Asked("faq" if row["expects"] else "off", row["question"], expects, "", row["split"]))
    return rows


def faq_of(language: str, faq: Path = SHOP_FAQ) -> list[tuple[str, str]]:
    """The questions and answers of the FAQ of a language; `faq` is the English one."""
    if language == "zh":
        rows = [orjson.loads(line) for line in (QUESTIONS / "faq_zh.jsonl").read_bytes().splitlines()]
    else:
        rows = orjson.loads(faq.read_bytes())["questions"]
    return list({row["question"]: (row["question"], row["answer"]) for row in rows}.values())


def judge_all(language: str, faq: Path = SHOP_FAQ, halves: Sequence[str] = HALVES) -> list[Judged]:
    """Asks every question of these halves as the shopper who is signed in."""
    with open_assistant_shop(language, faq_of(language, faq)) as shop:
        ask(shop, Asked("", "hello", "", "", ""))  # the encoder is loaded
        return [ask(shop, one) for one in questions(language) if one.half in halves]


def ask(shop: Shop, asked: Asked) -> Judged:
    """Asks one question and judges the answer."""
    turns = [Turn(role="user", text=asked.before)] if asked.before else []
    began = time.perf_counter()
    answer = shop.assistant.reply(AssistantRequest(question=asked.text, user_id=ME, turns=turns), datetime.now(UTC))
    seconds = time.perf_counter() - began
    if asked.expects and any(_holds(one, answer) for one in asked.expects.split("|")):
        return Judged(asked, answer, "right", seconds)
    return Judged(asked, answer, "handed over" if answer.handover else "wrong", seconds)


def _holds(alternative: str, answer: AssistantResponse) -> bool:
    return all(_is_met(condition, answer) for condition in alternative.split("&"))


def _is_met(condition: str, answer: AssistantResponse) -> bool:
    name, _, value = condition.partition("=")
    told = [source.id for source in answer.sources if source.kind == "item"]
    if name == "item":  # all that is told is among these, and something is
        return bool(told) and set(told) <= set(value.split())
    if name == "none":
        return (
            not answer.handover and answer.parts[0].kind == "catalogue" and "closest" not in answer.answer and not told
        )
    if name == "handover":
        return answer.handover and answer.handover_reason in value.split()
    if name == "faq":
        return any(source.kind == "faq" and source.title == value for source in answer.sources)
    if name == "orders":
        return any(part.kind == "orders" and value in part.text for part in answer.parts)
    if name == "kind":
        return answer.parts[0].kind == value
    if name == "action":
        return answer.action is not None and answer.action.item_id in value.split()
    return bool(re.search(re.escape(value), answer.answer))


def rows_of(language: str, judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """The figures, by half."""
    return [
        _row(language, half, [one for one in judged if one.asked.half == half])
        for half in HALVES
        if any(one.asked.half == half for one in judged)
    ]


def _row(language: str, half: str, judged: Sequence[Judged]) -> dict[str, Any]:
    goods = [one for one in judged if one.asked.kind in GOODS]
    millis = sorted(1000 * one.seconds for one in judged)
    return {
        "task": "all kinds of questions",
        "language": language,
        "half": half,
        "questions": len(judged),
        "right": _share(judged, "right"),
        "wrong": _share(judged, "wrong"),
        "handed_over": _share(judged, "handed over"),
        "catalogue_questions": len(goods),
        "catalogue_right": _share(goods, "right"),
        "composed": sum(one.answer.composed_by == "llm" for one in judged) / len(judged),
        "p50_ms": round(millis[len(millis) // 2], 1),
        "p99_ms": round(millis[int(len(millis) * 0.99)], 1),
    }


def _share(judged: Sequence[Judged], outcome: str) -> float:
    return round(sum(one.outcome == outcome for one in judged) / max(1, len(judged)), 4)


def main(faq: Annotated[Path, typer.Option(help="The English FAQ, as JSON.")] = SHOP_FAQ) -> None:
    """Prints the half for development: each question that was not answered rightly, and the figures."""
    for language in ("en", "zh"):
        judged = judge_all(language, faq, ("tune",))
        for one in judged:
            if one.outcome != "right":
                print(
                    f"{one.outcome:12}{one.asked.kind:11}{one.asked.text} [{one.asked.before}] -> {one.answer.answer!r}"
                )
        print(rows_of(language, judged))


if __name__ == "__main__":
    typer.run(main)
