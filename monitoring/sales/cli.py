"""`zhiyin report`: what the answers of the last weeks led to, as tables, JSON or CSV."""

import csv
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from monitoring.sales.comparison import MIN_DAYS, MIN_SHOPPERS
from monitoring.sales.report import make_report
from recommender.cli.output import print_json
from recommender.experiments.sales import COLUMNS, flat_rows
from recommender.settings import get_settings

app = typer.Typer()
out = Console(soft_wrap=True)
VERDICTS = {
    "better": "sells more than {first}",
    "worse": "sells less than {first}",
    "alike": "no difference from {first} is seen",
    "early": f"too early to say: {MIN_DAYS} days and {MIN_SHOPPERS} shoppers an arm are needed",
    "uneven": "can't be compared: shoppers don't divide by the shares; find out why, and start anew",
}
DAY = ["%Y-%m-%d"]


@app.command()
def report(
    since: Annotated[
        datetime | None, typer.Option(formats=DAY, help="First day (UTC); 28 days before the end.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="Day (UTC) before which it ends; now.")] = None,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=90, help="An event is due to an answer for so long; else ZHIYIN_ATTRIBUTION_DAYS."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="A row a model, arm, scenario, source, position and week.")
    ] = False,
) -> None:
    """What the answers of the last weeks led to, and how experiments do."""
    now = datetime.now(UTC)
    end = until.replace(tzinfo=UTC) if until is not None else now
    start = since.replace(tzinfo=UTC) if since is not None else end - timedelta(days=28)
    if start >= end:
        raise typer.BadParameter("is not before --until; swap them", param_hint="--since")
    content = make_report(start, end, days or get_settings().attribution_days, now)
    if as_json:
        print_json(content)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(flat_rows(content))
    else:
        _print(content, start, end)


def _print(content: dict[str, Any], start: datetime, end: datetime) -> None:
    totals, counts = content["totals"], content["counts"]
    answered = f"{totals['shown']:,} answers for {totals['shoppers']:,} shoppers and visits"
    due = f"{counts['purchases_due']:,} of {counts['purchases']:,} purchases are due to them"
    out.print(f"{start:%Y-%m-%d} to {end:%Y-%m-%d}: {answered}; {due}, within {content['days']} days", highlight=False)
    for name, rows in content["tables"].items():
        table = Table(name, "shoppers", "shown", "clicked", "carted", "bought", "conversion", "revenue", box=None)
        for row in rows:
            shares = [_percent(row[one]) for one in ("clicked", "carted", "bought", "conversion")]
            table.add_row(row["name"], f"{row['shoppers']:,}", f"{row['shown']:,}", *shares, _money(row["revenue"]))
        out.print(table if rows else f"{name}: nothing shown")
    for experiment in content["experiments"]:
        _print_experiment(experiment)
    if counts["purchases_without_value"]:
        out.print(f"{counts['purchases_without_value']:,} purchases say no money: revenue is that of the others")
    out.print(
        f"An empty figure: of fewer than {content['smallest_group']} shoppers. ±: it lies so near in 95 of 100 cases."
    )


def _print_experiment(experiment: dict[str, Any]) -> None:
    until = f"until {experiment['ended_at'][:10]}" if experiment["ended_at"] else "runs"
    out.print(f"\nexperiment {experiment['experiment_id']}: {experiment['days']:g} days, {until}", highlight=False)
    table = Table("arm", "share", "shoppers", "clicked", "conversion", "revenue", "revenue more", "verdict", box=None)
    first = experiment["arms"][0]["name"]
    for arm in experiment["arms"]:
        more, verdict = arm.get("revenue_more"), arm.get("verdict")
        verdict_text = VERDICTS[verdict].format(first=first) if verdict else "the others are compared with it"
        figures = [_percent(arm["clicked"]), _percent(arm["conversion"]), _money(arm["revenue"]), _money(more)]
        table.add_row(arm["name"], f"{arm['share']:.0%}", f"{arm['shoppers']:,}", *figures, verdict_text)
    out.print(table)


def _percent(one: dict[str, float] | None) -> str:
    return f"{one['value']:.1%} ±{50 * (one['high'] - one['low']):.1f}" if one else ""


def _money(one: dict[str, float] | None) -> str:
    return f"{one['value']:.2f} ±{(one['high'] - one['low']) / 2:.2f}" if one else ""
