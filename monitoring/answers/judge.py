"""The answers of the current stretch beside those of the reference's: figures, their verdicts, and what a report shows.

It puts together what was shown, what was then bought, profiles, counts and sentences. In a shop where nobody was
answered in these days there is nothing to judge, which it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from monitoring.answers.counted import read_degraded
from monitoring.answers.figures import LEAST_UNITS, Figure, judge_figures
from monitoring.answers.measures import coverage, first_lists, item_codes, ndcg, outdated, scores
from monitoring.answers.names import COVERAGE, DEGRADED, OUTDATED, QUALITY, UNEXPLAINED
from monitoring.answers.sentences import CheckedSentence, check_sample
from monitoring.answers.shown import answered_shoppers, parts_by_stretch, read_answers, read_profile_times
from monitoring.compared_days import Stretches
from monitoring.sales.estimates import describe_figure, mean
from recommender.db.tables import Item

LEAST_SHARE = 0.01  # more of what went wrong than is usual, for anybody to act: one answer in a hundred
LEAST_STRETCHES = 2  # of the reference, with scores of the model in service, to know how far scores ordinarily move


@dataclass(frozen=True)
class Answered:
    """`verdict` is kept with the run; `columns` are a report's, the current values and the reference's by name.

    `score_states` are the scores of each stretch's lists, the current one's first; none where too little was answered.
    `refused` says of each sampled explanation, now and in the reference, whether the check refuses it.
    """

    verdict: dict[str, Any]
    columns: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)
    score_states: list[pl.DataFrame] = field(default_factory=list)
    refused: tuple[list[bool], list[bool]] = field(default_factory=lambda: ([], []))


def judge_answers(
    session: Session, events: pl.DataFrame, stretches: Stretches, model_version: str, most: int, seed: int
) -> Answered:
    """Of at most `most` shoppers, drawn at random; `events` is the log of all compared days and before."""
    since = stretches.ends[-1] - stretches.length
    users = answered_shoppers(session, since, stretches.end, most, seed)
    answers = read_answers(session, users, since, stretches.end)
    parts = parts_by_stretch(answers, stretches)
    lists = [first_lists(part) for part in parts]
    ends = (stretches.end, *stretches.ends)
    ranked = [ndcg(shown, events, end) for shown, end in zip(lists, ends, strict=True)]
    profiles = read_profile_times(session, users)
    late = [outdated(part, profiles, events) for part in parts]
    figures = {
        QUALITY: _of_shoppers(ranked, worse=-1, least=0.0),
        COVERAGE: _of_lists(lists, _items(session)),
        OUTDATED: _of_shoppers(late, worse=1, least=LEAST_SHARE),
        DEGRADED: _of_hours(read_degraded(session, since, stretches.end), stretches),
    }
    sentences = [check_sample(session, end - stretches.length, end, seed) for end in ends]
    figures[UNEXPLAINED] = _of_sentences(sentences)
    judged = judge_figures(figures, seed)
    verdict = {
        "answers": len(parts[0]),
        "shoppers": parts[0]["user_id"].n_unique(),
        "figures": judged,
        "ndcg_by_model": _by_model(ranked[0]),
        "sentences": _describe_sentences(sentences[0]),
        "drifted": any(one["drifted"] for one in judged.values()),
    }
    columns = {name: (_numbers(figures[name].current_S), _numbers(figures[name].reference_S))
               for name in judged if name not in (COVERAGE, UNEXPLAINED)}  # fmt: skip
    now, before = sentences[0], [one for part in sentences[1:] for one in part]
    refused = ([bool(one.problem) for one in now], [bool(one.problem) for one in before])
    return Answered(verdict, columns, _score_states(lists, model_version), refused)


def _of_shoppers(parts: Sequence[pl.DataFrame], worse: int, least: float) -> Figure:
    """A shopper's value; of those in several stretches of the reference the mean."""
    before = pl.concat(parts[1:]).group_by("user_id").agg(pl.col("value").mean()).sort("user_id")
    values = [part["value"].to_numpy() for part in parts]
    return Figure("shoppers", values[0], tuple(values[1:]), before["value"].to_numpy(), worse, least=least)


def _of_lists(lists: Sequence[pl.DataFrame], items: int) -> Figure:
    """Coverage by as many lists as the smallest stretch has that is judged."""
    newest = pl.concat(lists[1:]).unique("user_id", keep="first", maintain_order=True)
    codes = item_codes([*lists, newest])
    sizes = [len(each) for each in codes if len(each) >= LEAST_UNITS]
    statistic = partial(coverage, lists=min(sizes, default=LEAST_UNITS), items=items)
    return Figure("shoppers", codes[0], tuple(codes[1:-1]), codes[-1], -1, statistic)


def _of_hours(hours: pl.DataFrame, stretches: Stretches) -> Figure:
    values = [part["value"].to_numpy() for part in parts_by_stretch(hours, stretches)]
    return Figure("hours", values[0], tuple(values[1:]), np.concatenate(values[1:]), 1, least=LEAST_SHARE)


def _of_sentences(parts: Sequence[Sequence[CheckedSentence]]) -> Figure:
    values = [np.array([bool(one.problem) for one in part], dtype=np.float64) for part in parts]
    return Figure("sentences", values[0], tuple(values[1:]), np.concatenate(values[1:]), 1, least=LEAST_SHARE)


def _items(session: Session) -> int:
    """Of the catalogue, those that may be shown."""
    shown = (Item.hidden.is_(False), Item.retired.is_(False))
    return session.scalar(select(func.count()).select_from(Item).where(*shown)) or 0


def _by_model(ranked: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Of each model that enough shoppers were answered by, with the 95% interval."""
    found = {}
    for (model_version,), part in sorted(ranked.group_by("model_version"), key=lambda one: str(one[0])):
        estimate = describe_figure(mean(part["value"].to_numpy()))
        if estimate is not None:
            found[str(model_version)] = {"shoppers": len(part), **estimate}
    return found


def _describe_sentences(sentences: Sequence[CheckedSentence]) -> dict[str, Any]:
    problems = [one.problem for one in sentences if one.problem]
    return {
        "checked": len(sentences),
        "by_llm": sum(one.explained_by == "llm" for one in sentences),
        "problems": {name: problems.count(name) for name in sorted(set(problems))},
    }


def _score_states(lists: Sequence[pl.DataFrame], model_version: str) -> list[pl.DataFrame]:
    """Scores of other models are on other scales: stretches without enough of this one's are left out."""
    found = [scores(shown, model_version) for shown in lists]
    before = [one for one in found[1:] if len(one) >= LEAST_UNITS]
    return [found[0], *before] if len(found[0]) >= LEAST_UNITS and len(before) >= LEAST_STRETCHES else []


def _numbers(values: Any) -> list[float]:
    return [float(one) for one in values]
