"""A report of sales as rows for other programs, and the newest one that was kept. It counts nothing."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from recommender.db.tables import SalesReport

FIGURES = ("clicked", "carted", "bought", "conversion", "revenue")
PARTS = ("value", "low", "high")
COLUMNS = ("table", "name", "shoppers", "shown", *(f"{figure}_{part}" for figure in FIGURES for part in PARTS))


def newest_report(session: Session) -> SalesReport | None:
    """The one that was made last."""
    return session.scalars(select(SalesReport).order_by(SalesReport.id.desc()).limit(1)).first()


def flat_rows(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row a model, scenario, source, position, week and arm; a figure that isn't told is empty.

    The conversion and revenue of arms are of all that was bought, those of the others of what answers led to.
    """
    for table, rows in content["tables"].items():
        yield from (_flat(table, row["name"], row["shown"], row) for row in rows)
    for experiment in content["experiments"]:
        for arm in experiment["arms"]:
            yield _flat("arm", f"{experiment['experiment_id']}: {arm['name']}", arm["answers"], arm)


def _flat(table: str, name: str, shown: int, row: dict[str, Any]) -> dict[str, Any]:
    figures = {
        f"{figure}_{part}": row[figure][part] if row.get(figure) else None for figure in FIGURES for part in PARTS
    }
    return {"table": table, "name": name, "shoppers": row["shoppers"], "shown": shown, **figures}
