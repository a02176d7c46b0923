"""Bad rows as rejects: each once, with its first problem."""

import polars as pl

from recommender.importing.checking.attributes import to_json
from recommender.importing.checking.rows import Found
from recommender.importing.column_names import Columns
from recommender.importing.storing.progress import REJECT_SCHEMA


def name_person(raw: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """The rows with the column of the shopper's id under our name, by which a reject's shopper is found."""
    theirs = columns.fields.get("user_id")
    if theirs is None or theirs not in raw.columns or "user_id" in raw.columns:
        return raw
    return raw.rename({theirs: "user_id"})


def make_rejects(raw: pl.DataFrame, problems: Found) -> pl.DataFrame:
    """Each bad row once, with its first problem."""
    rows: dict[int, tuple[str, str]] = {}
    for name, problem in problems:
        for index in problem.where.fill_null(False).arg_true():
            rows.setdefault(index, (name, problem.reason))
    if not rows:
        return pl.DataFrame(schema=REJECT_SCHEMA)
    bad = raw[sorted(rows)]
    rejects = [
        to_json({k: v for k, v in row.items() if v is not None and k != "line"}) for row in bad.iter_rows(named=True)
    ]
    found = [rows[index] for index in sorted(rows)]
    names, reasons = zip(*found, strict=True)
    return pl.DataFrame({"line": bad["line"], "field": names, "reason": reasons, "raw": rejects}, schema=REJECT_SCHEMA)
