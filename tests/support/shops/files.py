"""A small shop's files, written the way a test wants them, and what became of them in the database."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from recommender.db.engine import session_scope
from recommender.db.tables import Base, Reject

ITEMS = "item_id,title,brand,categories,price\ntea,Green tea,Leaf,Drinks|Tea,4.5\ncup,Cup,,Kitchen,9\n"
EVENTS = (
    "event_id,user_id,item_id,event_type,value,time\n"
    "e1,ann,tea,purchase,4.5,2026-01-01T10:00:00Z\n"
    "e2,bob,cup,view,,2026-01-02\n"
)


def write(folder: Path, **files: str | bytes) -> Path:
    """Files of `folder` by name, dots written as two underscores: items__csv="..."."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def jsonl(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def table(name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Columns of a table, in order of the first."""
    found = Base.metadata.tables[name]
    picked = [found.c[column] for column in columns]
    with session_scope() as session:
        rows = [tuple(row) for row in session.execute(select(*picked))]
    return sorted(rows, key=lambda row: str(row[0]))


def rejected() -> list[tuple[str, int, str, str]]:
    """File name, line, field and reason of each reject, in order."""
    with session_scope() as session:
        rows = session.scalars(select(Reject).order_by(Reject.file, Reject.line)).all()
        return [(Path(row.file).name, row.line, row.field, row.reason) for row in rows]
