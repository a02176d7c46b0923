"""The Evidently report: its parts, its verdict in numbers, and its files.

It knows frames and thresholds; where the frames come from is the caller's affair.
"""

import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DO_NOT_TRACK", "1")  # before Evidently is imported: no usage statistics

import pandas as pd
import polars as pl
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset
from evidently.ui.workspace import Workspace

from monitoring.comparison import Comparison, method

PROJECT = "Zhiyin: drift of the shoppers"
HTML, JSON = "report.html", "report.json"
BODY = "<body>"


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """The verdict on one comparison: `share` of its columns drifted, which is or isn't enough for the whole."""

    share: float
    drifted: bool
    columns: dict[str, dict[str, Any]]  # score, threshold, method, drifted


def compare(parts: Sequence[Comparison], run_id: str, moment: datetime) -> Any:
    """Evidently's snapshot of the comparisons, each column by its kind's distance and with its own threshold."""
    current, reference = (
        _join_columns([part.current for part in parts]),
        _join_columns([part.reference for part in parts]),
    )
    texts = [name for name, kind in current.schema.items() if kind == pl.String]
    definition = DataDefinition(
        numerical_columns=[name for name in current.columns if name not in texts], categorical_columns=texts
    )
    presets = [
        DataDriftPreset(
            columns=list(part.columns),
            drift_share=part.share,
            per_column_method={name: method(part.current[name]) for name in part.columns},
            per_column_threshold=part.thresholds,
        )
        for part in parts
    ]
    report = Report(presets, include_tests=True, metadata={"drift_run_id": run_id})
    return report.run(
        Dataset.from_pandas(_pandas(current), data_definition=definition),
        Dataset.from_pandas(_pandas(reference), data_definition=definition),
        timestamp=moment.replace(tzinfo=None),
        name=run_id,
    )


def _join_columns(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frames side by side, the shorter ones filled with nulls: each column is compared on its own."""
    height = max(map(len, frames))
    return pl.concat([pl.concat([each, each.clear(height - len(each))]) for each in frames], how="horizontal")


def _pandas(frame: pl.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: frame[name].to_list() for name in frame.columns})


def verdicts(snapshot: Any, parts: Sequence[Comparison]) -> dict[str, PartVerdict]:
    """What the snapshot says of each part: the share of its columns that drifted, and each column's figures."""
    content = snapshot.dict()
    failed = {test["metric_config"]["metric_id"] for test in content["tests"] if _status(test) == "FAIL"}
    columns = {}
    for metric in content["metrics"]:
        if metric["config"]["type"].endswith(":ValueDrift"):
            columns[metric["config"]["column"]] = {
                "score": round(float(metric["value"]), 4),
                "threshold": metric["config"].get("threshold"),
                "method": metric["config"].get("method"),
                "drifted": metric["id"] in failed,
            }
    found = {}
    for part in parts:
        own = {name: columns[name] for name in part.columns}
        share = sum(column["drifted"] for column in own.values()) / max(len(own), 1)
        found[part.name] = PartVerdict(round(share, 4), share >= part.share, own)
    return found


def _status(test: dict[str, Any]) -> str:
    return str(getattr(test["status"], "value", test["status"]))


def save(snapshot: Any, folder: Path, summary: Mapping[str, Any], headline: str) -> Path:
    """Writes HTML, `headline` at its top, and JSON into `folder`, in place of what was there; nobody sees half of them.

    RuntimeError where Evidently's page has no place for it.
    """
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}")
    draft.mkdir(parents=True)
    try:
        snapshot.save_html(str(draft / HTML))
        page = (draft / HTML).read_text(encoding="utf-8")
        if BODY not in page:
            raise RuntimeError(f"{HTML}: Evidently's page has no {BODY} to put the verdict after")
        (draft / HTML).write_text(page.replace(BODY, f"{BODY}\n{headline}", 1), encoding="utf-8")
        report = {"summary": summary, "evidently": json.loads(snapshot.json())}
        (draft / JSON).write_text(json.dumps(report, indent=1), encoding="utf-8")
        if folder.exists():
            former = draft.with_name(draft.name + ".former")
            os.rename(folder, former)
            os.rename(draft, folder)
            shutil.rmtree(former)
        else:
            os.rename(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder / HTML


def add_to_workspace(snapshot: Any, folder: Path, in_place_of: str | None) -> str:
    """Puts the snapshot where `evidently ui --workspace` shows it; returns its id there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    workspace = Workspace.create(str(folder))
    found = workspace.search_project(PROJECT)
    project = found[0] if found else workspace.create_project(PROJECT)
    if in_place_of and in_place_of in {str(run) for run in workspace.list_runs(project.id)}:
        workspace.delete_run(project.id, in_place_of)
    return str(workspace.add_run(project.id, snapshot, include_data=False).id)
