"""`make demo`: a year of a real-shaped shop through the whole loop on one machine, then the service and the pages.

It starts processes and talks to them over HTTP; each station's work is done by the station itself. A second run finds
what the first one made (`demo.json` below the state folder says so) and only serves.
"""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import psutil
import typer
from rich.console import Console

from console.airflow import AirflowSite
from console.loop import Step, run_loop
from console.processes import Processes, ProcessFailed, require_free_port
from console.report import (
    newest_drift_run,
    pick_shoppers,
    print_drift,
    print_quality,
    print_shoppers,
    print_timings,
    workspace_command,
)
from console.service import open_client, start_service
from recommender.db.engine import migrate, session_scope
from recommender.settings import Settings, get_settings
from recommender.store.queries import promoted_model
from recommender.utils.background_worker import BackgroundWorker
from training.release.bento import PackagingError
from training.release.package import package

app = typer.Typer()
DATA_ENDS = date(2018, 1, 1)  # the day after the demo data's last whole day
WEEK = 7
MINUTES = 1.0  # of a core that a training may take for the ranker
SAMPLE_SECONDS = 1.0


def shift_days(today: date) -> int:
    """Whole weeks that bring the demo data's end into the week before `today`, so that weekdays hold."""
    return (today - DATA_ENDS).days // WEEK * WEEK


@dataclass
class MemoryWatch:
    """Samples the resident memory of this process and all below it; `peak` is in bytes."""

    peak: float = 0.0

    @contextmanager
    def watching(self) -> Iterator["MemoryWatch"]:
        """Samples once a second until its block ends; gives the watch itself."""
        sampler = BackgroundWorker("memory", self._sample)
        sampler.start()
        try:
            yield self
        finally:
            sampler.stop()

    def _sample(self) -> float:
        this = psutil.Process()
        self.peak = max(self.peak, sum(_unshared_memory(each) for each in [this, *this.children(recursive=True)]))
        return SAMPLE_SECONDS


def _unshared_memory(process: psutil.Process) -> float:
    """The process's share of physical memory (PSS), so that pages that processes share count once."""
    try:
        return float(process.memory_full_info().pss)
    except psutil.NoSuchProcess:
        return 0.0


@dataclass
class Demo:
    """One run of the demo; `serve` keeps everything up until it is interrupted."""

    settings: Settings
    out: Console
    serve: bool
    began: float = field(default_factory=time.monotonic)
    steps: list[Step] = field(default_factory=list)
    others: dict[str, float] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The file that says by how many days the data were shifted, and whether the loop has finished."""
        return self.settings.root / "demo.json"

    @property
    def service_url(self) -> str:
        """Where the service listens."""
        return f"http://{self.settings.service_host}:{self.settings.service_port}"

    def tell(self, text: str) -> None:
        """Prints a line with the seconds since the demo began; `text` may hold Rich's markup."""
        self.out.print(f"[dim]{time.monotonic() - self.began:6.1f} s[/dim]  {text}", highlight=False)

    def run(self) -> None:
        """Runs the loop, unless an earlier run finished it, then the service, and prints what came of it.

        Raises:
            ProcessFailed: a port is taken, a process ended that should have stayed, a DAG failed, or no model is
                promoted.
            PackagingError: the model's Bento could not be built.
        """
        remembered = self._remembered()
        with MemoryWatch().watching() as memory, Processes(self.settings.logs_dir) as processes:
            require_free_port(self.settings.service_host, self.settings.service_port, "ZHIYIN_SERVICE_PORT")
            with self._timed("database"):
                migrate()
            airflow = AirflowSite(self.settings, processes)
            if not remembered.get("finished"):
                self._loop(airflow, processes, remembered)
            elif self.serve:
                self._start_airflow(airflow)
            self._start_service(processes, airflow)
            self._report(airflow, memory.peak)
            if self.serve:
                self._stay(processes)

    def _start_airflow(self, airflow: AirflowSite) -> Any:
        require_free_port(self.settings.airflow_host, self.settings.airflow_port, "ZHIYIN_AIRFLOW_PORT")
        self.tell("starting Airflow")
        with self._timed("Airflow's start"):
            return airflow.start()

    def _loop(self, airflow: AirflowSite, processes: Processes, remembered: dict[str, Any]) -> None:
        client = self._start_airflow(airflow)
        self.tell(f"Airflow is up at {airflow.url}; triggering the loop")
        # a loop that was interrupted may have loaded everything already: it is to run all the same
        conf = {"source": "demo", "shift_days": remembered["shift_days"], "announce_again": True}
        for step in run_loop(client, processes, conf, self.tell, last=_nobody_drifted):
            self.steps.append(step)
            self.tell(f"[bold]{step.dag_id}[/bold] finished in {step.seconds:.1f} s")
        self._remember(remembered | {"finished": True})

    def _start_service(self, processes: Processes, airflow: AirflowSite) -> None:
        with session_scope() as session:
            model = promoted_model(session)
        if model is None:
            raise ProcessFailed("no model is promoted; look at the last run of `retrain` in Airflow")
        bento = package(model.model_version)  # built by `retrain`, unless the code has changed since
        self.tell(f"starting the service: {bento}")
        with self._timed("service's start"):
            env = {"ZHIYIN_AIRFLOW_URL": airflow.url, "ZHIYIN_AIRFLOW_PASSWORD": airflow.passwords["admin"]}
            start_service(processes, self.settings, self.settings.service_port, "--bento", bento, env=env)

    def _report(self, airflow: AirflowSite, peak_memory: float) -> None:
        out = self.out
        with session_scope() as session, open_client(self.settings, self.settings.service_port) as service:
            model = promoted_model(session)
            run = newest_drift_run(session)
            print_shoppers(out, service, pick_shoppers(session))
            if model is not None:
                print_quality(out, model)
            print_drift(out, run)
        print_timings(out, self.steps, self.others, peak_memory)
        out.print(
            f"the loop took {sum(step.seconds for step in self.steps):.0f} s" if self.steps else "nothing was rerun"
        )
        out.print(f"service       {self.service_url}  (its API: {self.service_url}/docs)", highlight=False)
        if run is not None:
            out.print(f"drift report  {self.service_url}/reports/{run.drift_run_id}/report.html", highlight=False)
            out.print(f"all checks    {workspace_command(self.settings.reports_dir)}", highlight=False)
        out.print(f"Airflow       {airflow.url}  user admin, password {airflow.passwords['admin']}", highlight=False)

    def _stay(self, processes: Processes) -> None:
        self.out.print("everything is up; Ctrl-C stops it")
        while True:
            processes.check()
            time.sleep(1)

    def _remembered(self) -> dict[str, Any]:
        if self.state.exists():
            return dict(json.loads(self.state.read_text()))
        remembered = {"shift_days": shift_days(datetime.now(UTC).date()), "finished": False}
        self._remember(remembered)
        return remembered

    def _remember(self, state: dict[str, Any]) -> None:
        self.state.parent.mkdir(parents=True, exist_ok=True)
        draft = self.state.with_suffix(".tmp")
        draft.write_text(json.dumps(state))
        draft.replace(self.state)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.others[name] = time.monotonic() - began


def _nobody_drifted() -> bool:
    with session_scope() as session:
        run = newest_drift_run(session)
        return run is None or run.users_drifted == 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Runs the demo; `SERVE=0` in the environment ends it after printing. Returns the exit code.

    Its trainings take `MINUTES` unless `ZHIYIN_TRAIN_MINUTES` says otherwise, so that the whole loop takes three.
    """
    settings = get_settings()
    if "train_minutes" not in settings.model_fields_set:
        settings = settings.model_copy(update={"train_minutes": MINUTES})
    signal.signal(signal.SIGTERM, _interrupt)
    out = Console(soft_wrap=False)
    try:
        Demo(settings, out, serve=os.environ.get("SERVE", "1") != "0").run()
    except KeyboardInterrupt:
        out.print("stopped")
    except (ProcessFailed, PackagingError, TimeoutError, httpx.HTTPError) as error:
        out.print(f"[bold red]failed[/bold red]: {error}", highlight=False)
        return 1
    return 0


@app.command("demo")
def run_demo() -> None:
    """A year of shop data through the whole loop in Airflow, then the service.

    It stays up until Ctrl-C; SERVE=0 in the environment ends it after printing.
    """
    raise typer.Exit(main())
