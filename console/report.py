"""What `make demo` prints at its end: shoppers and their products, the model's quality, the drift verdict, timings.

It reads the running service over HTTP and the application's database; it starts nothing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from console.loop import Step
from recommender.db.tables import DriftRun, Model, ProfileVersion

SHOPPERS = 3
SHOWN = ("NDCG@20", "Recall@20", "HitRate@20", "NDCG@20 new", "Recall@20 new")


def pick_shoppers(session: Session) -> list[str]:
    """Shoppers to show: the first ones, in order of id, whose strongest categories differ."""
    newest = select(ProfileVersion.user_id, func.max(ProfileVersion.version).label("version")).group_by(
        ProfileVersion.user_id
    )
    current = newest.subquery()
    rows = session.execute(
        select(ProfileVersion.user_id, ProfileVersion.affinities)
        .join(current, (ProfileVersion.user_id == current.c.user_id) & (ProfileVersion.version == current.c.version))
        .order_by(ProfileVersion.user_id)
    )
    chosen: dict[str, str] = {}
    for user_id, affinities in rows:
        top = next((entry["key"] for entry in affinities if entry["kind"] == "category"), None)
        if top is not None and top not in chosen:
            chosen[top] = user_id
        if len(chosen) == SHOPPERS:
            break
    return list(chosen.values())


def print_shoppers(out: Console, service: httpx.Client, user_ids: Sequence[str]) -> None:
    """A readable profile and the ten best products of each shopper, as the service answers them."""
    for user_id in user_ids:
        profile = _answer(service.post("/profile", json={"user_id": user_id}))
        ranked = _answer(service.post("/recommend", json={"user_id": user_id, "n": 10}))
        table = Table(title=f"shopper {user_id}: {profile['summary']}", title_justify="left", show_lines=False)
        table.add_column("#", justify="right")
        table.add_column("product")
        table.add_column("price", justify="right")
        table.add_column("why")
        for place, item in enumerate(ranked["items"], 1):
            price = "" if item["price"] is None else f"{item['price']:.2f}"
            table.add_row(str(place), item["title"], price, item["reason"])
        out.print(table)


def print_quality(out: Console, model: Model) -> None:
    """The model's figures on its held-out days beside the baselines', as its manifest holds them."""
    manifest: Mapping[str, Any] = model.manifest
    systems = {"zhiyin": manifest["metrics"], **manifest["baselines"]}
    table = Table(title=f"quality of model {model.model_version} on {manifest['test_interval']}", title_justify="left")
    table.add_column("system")
    for name in SHOWN:
        table.add_column(name, justify="right")
    for system, metrics in systems.items():
        table.add_row(system, *(f"{metrics[name]:.4f}" if name in metrics else "" for name in SHOWN))
    out.print(table)
    out.print("new: among the products the shopper had not bought before", style="dim")


def print_drift(out: Console, run: DriftRun | None) -> None:
    """The verdict of a drift run and what came of it; None: it says that nothing was checked."""
    if run is None:
        out.print("drift: not checked yet")
        return
    verdict = "[bold]drifted[/bold]" if run.drifted else "stable"
    out.print(
        f"drift of {run.current_from:%Y-%m-%d} to {run.current_until:%Y-%m-%d} against the time from"
        f" {run.reference_from:%Y-%m-%d}: {verdict} ({run.share:.0%} of the columns);"
        f" {run.users_drifted} shoppers drifted, {run.users_refreshed} profiles refreshed"
    )


def workspace_command(reports: Path) -> str:
    """What shows all drift checks beside each other, on this machine alone: Evidently's own pages ask nobody's name."""
    return f"evidently ui --workspace {reports / 'workspace'} --host 127.0.0.1 --port 8000"


def print_timings(out: Console, steps: Sequence[Step], others: Mapping[str, float], peak_memory: float) -> None:
    """The seconds of each step and of its tasks; `peak_memory` is in bytes, and 0 tells nothing of it."""
    table = Table(title="where the time went", title_justify="left")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("its tasks")
    for name, seconds in others.items():
        table.add_row(name, f"{seconds:.1f}", "")
    for step in steps:
        table.add_row(
            step.dag_id, f"{step.seconds:.1f}", ", ".join(f"{task} {spent:.1f}" for task, spent in step.tasks.items())
        )
    out.print(table)
    if peak_memory:
        out.print(f"peak memory of all processes: {peak_memory / 2**30:.1f} GiB")


def newest_drift_run(session: Session) -> DriftRun | None:
    """The drift run that was made last; None where there is none."""
    return session.scalars(select(DriftRun).order_by(DriftRun.created_at.desc()).limit(1)).first()


def _answer(response: httpx.Response) -> Any:
    response.raise_for_status()
    return response.json()
