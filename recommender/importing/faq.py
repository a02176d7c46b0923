"""A shop's questions and answers in: .csv, .jsonl (also .gz), .parquet or .json with question, answer and language.

The same file read again changes nothing; an entry whose answer changed is updated. Rows that say nothing are told with
their line.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.db.tables import FaqEntry
from recommender.importing.reading.readers import SUFFIXES, read_batches, suffix_of
from recommender.importing.reading.rows import UnreadableFile

LANGUAGES = ("en", "zh")
LONGEST_QUESTION, LONGEST_ANSWER = 1_000, 5_000
ROWS_AT_ONCE = 1_000


@dataclass(slots=True)
class FaqSummary:
    """What became of the rows; `rejects` are (line, reason)."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    rejects: list[tuple[int, str]] | None = None


def import_faq(session: Session, path: Path, now: datetime, replace: bool = False) -> FaqSummary:
    """Takes in the file's entries; with `replace` those that it doesn't hold are removed."""
    summary, rejects, kept = FaqSummary(), list[tuple[int, str]](), set[str]()
    for line, row in _rows(path):
        entry = _entry(row)
        if isinstance(entry, str):
            rejects.append((line, entry))
            continue
        kept.add(entry.faq_id)
        _put(session, entry, now, summary)
    if replace:
        gone = delete(FaqEntry).where(FaqEntry.faq_id.not_in(kept)).returning(FaqEntry.faq_id)
        summary.removed = len(session.execute(gone).all())
    summary.rejects = rejects
    return summary


def _put(session: Session, entry: FaqEntry, now: datetime, summary: FaqSummary) -> None:
    there = session.get(FaqEntry, entry.faq_id)
    if there is None:
        entry.updated_at = now
        session.add(entry)
        session.flush()
        summary.added += 1
    elif there.answer != entry.answer or there.question != entry.question:
        there.answer, there.question, there.updated_at = entry.answer, entry.question, now
        summary.updated += 1
    else:
        summary.unchanged += 1


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix == ".json":
        yield from enumerate(_json(path), 1)
        return
    if suffix_of(path) is None:
        raise UnreadableFile(f"{path}: give a file that ends in {', '.join(SUFFIXES)}")
    for batch in read_batches(path, 0, ROWS_AT_ONCE):
        for row in batch.rows.iter_rows(named=True):
            yield int(row["line"]), row
        for reject in batch.rejects.iter_rows(named=True):
            yield int(reject["line"]), {"problem": reject["reason"]}


def _json(path: Path) -> list[Mapping[str, Any]]:
    """A list of entries, bare or named `questions`."""
    try:
        content = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"{path} is not JSON ({error})") from error
    rows = content.get("questions") if isinstance(content, dict) else content
    if not isinstance(rows, list):
        raise UnreadableFile(f"{path} holds no list of questions")
    return [row if isinstance(row, dict) else {"problem": "not a JSON object"} for row in rows]


def _entry(row: Mapping[str, Any]) -> FaqEntry | str:
    """The entry of a row, or what is wrong with it."""
    if "problem" in row:
        return str(row["problem"])
    question, answer = (" ".join(str(row.get(name) or "").split()) for name in ("question", "answer"))
    language = str(row.get("language") or "").strip().lower()[:2] or _language(question)
    if not question or not answer:
        return f"{'question' if not question else 'answer'} is empty"
    if len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        return f"longer than {LONGEST_QUESTION} (question) or {LONGEST_ANSWER} (answer) characters"
    if language not in LANGUAGES:
        return f"language {language!r} is none of {', '.join(LANGUAGES)}"
    mark = blake2b(f"{language}\n{question.casefold()}".encode(), digest_size=16).hexdigest()
    return FaqEntry(faq_id=mark, question=question, answer=answer, language=language)


def _language(text: str) -> str:
    return "zh" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else "en"


def stored_entries(session: Session) -> list[FaqEntry]:
    """All entries, in an order that stays."""
    return list(session.scalars(select(FaqEntry).order_by(FaqEntry.faq_id)))
