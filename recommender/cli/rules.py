"""`zhiyin rules`: business rules added, removed and listed, by people and by scripts.

It parses options and words errors; the work is `store.rules`'s. A running service takes a change in within seconds.
"""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from recommender.cli.output import AsJson, print_json, print_table, say_next
from recommender.db.engine import session_scope
from recommender.reranking.rules import Rule
from recommender.store.rules import UnclearRule, add_rule, read_changes, read_rules, remove_rule

rules = typer.Typer(no_args_is_help=True, help="What the shop wants of its answers: pin, boost, bury, exclude.")
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
        say_next("zhiyin rules list")


@rules.command()
def remove(rule_id: Annotated[str, typer.Argument(help="as `rules list` shows it")], reason: Why, by: By) -> None:
    """End a rule; its history stays."""
    with _worded(), session_scope() as session:
        remove_rule(session, rule_id, by, reason, datetime.now(UTC))
    typer.echo(f"removed {rule_id}")


@rules.command("list")
def list_rules(
    history: Annotated[bool, typer.Option("--history", help="Every change: who, when, why.")] = False,
    as_json: AsJson = False,
) -> None:
    """The rules, those that don't hold now too."""
    with _worded(), session_scope() as session:
        changes, rules_now, now = read_changes(session), read_rules(session), datetime.now(UTC)
    if as_json:
        print_json(changes if history else [{**asdict(rule), "holds": rule.holds(now)} for rule in rules_now])
    elif history:
        rows = [
            (f"{one.time:%Y-%m-%d %H:%M:%S}", one.change, one.rule_id, one.changed_by, one.reason) for one in changes
        ]
        print_table("time change rule by reason", rows)
    else:
        print_table("rule action target name how from until now", [_row(rule, now) for rule in rules_now])


def _row(rule: Rule, now: datetime) -> tuple[str, ...]:
    how = {"pin": f"at {rule.position}", "exclude": ""}.get(rule.action, f"x {rule.strength:g}")
    times = [f"{moment:%Y-%m-%d %H:%M}" if moment else "" for moment in (rule.starts_at, rule.ends_at)]
    return (rule.rule_id, rule.action, rule.target, rule.name, how, *times, "holds" if rule.holds(now) else "")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None else None


@contextmanager
def _worded() -> Iterator[None]:
    try:
        yield
    except UnclearRule as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
