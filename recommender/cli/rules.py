"""`python -m recommender rules`: business rules added, removed and listed, by people and by scripts.

It parses options and words errors; the work is `rule_book`'s. A running service takes a change in within seconds.
"""

import getpass
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from recommender.db.engine import session_scope
from recommender.reranking.rules import Rule
from recommender.store.rules import UnclearRule, add_rule, read_changes, read_rules, remove_rule

rules = typer.Typer(no_args_is_help=True, help="What the shop wants of its answers: pin, boost, bury, exclude.")
out = Console()
TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
By = Annotated[
    str, typer.Option(help="Who makes the change; your login when left out.", default_factory=getpass.getuser)
]
Why = Annotated[str, typer.Option("--reason", help="Why.")]


@rules.command()
def add(
    action: Annotated[str, typer.Argument(help="pin, boost, bury or exclude")],
    reason: Why,
    by: By,
    item: Annotated[str, typer.Option(help="The item it is about.")] = "",
    category: Annotated[str, typer.Option(help="Or the category, at any level of the path.")] = "",
    brand: Annotated[str, typer.Option(help="Or the brand.")] = "",
    strength: Annotated[
        float, typer.Option(help="boost: so many times the odds; bury: divided by it. 4 and 20 when left out.")
    ] = 0.0,
    position: Annotated[int | None, typer.Option(help="pin: the place, from 1.")] = None,
    starts: Annotated[
        datetime | None, typer.Option(formats=TIMES, help="From when on, UTC; now when left out.")
    ] = None,
    ends: Annotated[
        datetime | None, typer.Option(formats=TIMES, help="Until when, UTC; for good when left out.")
    ] = None,
) -> None:
    """Add a rule; prints its id."""
    with _worded():
        targets = [(kind, name) for kind, name in (("item", item), ("category", category), ("brand", brand)) if name]
        if len(targets) != 1:
            raise UnclearRule("give one of --item, --category, --brand")
        target, name = targets[0]
        rule = Rule("", action, target, name, strength, position, _utc(starts), _utc(ends))
        with session_scope() as session:
            kept = add_rule(session, rule, by, reason, datetime.now(UTC))
        typer.echo(kept.rule_id)


@rules.command()
def remove(rule_id: Annotated[str, typer.Argument(help="as `rules list` shows it")], reason: Why, by: By) -> None:
    """End a rule; its history stays."""
    with _worded(), session_scope() as session:
        remove_rule(session, rule_id, by, reason, datetime.now(UTC))
    typer.echo(f"removed {rule_id}")


@rules.command("list")
def list_rules(
    history: Annotated[bool, typer.Option("--history", help="Every change: who, when, why.")] = False,
) -> None:
    """The rules, those that don't hold now too."""
    with _worded(), session_scope() as session:
        if history:
            rows = [
                (f"{one.time:%Y-%m-%d %H:%M:%S}", one.change, one.rule_id, one.changed_by, one.reason)
                for one in read_changes(session)
            ]
            _print("time change rule by reason", rows)
        else:
            now = datetime.now(UTC)
            _print("rule action target name how from until now", [_row(rule, now) for rule in read_rules(session)])


def _row(rule: Rule, now: datetime) -> tuple[str, ...]:
    how = {"pin": f"at {rule.position}", "exclude": ""}.get(rule.action, f"x {rule.strength:g}")
    times = [f"{moment:%Y-%m-%d %H:%M}" if moment else "" for moment in (rule.starts_at, rule.ends_at)]
    return (rule.rule_id, rule.action, rule.target, rule.name, how, *times, "holds" if rule.holds(now) else "")


def _print(columns: str, rows: Iterable[tuple[str, ...]]) -> None:
    table = Table(*columns.split(), box=box.SIMPLE)
    for row in rows:
        table.add_row(*row)
    out.print(table)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except UnclearRule as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
