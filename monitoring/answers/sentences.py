"""A daily sample of the sentences that explained answers, each read by the project's own check against its facts.

A sentence that the templates would write of the same evidence holds by its making; any other one, the text LLM's above
all, holds when the check passes it. It knows the tables of evidence, events and items.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.data.history import History
from recommender.db.tables import Event, ImpressionEvidence, Item
from recommender.explain.facts import ItemDescription, facts_of
from recommender.explain.templates import SentenceContext, ShopperEvents, explain
from recommender.explain.verify import check
from recommender.store.impression_evidence import evidence_from
from recommender.store.queries import load_histories
from recommender.utils.languages import pick_language

A_DAY = 20  # sentences
DAY = timedelta(days=1)
IDS_A_QUERY = 500
UNKNOWN = "nofacts"  # nothing that the check knows bears the sentence


@dataclass(frozen=True, slots=True)
class CheckedSentence:
    """`problem` is "" where it holds, else the check's word for what is wrong."""

    text: str
    explained_by: str
    problem: str


@dataclass(frozen=True, slots=True)
class _ItemTexts:
    """What the catalogue says of an item; `titles` are by language, those of translations among them."""

    description: ItemDescription
    titles: Mapping[str, str]

    def title_in(self, language: str) -> str:
        """The title as a sentence in this language names the item."""
        return self.titles.get(pick_language(language, self.titles) or "", self.description.title)


def check_sample(session: Session, since: datetime, until: datetime, seed: int) -> list[CheckedSentence]:
    """At most twenty sentences of each day in [since, until), drawn at random from what was kept of answers."""
    kept = _sample(session, since, until, np.random.default_rng(seed))
    users = sorted({row.user_id for row, _ in kept if row.user_id is not None})
    histories = load_histories(session, users, until)
    visits = _visit_histories(session, sorted({row.session_id for row, _ in kept if row.session_id is not None}), until)
    texts = _texts(session, _item_ids(kept))
    return [
        _checked(row, shown, histories.get(row.user_id or "") or visits.get(row.session_id or ""), texts)
        for row, shown in kept
    ]


def _sample(
    session: Session, since: datetime, until: datetime, rng: np.random.Generator
) -> list[tuple[ImpressionEvidence, Mapping[str, Any]]]:
    """Rows drawn at random of each day, and of each row one item."""
    found, start = list[tuple[ImpressionEvidence, Mapping[str, Any]]](), since
    while start < until:
        inside = (ImpressionEvidence.time >= start, ImpressionEvidence.time < min(start + DAY, until))
        ids = sorted(session.scalars(select(ImpressionEvidence.evidence_id).where(*inside)))
        drawn = sorted(ids[place] for place in rng.permutation(len(ids))[:A_DAY].tolist())
        rows = session.scalars(select(ImpressionEvidence).where(ImpressionEvidence.evidence_id.in_(drawn)))
        for row in sorted(rows, key=lambda one: one.evidence_id):
            if row.items:
                found.append((row, row.items[int(rng.integers(len(row.items)))]))
        start += DAY
    return found


def _item_ids(kept: Iterable[tuple[ImpressionEvidence, Mapping[str, Any]]]) -> list[str]:
    named = set[str]()
    for _, shown in kept:
        named.add(str(shown["item_id"]))
        named.update(str(one) for evidence in shown["evidence"] for one in evidence["item_ids"])
    return sorted(named)


def _visit_histories(session: Session, session_ids: Sequence[str], until: datetime) -> dict[str, History]:
    """What visits of nobody known did before `until`, by visit."""
    found = dict[str, list[Event]]()
    for start in range(0, len(session_ids), IDS_A_QUERY):
        theirs = (Event.session_id.in_(session_ids[start : start + IDS_A_QUERY]), Event.user_id.is_(None))
        for event in session.scalars(select(Event).where(*theirs, Event.time < until)):
            found.setdefault(str(event.session_id), []).append(event)
    return {session_id: History.of(events) for session_id, events in found.items()}


def _texts(session: Session, item_ids: Sequence[str]) -> dict[str, _ItemTexts]:
    columns = (Item.item_id, Item.title, Item.categories, Item.language, Item.translations)
    found = dict[str, _ItemTexts]()
    for start in range(0, len(item_ids), IDS_A_QUERY):
        rows = session.execute(select(*columns).where(Item.item_id.in_(item_ids[start : start + IDS_A_QUERY])))
        for item_id, title, categories, language, translations in rows:
            titles = {code: texts["title"] for code, texts in translations.items() if texts.get("title")}
            description = ItemDescription(title, str(categories[-1]) if categories else "")
            found[item_id] = _ItemTexts(description, {language: title} | titles)
    return found


def _checked(
    row: ImpressionEvidence, shown: Mapping[str, Any], history: History | None, texts: Mapping[str, _ItemTexts]
) -> CheckedSentence:
    """By what was known when it was shown."""

    def describe(item_id: str) -> ItemDescription:
        return texts[item_id].description if item_id in texts else ItemDescription(item_id)

    def title(item_id: str) -> str:
        return texts[item_id].title_in(row.language) if item_id in texts else item_id

    item_id, text, by = str(shown["item_id"]), str(shown["reason"]), str(shown["explained_by"])
    actions = ShopperEvents(history.until(row.time)) if history is not None else {}
    known, evidence = SentenceContext(title, actions), evidence_from(shown["evidence"])
    if by != "llm" and text == explain(known, item_id, evidence, row.language):
        return CheckedSentence(text, by, "")
    facts = facts_of(known, item_id, evidence, describe)
    problem = UNKNOWN if facts is None else check(text, facts, row.language).problem
    return CheckedSentence(text, by, problem.partition(":")[0])
