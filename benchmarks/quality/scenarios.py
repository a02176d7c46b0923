"""`python -m benchmarks.scenarios [--json OUT]`: do baskets get what goes with them, and is what is due bought again?

It asks the promoted model of the settings' home about the days after the model's last one (`make demo` leaves both
there). Baskets: one product of each is given, the others are what should come; `lift` is how many times as often as
their own sales would bring it an answer's items are in a basket with the given one, so that what is in every basket
counts for nothing. Buy it again: each shopper at the
moment the model ends; what they bought in the seven days after is what should come. Nothing asked has seen those days.
"""

import os
import platform
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import orjson
import typer
from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.language.known_items import promoted_bundle
from recommender.data.event_weights import DAY, PURCHASE
from recommender.data.history import History
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.models.bundle import ModelBundle
from recommender.ranking.pipeline import similar
from recommender.scenarios.cart import goes_with
from recommender.scenarios.reorder import due_items
from recommender.store.queries import load_histories

CUT, WEEK = 10, timedelta(days=7)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """`given` is an item of a basket, `right` the others in it."""

    given: str
    right: frozenset[str]


def main(
    questions: Annotated[int, typer.Option(min=10, help="Baskets and shoppers asked about.")] = 500,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures there, too.")] = None,
) -> None:
    """Measures and prints tables."""
    with session_scope() as session:
        bundle = promoted_bundle(session)
        until = bundle.manifest.until
        later = _purchases(session, until, until + WEEK)
        users = sorted({event.user_id for event in later if event.user_id is not None})[:questions]
        histories = load_histories(session, users, until)
    baskets = _baskets(bundle, later)
    rows = basket_rows(bundle, _asked(baskets, questions), baskets, until)
    rows += again_rows(bundle, histories, _bought(later), until)
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load_before": os.getloadavg()[0]}
    report = {"machine": machine, "rows": rows, "goals": goals(rows)}
    show(report)
    if out is not None:
        out.write_bytes(orjson.dumps(report, option=orjson.OPT_INDENT_2))


def _purchases(session: Session, start: datetime, end: datetime) -> Sequence[Event]:
    purchases = select(Event).where(Event.time >= start, Event.time < end, Event.event_type == "purchase")
    return session.scalars(purchases.order_by(Event.id)).all()


def _baskets(bundle: ModelBundle, events: Sequence[Event]) -> list[list[str]]:
    baskets: dict[str, set[str]] = {}
    for event in events:
        if event.session_id and event.item_id in bundle.catalogue.index:
            baskets.setdefault(event.session_id, set()).add(event.item_id)
    return [sorted(items) for items in baskets.values()]


def _asked(baskets: Sequence[Sequence[str]], count: int) -> list[Asked]:
    rng = random.Random(7)  # noqa: S311 (no secret)
    several = [items for items in baskets if len(items) >= 3]
    chosen = rng.sample(several, min(count, len(several)))
    return [Asked(given, frozenset(items) - {given}) for items in chosen for given in [rng.choice(items)]]


def _bought(events: Sequence[Event]) -> dict[str, set[str]]:
    bought: dict[str, set[str]] = {}
    for event in events:
        if event.user_id is not None and event.item_id is not None:
            bought.setdefault(event.user_id, set()).add(event.item_id)
    return bought


def lift_of(answers: Sequence[tuple[str, Sequence[str]]], baskets: Sequence[Sequence[str]]) -> float:
    """How many times as often as by chance the items of answers are in a basket with the item asked about.

    All pairs together: baskets that hold both, over those that would if each came as often but alone.
    """
    holding: dict[str, set[int]] = {}
    for number, items in enumerate(baskets):
        for item in items:
            holding.setdefault(item, set()).add(number)
    nowhere: set[int] = set()
    pairs = [(holding.get(given, nowhere), holding.get(one, nowhere)) for given, found in answers for one in found]
    together = sum(len(one & other) for one, other in pairs)
    by_chance = sum(len(one) * len(other) for one, other in pairs) / max(len(baskets), 1)
    return together / max(by_chance, 1e-9)


def basket_rows(
    bundle: ModelBundle, asked: Sequence[Asked], baskets: Sequence[Sequence[str]], now: datetime
) -> list[Row]:
    """How many of ten are in the basket, how many are of the given item's own category, and the lift of all baskets."""
    sellable = bundle.catalogue.sellable(now)
    _, leaf_N = bundle.catalogue.leaves
    popular = [str(bundle.catalogue.ids[row]) for row in bundle.sellers[: CUT + 1]]

    def best_sellers(given: str) -> list[str]:
        return [item for item in popular if item != given][:CUT]

    def other_kinds(given: str) -> list[str]:
        found = [one.item_id for one in similar(bundle, given, 10 * CUT, now)]
        other = leaf_N[bundle.catalogue.rows_of(found)] != leaf_N[bundle.catalogue.index[given]]
        return [item for item, kept in zip(found, other, strict=True) if kept][:CUT]

    ways: dict[str, Callable[[str], list[str]]] = {
        "goes with": lambda given: [one.item_id for one in goes_with(bundle, given, CUT, sellable)],
        "similar, of another category": other_kinds,
        "similar": lambda given: [one.item_id for one in similar(bundle, given, CUT, now)],
        "popular": best_sellers,
    }
    rows = []
    for name, way in ways.items():
        answers = [(one, way(one.given)) for one in asked]
        kinds = [
            float(np.mean(leaf_N[bundle.catalogue.rows_of(found)] == leaf_N[bundle.catalogue.index[one.given]]))
            for one, found in answers
            if found
        ]
        hits = [bool(one.right & set(found)) for one, found in answers]
        rows.append(
            {
                "task": "basket",
                "system": name,
                "HR@10": float(np.mean(hits)),
                "same category": float(np.mean(kinds)),
                "lift": lift_of([(one.given, found) for one, found in answers], baskets),
            }
        )
    return rows


def again_rows(
    bundle: ModelBundle, histories: dict[str, History], bought: dict[str, set[str]], now: datetime
) -> list[Row]:
    """Of the first five, how many were bought in the week after; beside the items bought most often and most lately."""
    catalogue, everything = bundle.catalogue, bundle.catalogue.sellable(now)
    moment = int(now.timestamp())

    def due(history: History) -> list[str]:
        return [str(catalogue.ids[one.row]) for one in due_items(catalogue, history, moment, everything)]

    ways = {"due": due, "bought most often": _most_often, "bought last": _last}
    answers = {name: {user: way(history)[:5] for user, history in histories.items()} for name, way in ways.items()}
    asked = [user for user in histories if len(answers["due"][user]) == 5]
    return [
        {
            "task": "buy again",
            "system": name,
            "Precision@5": float(np.mean([len(set(found[user]) & bought[user]) / 5 for user in asked])),
            "shoppers": len(asked),
        }
        for name, found in answers.items()
    ]


def _most_often(history: History) -> list[str]:
    purchases = history.take(history.event_types == PURCHASE)
    days: dict[str, set[int]] = {}
    for item, time in zip(purchases.item_ids, purchases.times, strict=True):
        days.setdefault(item, set()).add(int(time) // DAY)
    return sorted(days, key=lambda item: (-len(days[item]), item))


def _last(history: History) -> list[str]:
    purchases = history.take(history.event_types == PURCHASE)
    return list(dict.fromkeys(purchases.item_ids[::-1].tolist()))


def goals(rows: list[Row]) -> list[Row]:
    found = {(row["task"], row["system"]): row for row in rows}
    other = found["basket", "similar, of another category"]["HR@10"]
    basket = found["basket", "goes with"]["HR@10"] / max(other, 1e-9)
    same = found["basket", "goes with"]["same category"]
    plainly = max(found["basket", name]["HR@10"] for name in ("similar", "popular"))
    sold = found["basket", "goes with"]["HR@10"] / max(plainly, 1e-9)
    often = found["buy again", "bought most often"]["Precision@5"]
    due = found["buy again", "due"]["Precision@5"] / max(often, 1e-9)
    return [
        {
            "name": "basket: HR@10 of goes with over what is similar and of another category",
            "value": basket,
            "target": 1.0,
            "met": bool(basket >= 1),
        },
        {
            "name": "basket: HR@10 of goes with over the better of what is similar and what is popular",
            "value": sold,
            "target": 1.0,
            "met": bool(sold >= 1),
        },
        {"name": "basket: share of the same category", "value": same, "target": 0.1, "met": bool(same <= 0.1)},
        {
            "name": "basket: lift of similar over that of popular",
            "value": found["basket", "similar"]["lift"] / max(found["basket", "popular"]["lift"], 1e-9),
            "target": 1.0,
            "met": bool(found["basket", "similar"]["lift"] >= found["basket", "popular"]["lift"]),
        },
        {
            "name": "buy again: Precision@5 of what is due over what was bought most often",
            "value": due,
            "target": 1.0,
            "met": bool(due >= 1),
        },
    ]


def show(report: Row) -> None:
    for row in report["rows"]:
        figures = [
            f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}"
            for name, value in row.items()
            if name not in ("task", "system")
        ]
        print(f"{row['task']:<12}{row['system']:<30}{', '.join(figures)}")
    for goal in report["goals"]:
        print(f"{'met  ' if goal['met'] else 'short'} {goal['name']}: {goal['value']:.2f} (goal {goal['target']})")


if __name__ == "__main__":
    typer.run(main)
