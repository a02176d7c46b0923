"""What refreshing only who drifted gains and costs: `python -m benchmarks.refresh [--shoppers 10000,100000,1000000]`.

Gain: the shop of the settings' home is copied, a model is trained that ends three weeks before its end, and a share of
the shoppers swap tastes with each other from then on. Two weeks are checked as the loop checks them; the third is asked
with everybody's profile of three weeks ago, with those of who drifted refreshed, and with everybody's refreshed. NDCG
is of what was bought in that week; nothing asked has seen it.

Cost: CPU seconds of this process. A shop of as many shoppers as are named, most of them copies with a few events, has
some of its shoppers refreshed; by what is refreshed it should grow, by what is not it should not.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from sqlalchemy import func, select

from benchmarks.common.result_tables import Row, at_most, console, goal, write_report
from benchmarks.common.shop_copies import copied_shop
from benchmarks.monitoring.many_shoppers import clone_shoppers
from benchmarks.monitoring.planted_drift import PURCHASE, swap_tastes
from benchmarks.monitoring.replayed_shop import WEEK, check_week, copied_home, plant_drift, require_sqlite
from features.online import read_profiles
from recommender.db.engine import session_scope
from recommender.db.tables import Event
from recommender.drift.decisions import Choice, decide
from recommender.drift.runs import drifted_users
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile
from recommender.ranking.metrics import find_hits, ndcg_at
from recommender.ranking.pipeline import RankingQuery, recommend
from recommender.release.promotion import promote
from training.command_params import params_of
from training.pipeline import train
from training.profiles import model_in_service, refresh_drifted, refresh_profiles

K = 20
KEPT, COST, LINEAR, FLAT = 0.95, 1.5, 1.3, 1.2
REFRESHED = (500, 1_000, 2_000)
REASON = "benchmark"


def main(
    shoppers: Annotated[str, typer.Option(help="Of the shops whose refresh is timed, by commas; empty: none.")] = (
        "10000,100000,1000000"
    ),
    minutes: Annotated[float, typer.Option(min=0.1, help="Of training the model that is asked.")] = 3,
    seed: Annotated[int, typer.Option(help="Of who swaps tastes.")] = 0,
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here.")] = None,
) -> None:
    """Measures and prints."""
    require_sqlite()
    rows, goals = measure_gain(minutes, seed)
    if shoppers:
        cost_rows, cost_goals = measure_cost([int(one) for one in shoppers.split(",")])
        rows, goals = [*rows, *cost_rows], [*goals, *cost_goals]
    for one in (*rows, *goals):
        console.print(one, highlight=False)
    write_report(out, "the demo's shop, refreshed", rows, goals)


def measure_gain(minutes: float, seed: int) -> tuple[list[Row], list[Row]]:
    """Rows of three ways to keep profiles; shares of the gain and of the cost that refreshing who drifted has."""
    with copied_home() as end:
        since, now = end - 3 * WEEK, end - WEEK
        promote(train(params_of(since.isoformat(), None, None, minutes=minutes)))
        refresh_profiles(since, None, "retrain")
        swapped: set[str] = plant_drift(swap_tastes, since, end, seed)
        bought = _bought(now, end)
        former = read_profiles(sorted(bought))
        bundle = model_in_service()
        found, seconds = set[str](), 0.0
        for until in (since + WEEK, now):
            run_id = check_week(until).drift_run_id
            decide(run_id, Choice("refresh", "the benchmark", "policy"), announced=False)
            found |= set(drifted_users(run_id))
            seconds += _cpu_seconds(partial(refresh_drifted, run_id))
        drifted = read_profiles(sorted(former))
        everybody = _cpu_seconds(partial(refresh_profiles, now, None, REASON))
        fresh = read_profiles(sorted(former))
        count = _shoppers(now)
    ndcg = {
        name: _ndcg(bundle, profiles, bought, now)
        for name, profiles in (("nobody", former), ("who drifted", drifted), ("everybody", fresh))
    }
    refreshed = {"nobody": 0, "who drifted": len(found), "everybody": count}
    spent = {"nobody": 0.0, "who drifted": seconds, "everybody": everybody}
    rows = [
        {"task": "profiles of three weeks ago, refreshed of", "system": name, "shoppers": refreshed[name]}
        | {"NDCG@20": _mean(ndcg[name]), "NDCG@20 of who swapped": _mean(ndcg[name], swapped)}
        | {"cpu_seconds": spent[name]}
        for name in ndcg
    ]
    kept = {of: share_kept(rows, of) for of in ("NDCG@20", "NDCG@20 of who swapped")}
    goals = [goal(f"share of the gain that is kept, {of}", share, KEPT) for of, share in kept.items()]
    share = (seconds / len(found)) / (everybody / count) if found else 0.0
    return rows, [*goals, at_most("cost of who drifted over their share of everybody's", share, COST)]


def measure_cost(sizes: Sequence[int]) -> tuple[list[Row], list[Row]]:
    """CPU seconds of refreshing some hundred and thousand shoppers of shops of other sizes."""
    rows = list[Row]()
    for size in sizes:
        with _grown_shop(size) as users:
            now = datetime.now(UTC)  # later than the profiles that came with the shop
            refresh_profiles(now, users[:50], REASON)  # what is loaded once
            for step, count in enumerate(REFRESHED, start=1):
                moment = now + timedelta(days=step)
                spent = _cpu_seconds(partial(refresh_profiles, moment, users[:count], REASON))
                rows.append({"task": "shoppers of the shop", "system": f"{size:,}", "refreshed": count}
                            | {"cpu_seconds": spent, "ms a shopper": 1000 * spent / count})  # fmt: skip
    each = {(row["system"], row["refreshed"]): row["ms a shopper"] for row in rows}
    names = [f"{size:,}" for size in sizes]
    linear = max(each[name, REFRESHED[-1]] / each[name, REFRESHED[0]] for name in names)
    flat = max(each[names[-1], count] / each[names[0], count] for count in REFRESHED)
    return rows, [
        at_most(f"ms a shopper of {REFRESHED[-1]} refreshed over {REFRESHED[0]}", linear, LINEAR),
        at_most(f"ms a shopper in a shop of {names[-1]} over {names[0]}", flat, FLAT),
    ]


@contextmanager
def _grown_shop(size: int) -> Iterator[list[str]]:
    """A shop of so many shoppers in a home of its own; gives those whose whole past is there."""
    with session_scope() as session:
        users = select(Event.user_id).where(Event.user_id.is_not(None)).distinct().order_by(Event.user_id)
        known = [str(user) for user in session.scalars(users.limit(REFRESHED[-1]))]
    if len(known) < REFRESHED[-1]:
        raise typer.BadParameter(f"the shop has {len(known)} shoppers; {REFRESHED[-1]} are refreshed: run `make demo`")
    with copied_shop("SQLite", known):
        clone_shoppers(size - len(known))
        yield known


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _bought(since: datetime, until: datetime) -> dict[str, set[str]]:
    """The items that each shopper bought."""
    query = select(Event.user_id, Event.item_id).where(
        Event.time >= since, Event.time < until, Event.event_type == PURCHASE, Event.user_id.is_not(None)
    )
    found: dict[str, set[str]] = {}
    with session_scope() as session:
        for user_id, item_id in session.execute(query):
            found.setdefault(str(user_id), set()).add(str(item_id))
    return found


def _shoppers(until: datetime) -> int:
    with session_scope() as session:
        return session.scalar(select(func.count(Event.user_id.distinct())).where(Event.time < until)) or 0


def _ndcg(
    bundle: ModelBundle, profiles: dict[str, Profile], bought: dict[str, set[str]], now: datetime
) -> dict[str, float]:
    """Of each shopper's list as the service makes it from their profile."""
    users, rankings, wanted = sorted(profiles), list[NDArray[np.int64]](), list[NDArray[np.int64]]()
    for user in users:
        listed = recommend(bundle, profiles[user], RankingQuery(n=K), now)
        rankings.append(bundle.catalogue.rows_of([one.item_id for one in listed]))
        rows = bundle.catalogue.rows_of(sorted(bought[user]))
        wanted.append(rows[rows >= 0])
    hits_UK, relevant_U = find_hits(rankings, wanted, K)
    return {
        user: ndcg_at(hits_UK[[place]], relevant_U[[place]], K) for place, user in enumerate(users) if relevant_U[place]
    }


def _mean(ndcg: dict[str, float], users: set[str] | None = None) -> float:
    return float(np.mean([value for user, value in ndcg.items() if users is None or user in users]))


def share_kept(rows: Sequence[Row], of: str) -> float:
    """Of what refreshing everybody gains over refreshing nobody, by rows of nobody, who drifted, everybody."""
    nobody, drifted, everybody = (float(row[of]) for row in rows)
    return (drifted - nobody) / (everybody - nobody) if everybody > nobody else 0.0


if __name__ == "__main__":
    typer.run(main)
