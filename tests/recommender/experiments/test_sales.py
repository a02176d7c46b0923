"""A report of sales as flat rows, and the newest one that was kept."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from recommender.db.tables import SalesReport
from recommender.experiments.sales import COLUMNS, FIGURES, flat_rows, newest_report

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def figure(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 1, "high": value + 1}


def content(**tables: list[dict[str, Any]]) -> dict[str, Any]:
    return {"tables": tables, "experiments": []}


def test_each_table_s_rows_and_each_arm_is_a_row_of_the_same_columns() -> None:
    told = content(models=[{"name": "m1", "shoppers": 10, "shown": 50, **{one: figure(2.0) for one in FIGURES}}])
    arm = {"name": "diverse", "shoppers": 5, "answers": 9, "conversion": figure(0.5), "revenue": None}
    told["experiments"] = [{"experiment_id": "march", "arms": [arm]}]
    first, second = flat_rows(told)
    assert tuple(first) == tuple(second) == COLUMNS
    assert (first["table"], first["name"], first["shoppers"], first["shown"]) == ("models", "m1", 10, 50)
    assert (first["bought_value"], first["bought_low"], first["bought_high"]) == (2.0, 1.0, 3.0)
    assert (second["table"], second["name"], second["shown"]) == ("arm", "march: diverse", 9)
    assert (second["conversion_low"], second["revenue_value"], second["clicked_value"]) == (-0.5, None, None)


def test_a_report_of_nothing_has_no_rows() -> None:
    assert list(flat_rows(content())) == []
    assert list(flat_rows(content(models=[]))) == []


def test_the_newest_report_is_the_one_made_last(session: Session) -> None:
    assert newest_report(session) is None
    for place in range(3):
        session.add(SalesReport(made_at=NOW, since=NOW, until=NOW, content={"place": place}))
        session.flush()
    newest = newest_report(session)
    assert newest is not None
    assert newest.content == {"place": 2}
