"""`python -m benchmarks.assistant [--llm URL] [--json OUT]`: does the assistant answer rightly, and know when not?

With `--llm`, the base URL of an OpenAI-compatible endpoint (`python -m benchmarks.text_llm` serves one), a sample of
the questions is asked in the model's words, and nothing else (`desk.replies`). Without:

Questions of all kinds to two small shops, as the service answers them, and attacks (`desk.questions`,
`desk.attacks`); before them the FAQ by itself:

Paraphrases of FAQ entries and questions off the topic (`benchmarks/language/questions`), in English against the public
shop FAQ of ../shared/data, in Chinese against a small FAQ of its own. How sure one has to be was chosen on the half
marked `tune`; the figures of the half marked `test` are the ones that count.
"""

import platform
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import typer
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.common.result_tables import at_most
from benchmarks.language.desk import attacks, questions, replies
from recommender.assistant.faq import SURE, Entry, FaqIndex, Match
from recommender.encoders.base import Encoder, load_encoder
from recommender.settings import PROJECT_ROOT, get_settings

QUESTIONS = Path(__file__).parent / "questions"
SHOP_FAQ = PROJECT_ROOT.parent / "shared" / "data" / "shop-faq" / "faq.json"
LANGUAGES = ("en", "zh")
out = Console()


@dataclass(frozen=True, slots=True)
class Tried:
    """A question, what would have been right (nothing: a person's affair), and what was found."""

    question: str
    expects: frozenset[str]
    split: str
    found: list[Match]

    @property
    def first_right(self) -> bool:
        return self.found[0].entry.question in self.expects

    @property
    def sure(self) -> bool:
        return self.found[0].sure


def main(
    faq: Annotated[Path, typer.Option(help="The English FAQ, as JSON.")] = SHOP_FAQ,
    llm: Annotated[str, typer.Option(help="Base URL, ending in /v1, of a model to word replies.")] = "",
    llm_model: Annotated[str, typer.Option(help="The model's name there.")] = "default",
    size: Annotated[int, typer.Option("--sample", min=1, help="Questions of each language, with --llm.")] = 40,
    half: Annotated[str, typer.Option(help="With --llm: tune (each reply is printed) or test.")] = "test",
    seconds: Annotated[float, typer.Option(help="Longest wait for one reply, with --llm.")] = 60.0,
    target: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints a table."""
    report = _worded(faq, replies.Model(llm, llm_model, seconds), half, size) if llm else _templates(faq)
    if target is not None:
        target.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def _worded(faq: Path, model: replies.Model, half: str, size: int) -> dict[str, Any]:
    """Replies in a model's words; those of the half for development are printed."""
    rows = []
    for language in LANGUAGES:
        worded = replies.ask_both_ways(language, replies.sample(language, half, size), faq, model)
        rows.append(replies.row_of(language, half, model.name, worded))
        for one in worded if half == "tune" else ():
            out.print(replies.described(one), highlight=False, markup=False)
        out.print(replies.why_not(worded).most_common(), highlight=False, markup=False)
    report = {"machine": platform.platform(), "rows": rows, "goals": []}
    _show(report, [])
    return report


def _templates(faq: Path) -> dict[str, Any]:
    """All questions, told by templates, and the attacks."""
    encoder = load_encoder(get_settings().model_copy(update={"threads": 1}))  # as the service loads it
    rows, missed = [], []
    for language in LANGUAGES:
        tried, milliseconds = _tried(language, _entries(language, faq), encoder)
        rows += [
            _row(language, split, [one for one in tried if one.split == split], milliseconds)
            for split in ("tune", "test")
        ]
        missed += [one for one in tried if one.sure and not one.first_right]
    goals = _goals(rows)
    for language in LANGUAGES:
        judged = questions.judge_all(language, faq)
        rows += questions.rows_of(language, judged)
        _show_failures([one for one in judged if one.asked.half == "tune" and one.outcome == "wrong"])
    rows += attacks.rows_of(faq)
    report = {"machine": platform.platform(), "rows": rows, "goals": [*goals, *_desk_goals(rows)]}
    _show(report, missed)
    return report


def _entries(language: str, faq: Path) -> list[Entry]:
    if language == "zh":
        rows = [orjson.loads(line) for line in (QUESTIONS / "faq_zh.jsonl").read_bytes().splitlines()]
    else:
        rows = orjson.loads(faq.read_bytes())["questions"]
    return [Entry(str(place), row["question"], row["answer"], language) for place, row in enumerate(rows)]


def _tried(language: str, entries: list[Entry], encoder: Encoder) -> tuple[list[Tried], float]:
    index = FaqIndex(entries, encoder)
    lines = (QUESTIONS / f"asked_{language}.jsonl").read_bytes().splitlines()
    started, tried = time.perf_counter(), []
    for row in map(orjson.loads, lines):
        found = index.best(row["question"], language)
        tried.append(Tried(row["question"], frozenset(row["expects"]), row["split"], found))
    return tried, 1000 * (time.perf_counter() - started) / len(lines)


def _row(language: str, split: str, tried: list[Tried], milliseconds: float) -> dict[str, Any]:
    on, off = [one for one in tried if one.expects], [one for one in tried if not one.expects]
    return {
        "task": "the FAQ alone",
        "language": language,
        "half": split,
        "questions": len(on),
        "off_topic": len(off),
        "top_1": _share(one.first_right for one in on),
        "top_3": _share(any(match.entry.question in one.expects for match in one.found) for one in on),
        "answered_right": _share(one.sure and one.first_right for one in on),
        "answered_wrong": _share(one.sure and not one.first_right for one in on),
        "handed_over": _share(not one.sure for one in on),
        "off_topic_handed_over": _share(not one.sure for one in off),
        "sure_from": SURE[language],
        "ms_a_question": round(milliseconds, 1),
    }


def _share(values: Any) -> float:
    return float(np.mean([bool(value) for value in values]))


def _goals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    english = next(row for row in rows if (row["language"], row["half"]) == ("en", "test"))
    return [
        _goal("right entry first, English, the half not tuned on", english["top_1"], 0.9),
        _goal("off-topic questions handed over, the same half", english["off_topic_handed_over"], 0.95),
        _goal("not answered wrongly, the same half", 1 - english["answered_wrong"], 0.95),
    ]


def _desk_goals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the halves that nothing was tuned on, and of the attacks."""
    goals = []
    for row in rows:
        if row["task"] == "all kinds of questions" and row["half"] == "test":
            about = f"{row['language']}, the half not tuned on"
            goals += [
                _goal(f"answered rightly, {about}", row["right"], 0.85),
                at_most(f"answered wrongly, {about}", row["wrong"], 0.02),
                _goal(f"catalogue questions answered rightly, {about}", row["catalogue_right"], 0.9),
            ]
    succeeded = sum(row["succeeded"] for row in rows if row["task"] == "attacks")
    return [*goals, at_most("attacks that succeeded", float(succeeded), 0.0)]


def _show_failures(wrong: list[questions.Judged]) -> None:
    for one in wrong:
        out.print(f"answered wrongly: {one.asked.text} -> {one.answer.answer}")


def _goal(name: str, value: float, target: float) -> dict[str, Any]:
    return {"name": name, "value": value, "target": target, "met": value >= target}


def _show(report: dict[str, Any], missed: list[Tried]) -> None:
    for task in dict.fromkeys(row["task"] for row in report["rows"]):
        rows = [row for row in report["rows"] if row["task"] == task]
        table = Table(*rows[0], box=box.SIMPLE)
        for row in rows:
            table.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()))
        out.print(table)
    for one in missed:
        wanted = " | ".join(sorted(one.expects)) or "a person"
        out.print(f"answered wrongly: {one.question} -> {one.found[0].entry.question} (wanted: {wanted})")
    for goal in report["goals"]:
        mark = "met" if goal["met"] else "not met"
        out.print(f"{mark}: {goal['name']}: {goal['value']:.3f}, goal {goal['target']}")


if __name__ == "__main__":
    typer.run(main)
