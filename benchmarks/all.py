"""`make bench`: every benchmark in turn, each a process of its own, and the tables of the docs from their JSON.

It knows the commands and where their figures go, nothing of what they measure. A run whose data isn't there is named
and left out; one that fails is named, the others go on, and the end is an error.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.common.report import with_runs
from recommender.settings import PROJECT_ROOT, get_settings

DATA = PROJECT_ROOT.parent / "shared" / "data"
BEAUTY = DATA / "amazon-beauty"
SHOP_FAQ = DATA / "shop-faq"
DOCS = PROJECT_ROOT / "docs"
PAGES = {
    "quality": "quality.md", "served": "quality.md",
    "trust": "quality.md", "cold": "quality.md", "fashion": "quality.md",
    "newcomers": "quality.md",
    "serving": "service.md", "freshness": "service.md", "soak": "service.md", "flood": "service.md",
    "growth": "service.md", "vector_index": "service.md",
    "ingest": "data.md", "synthetic": "data.md", "features": "features.md", "online_store": "features.md",
    "embedding": "encoders.md", "search": "search.md",
    "scenarios": "scenarios.md", "offers": "offers.md", "adjust": "model.md", "replay": "model.md",
    "explanations": "explanations.md", "assistant": "assistant.md", "drift": "operations.md",
    "refresh": "operations.md", "scale": "scale.md",
    "steering": "steering.md",
}  # fmt: skip
console = Console()
app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Run:
    """A command and the name of its JSON; `needs` is a folder without which it is left out."""

    name: str
    arguments: tuple[str, ...]
    needs: Path | None = None

    @property
    def page(self) -> Path:
        """Where its table stands."""
        return DOCS / PAGES[self.arguments[0]]


def _beauty(name: str, ties: str, fit: str) -> Run:
    return Run(name, ("quality", str(BEAUTY), "--ties", ties, "--fit", fit), BEAUTY)


RUNS = (
    Run("ingest", ("ingest",)),
    Run("synthetic", ("synthetic",)),
    Run("features", ("features", "--data", str(BEAUTY)), BEAUTY),
    Run("online_store", ("online_store",)),
    Run("embedding", ("embedding",)),
    Run("serving", ("serving",)),
    Run("freshness", ("freshness",)),
    Run("soak", ("soak",)),
    Run("flood", ("flood",)),
    Run("growth", ("growth",)),
    Run("vector_index", ("vector_index",)),
    Run("search", ("search", "--part", "titles")),
    Run("search_kinds", ("search", "--part", "kinds"), BEAUTY),
    Run("steering", ("steering",), BEAUTY),
    Run("scenarios", ("scenarios",)),
    Run("offers", ("offers",)),
    Run("adjust", ("adjust",)),
    Run("replay", ("replay",)),
    Run("drift", ("drift",)),
    Run("refresh", ("refresh",)),
    Run("scale", ("scale",)),
    Run("explanations", ("explanations",)),
    Run("assistant", ("assistant",), SHOP_FAQ),
    Run("demo", ("quality", "demo")),
    _beauty("beauty-shuffled-train", "shuffled", "train"),
    _beauty("beauty-shuffled-both", "shuffled", "train+validation"),
    _beauty("beauty-file-train", "file", "train"),
    Run("served", ("served", str(BEAUTY)), BEAUTY),
    Run("trust", ("trust",), DATA / "ciao"),
    Run("cold", ("cold",), BEAUTY),
    Run("fashion", ("fashion",), DATA / "fashion-images"),
    Run("newcomers", ("newcomers",)),
)


@app.command()
def run_all(
    only: Annotated[str, typer.Option(help="names of runs, joined by commas; all without")] = "",
) -> None:
    """Run them; figures go to `ZHIYIN_HOME`/benchmarks."""
    names = {name for name in only.split(",") if name} or {run.name for run in RUNS}
    unknown = names - {run.name for run in RUNS}
    if unknown:
        raise typer.BadParameter(f"only: no run is named {', '.join(sorted(unknown))}")
    folder = get_settings().home / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = [run for run in RUNS if run.name in names]
    failed = [run.name for run in chosen if not _run(run, folder / f"{run.name}.json")]
    for run in chosen:
        written = folder / f"{run.name}.json"
        if written.exists():
            with_runs(run.page, [written])
    if failed:
        console.print(f"failed: {', '.join(failed)}", style="red")
        raise typer.Exit(1)


def _run(run: Run, out: Path) -> bool:
    if run.needs is not None and not run.needs.is_dir():
        console.print(f"{run.name}: left out, its data is not in {run.needs}")
        return True
    console.rule(run.name)
    module, *arguments = run.arguments
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments, "--json", str(out)]
    return subprocess.run(command, cwd=PROJECT_ROOT, check=False).returncode == 0


if __name__ == "__main__":
    app()
