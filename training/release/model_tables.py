"""Models on a screen: a list, one model's figures beside those it was compared with, or all of it as JSON.

Nothing is wider than 80 columns, so that it can be read in any terminal, a mail or a log.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import orjson
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from recommender.store.model_report import METRIC, Columns, ModelReport, format_value, measures_of

WIDTH = 80
A_TABLE = 3  # columns beside the names: more are told in a further table


def print_models(out: Console, reports: Sequence[ModelReport]) -> None:
    """Two lines or more a model: what it reached beside the best other system, and what the gate said."""
    if not reports:
        out.print("no model yet: `zhiyin run` makes one", markup=False)
        return
    for report in reports:
        reached, best = format_value(report.reached), report.best_other
        other = f"best other {format_value(best[1])}, {best[0]}" if best else "compared with nothing"
        _line(out, f"{report.model_version}  {report.status}  learned until {report.learned_until or '-'}")
        _line(out, f"{METRIC} {reached}; {other}", indent=2)
        if report.reason:
            _line(out, report.reason, indent=2)


def print_model(out: Console, report: ModelReport) -> None:
    """All that the model's manifest says of how good it is."""
    _line(out, f"{report.model_version}  {report.status}  learned until {report.learned_until or '-'}")
    _line(out, report.reason or "not judged yet", indent=2)
    for title, columns in ((f"measured on {report.measured_on}", report.systems), ("shoppers apart", report.segments)):
        for table in _tables(title, columns):
            out.print(table, width=WIDTH)


def models_as_json(reports: Sequence[ModelReport]) -> str:
    """A list of objects with all that the reports hold, indented."""
    return orjson.dumps([asdict(report) for report in reports], option=orjson.OPT_INDENT_2).decode()


def _tables(title: str, columns: Columns) -> Iterator[Table]:
    names = list(columns)
    for start in range(0, len(names), A_TABLE):
        part = names[start : start + A_TABLE]
        table = Table(title=title, title_justify="left")
        measures = measures_of({name: columns[name] for name in part})
        table.add_column("measure", overflow="fold")
        for name in part:
            table.add_column(Text(name), justify="right", overflow="fold")
        for measure in measures:
            table.add_row(Text(measure), *(format_value(columns[name].get(measure)) for name in part))
        if table.row_count:
            yield table


def _line(out: Console, words: str, indent: int = 0) -> None:
    out.print(Padding(Text(words, overflow="fold"), (0, 0, 0, indent)), width=WIDTH)
