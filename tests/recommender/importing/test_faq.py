"""Questions and answers in: each format, twice, changed, and rows that say nothing."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.db.engine import session_scope
from recommender.importing.faq import import_faq, stored_entries
from recommender.settings import Settings
from tests.support.commands import zhiyin
from tests.support.servers.databases import install_tables

NOW = datetime(2026, 5, 1, tzinfo=UTC)
CSV = "question,answer,language\nHow?,So.,en\n怎么？,这样。,zh\nWhy?,,en\nQuoi?,Ainsi.,fr\n"


def test_entries_are_added_updated_and_removed(database: Settings, tmp_path: Path) -> None:
    file = tmp_path / "faq.csv"
    file.write_text(CSV)
    with session_scope() as session:
        first = import_faq(session, file, NOW)
        assert (first.added, first.updated, first.unchanged) == (2, 0, 0)
        assert first.rejects == [(4, "answer is empty"), (5, "language 'fr' is none of en, zh")]
        assert import_faq(session, file, NOW).unchanged == 2
    file.write_text("question,answer\nHow?,Otherwise.\n")
    with session_scope() as session:
        second = import_faq(session, file, NOW, replace=True)
        assert (second.updated, second.removed) == (1, 1)
        assert [(entry.question, entry.answer, entry.language) for entry in stored_entries(session)] == [
            ("How?", "Otherwise.", "en")
        ]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("faq.jsonl", b'{"question": "How?", "answer": "So."}\n\n{"question": "Why?", "answer": "Thus."}\n'),
        (
            "faq.jsonl.gz",
            gzip.compress(b'{"question": "How?", "answer": "So."}\n{"question": "Why?", "answer": "x"}', mtime=0),
        ),
        ("faq.json", b'{"questions": [{"question": "How?", "answer": "So."}, {"question": "Why?", "answer": "x"}]}'),
        ("faq.json", b'[{"question": "How?", "answer": "So."}, 7, {"question": "Why?", "answer": "x"}]'),
    ],
)
def test_each_format_is_read(home: Settings, tmp_path: Path, name: str, content: bytes) -> None:
    install_tables()
    (tmp_path / name).write_bytes(content)
    with session_scope() as session:
        assert import_faq(session, tmp_path / name, NOW).added == 2


@pytest.mark.parametrize(("name", "content"), [("faq.txt", b""), ("faq.json", b"{"), ("faq.json", b"7")])
def test_a_file_that_is_none_is_told(home: Settings, tmp_path: Path, name: str, content: bytes) -> None:
    install_tables()
    (tmp_path / name).write_bytes(content)
    result = zhiyin("import", "faq", tmp_path / name)
    assert result.exit_code == 1


def test_the_command_says_what_it_did(home: Settings, tmp_path: Path) -> None:
    install_tables()
    file = tmp_path / "faq.csv"
    file.write_text(CSV)
    result = zhiyin("import", "faq", file)
    assert "faq: 2 added, 0 updated, 0 unchanged, 0 removed, 2 rejected" in result.output
    assert "faq.csv:4: answer is empty" in result.output
