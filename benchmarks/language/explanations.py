"""`python -m benchmarks.explanations [--samples N] [--json OUT]`: are the sentences true, and who writes them?

Sentences on items recommended to shoppers of the settings' home (`make demo` leaves one): on the home page, on a
product's page, to nobody known; English and Chinese by turns. Each is written by the text LLM, checked as in service,
and judged by a second reader that shares nothing with the check. All are printed, to be read. Errors planted into them
tell what either reader would catch; the same model without its grammar tells what the grammar is for.
"""

import platform
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Annotated, Any

import numpy as np
import orjson
import typer
from rich.console import Console

from benchmarks.language.judge import Judge
from benchmarks.language.planted_errors import plant
from recommender.encoders.base import load_encoder
from recommender.explain.facts import Facts, facts_of, fingerprint
from recommender.explain.llm import Guarded, LLMAway, load_llm
from recommender.explain.llm_local import LocalLLM, model_file
from recommender.explain.prompts import prompt_for
from recommender.explain.store import KeptSentence
from recommender.explain.templates import SentenceContext, explain
from recommender.explain.verify import check
from recommender.explain.writer import Sentence, write_sentence
from recommender.ranking.pipeline import RankingQuery, ScoredItem, recommend
from recommender.settings import Settings, get_settings
from services.container import Shop
from services.explain.sentence_requests import Key
from services.explain.worker import Explainer

SHOWN = 10
PATIENCE = 120.0
WITHOUT_GRAMMAR = 24
CACHED_ANSWERS = 2000
out = Console(highlight=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class Sample:
    language: str
    facts: Facts
    plain: str


def main(
    samples: Annotated[int, typer.Option(min=8, help="Sentences.")] = 200,
    seed: Annotated[int, typer.Option(help="Which shoppers and items.")] = 1,
    target: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures, prints every sentence, then the figures."""
    settings, random = get_settings(), Random(seed)  # noqa: S311 (a sample, no secret)
    llm = engine(settings)
    if llm is None:
        raise SystemExit("no text LLM is set: ZHIYIN_LLM or ZHIYIN_LLM_URL")
    shop = Shop(settings)
    shop.watcher.look()
    if shop.models.current is None:
        raise SystemExit(f"{shop.models.reason}: run `make demo` first, or set ZHIYIN_HOME")
    drawn = list(_drawn(shop, samples, random))
    llm.write(_prompt(drawn[0]), PATIENCE)  # the engine is loaded, and has read what all prompts share
    written = [(one, write_sentence(llm, one.facts, one.plain, one.language, PATIENCE)) for one in drawn]
    judge = Judge(load_encoder(settings.model_copy(update={"threads": 1})))
    rows = [_row(language, written, judge) for language in ("en", "zh")]
    planted = _planted(written, judge, random)
    report = {
        "machine": platform.platform(),
        "llm": llm.model_id,
        "rows": rows,
        "planted": planted,
        "without_grammar": _without_grammar(llm, drawn),
        "cached_ms": _cached(shop),
    }
    report["goals"] = _goals(report)
    _show(report, written)
    if target is not None:
        target.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def engine(settings: Settings) -> Guarded | None:
    """The LLM of the settings; in process it may use its core as anybody else does."""
    if settings.llm_url is None and settings.llm != "none":
        return Guarded(LocalLLM(model_file(settings.llm), leftover=False), rest_seconds=0)
    return load_llm(settings)


def _drawn(shop: Shop, count: int, random: Random) -> Iterator[Sample]:
    """Three of four in English; home page, product page and nobody known by turns."""
    answers, drawn = shop.answers, 0
    users = shop_users(shop)
    while drawn < count:
        for user, context in _visits(shop, users, random):
            model, now = answers.models.needed(), datetime.now(UTC)
            profile = answers.shoppers.profile(model.bundle, user, now, set()) if user else None
            known = answers.ranker.known(profile)
            found = recommend(model.bundle, profile, RankingQuery(SHOWN, context_item_ids=context), now)
            for one in random.sample(found, min(len(found), 3)):
                facts = facts_of(known, one.item_id, one.evidence, answers.live_items.about)
                language = "zh" if drawn % 4 == 3 else "en"
                if facts is not None and drawn < count:
                    drawn += 1
                    yield Sample(language, facts, explain(known, one.item_id, one.evidence, language))


def shop_users(shop: Shop) -> list[str]:
    from sqlalchemy import select

    from recommender.db.engine import session_scope
    from recommender.db.tables import User

    with session_scope(shop.engine) as session:
        return list(session.scalars(select(User.user_id).order_by(User.user_id)))


def _visits(shop: Shop, users: list[str], random: Random) -> list[tuple[str | None, tuple[str, ...]]]:
    items = list(shop.answers.models.needed().bundle.catalogue.ids)
    return [
        (random.choice(users), ()),
        (random.choice(users), (str(random.choice(items)),)),
        (random.choice(users), ()),
        (None, (str(random.choice(items)),)) if random.random() < 0.7 else (None, ()),
    ]


def _prompt(sample: Sample) -> Any:
    return prompt_for(sample.facts, sample.language)


def _row(language: str, written: list[tuple[Sample, Sentence]], judge: Judge) -> dict[str, Any]:
    of_language = [(one, sentence) for one, sentence in written if one.language == language]
    llm = [sentence for _, sentence in of_language if sentence.explained_by == "llm"]
    judged = [(sentence.text, judge.judge(sentence.text, one.facts, language)) for one, sentence in of_language]
    asked = [sentence.written for _, sentence in of_language if sentence.written is not None]
    seconds = [one.seconds for one in asked] or [0.0]
    return {
        "language": language,
        "samples": len(of_language),
        "written_by_llm": len(llm) / len(of_language),
        "llm_passed_check": len(llm) / max(1, len(asked)),
        "shown_pass_check": float(np.mean([check(s.text, one.facts, language).passed for one, s in of_language])),
        "shown_judged_faithful": float(np.mean([judgement.faithful for _, judgement in judged])),
        "distinct_wordings": len({_skeleton(one, sentence.text) for one, sentence in of_language if sentence in llm}),
        "tokens_per_second": sum(one.tokens for one in asked) / sum(seconds),
        "p50_seconds": float(np.percentile(seconds, 50)),
        "p99_seconds": float(np.percentile(seconds, 99)),
        "refused": dict(Counter(s.refused for _, s in of_language if s.refused)),
        "judged_unfaithful": {text: judgement.reason for text, judgement in judged if not judgement.faithful},
    }


def _skeleton(sample: Sample, text: str) -> str:
    """The wording without what was copied."""
    for copied in sorted(sample.facts.texts, key=len, reverse=True):
        text = text.replace(copied, "_")
    return "".join("#" if letter.isdigit() else letter for letter in text)


def _planted(written: list[tuple[Sample, Sentence]], judge: Judge, random: Random) -> dict[str, Any]:
    titles = sorted({one.facts.item.title for one, _ in written})
    tried, by_check, by_judge = Counter[str](), Counter[str](), Counter[str]()
    for one, sentence in written:
        for kind, false in plant(sentence.text, one.facts, titles, one.language, random):
            if false != sentence.text:
                tried[kind] += 1
                by_check[kind] += not check(false, one.facts, one.language).passed
                by_judge[kind] += not judge.judge(false, one.facts, one.language).faithful
    return {
        "errors": sum(tried.values()),
        "caught_by_check": sum(by_check.values()) / sum(tried.values()),
        "caught_by_judge": sum(by_judge.values()) / sum(tried.values()),
        "kinds": {kind: [count, by_check[kind] / count, by_judge[kind] / count] for kind, count in tried.items()},
    }


def _without_grammar(llm: Guarded, drawn: list[Sample]) -> dict[str, Any]:
    """The same questions, answered freely: how many answers would pass."""
    from dataclasses import replace

    passed, asked, example = 0, 0, ""
    for one in [one for one in drawn if one.language == "en"][:WITHOUT_GRAMMAR]:
        try:
            text = llm.write(replace(_prompt(one), grammar=None, max_tokens=60), PATIENCE).text
        except LLMAway:
            continue
        asked += 1
        passed += check(text, one.facts, "en").passed
        example = example or text
    return {"asked": asked, "passed_check": passed / max(1, asked), "example": example}


def _cached(shop: Shop) -> dict[str, float]:
    """What sentences cost an answer when they are there, beside the deterministic ones."""
    answers, model, now = shop.answers, shop.models.needed(), datetime.now(UTC)
    user = shop_users(shop)[0]
    profile = answers.shoppers.profile(model.bundle, user, now, set())
    found = recommend(model.bundle, profile, RankingQuery(SHOWN), now)
    known, key = answers.ranker.known(profile), Key(user, 1, "en")
    explainer = Explainer(shop.engine, None, answers.live_items.about, 1)
    plain = _times(explainer, key, model.model_version, found, known)
    explainer.remember(
        key,
        {
            one.item_id: KeptSentence(fingerprint(model.model_version, one.evidence), "A sentence.", "llm")
            for one in found
        },
    )
    cached = _times(explainer, key, model.model_version, found, known)
    return {
        "template_p50": float(np.percentile(plain, 50)),
        "template_p99": float(np.percentile(plain, 99)),
        "cached_p50": float(np.percentile(cached, 50)),
        "cached_p99": float(np.percentile(cached, 99)),
    }


def _times(explainer: Explainer, key: Key, model: str, found: list[ScoredItem], known: SentenceContext) -> list[float]:
    times = []
    for _ in range(CACHED_ANSWERS):
        started = time.perf_counter()
        explainer.reasons(key, model, found, known, "en")
        times.append(1000 * (time.perf_counter() - started))
    return times


def _goals(report: dict[str, Any]) -> list[dict[str, Any]]:
    rows = report["rows"]
    count = sum(row["samples"] for row in rows)

    def overall(name: str) -> float:
        return float(sum(row[name] * row["samples"] for row in rows) / count)

    return [
        _goal("shown sentences that pass the check", overall("shown_pass_check"), 1.0),
        _goal("sentences written by the LLM", overall("written_by_llm"), 0.6),
        _goal("shown sentences judged faithful", overall("shown_judged_faithful"), 1.0),
        _goal("planted errors caught by the check", report["planted"]["caught_by_check"], 0.99),
        _goal("planted errors caught by the judge", report["planted"]["caught_by_judge"], 0.95),
        _goal("cached sentences, ms of an answer's p99 (at most)", report["cached_ms"]["cached_p99"], 5.0, most=True),
    ]


def _goal(name: str, value: float, target: float, most: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "target": target, "met": value <= target if most else value >= target}


def _show(report: dict[str, Any], written: list[tuple[Sample, Sentence]]) -> None:
    for _, sentence in written:
        out.print(
            f"{sentence.explained_by:8s} {sentence.text}" + (f"  ({sentence.refused})" if sentence.refused else "")
        )
    for row in report["rows"]:
        out.print(
            "; ".join(
                f"{name} {value:.3g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items()
            )
        )
    for kind, (count, by_check, by_judge) in report["planted"]["kinds"].items():
        out.print(f"planted {kind}: {count}, caught by the check {by_check:.1%}, by the judge {by_judge:.1%}")
    free = report["without_grammar"]
    out.print(f"without the grammar: {free['passed_check']:.0%} of {free['asked']} pass; e.g. {free['example']}")
    out.print("; ".join(f"{name} {value:.3f} ms" for name, value in report["cached_ms"].items()))
    for goal in report["goals"]:
        mark = "met" if goal["met"] else "not met"
        out.print(f"{mark}: {goal['name']}: {goal['value']:.3f}, goal {goal['target']}")


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    typer.run(main)
