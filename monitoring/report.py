"""The Evidently report: its parts, its verdict in numbers, and its files.

It knows frames and thresholds; where the frames come from is the caller's affair.
"""

import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("DO_NOT_TRACK", "1")  # before Evidently is imported: no usage statistics

import numpy as np
import pandas as pd
import polars as pl
from evidently import DataDefinition, Dataset, Report
from evidently.core.datasets import DatasetColumn
from evidently.descriptors import CustomDescriptor
from evidently.legacy.core import ColumnType
from evidently.metrics import MeanValue
from evidently.presets import DataDriftPreset

from monitoring.comparison import Comparison, method

HTML, JSON = "report.html", "report.json"
BODY = "<body>"
REFUSED, ROW = "explanations that the check refuses", "sampled explanation"


@dataclass(frozen=True, slots=True)
class PartVerdict:
    """The verdict on one comparison: `share` of its columns drifted, which is or isn't enough for the whole."""

    share: float
    drifted: bool
    columns: dict[str, dict[str, Any]]  # score, threshold, method, drifted


@dataclass(frozen=True, slots=True)
class Figures:
    """What the project measures itself: by name the values of units now, and of those of the reference, may be none.

    `refused` says of each sampled explanation, now and in the reference, whether the project's check refuses it.
    """

    values: Mapping[str, tuple[Sequence[float], Sequence[float]]] = field(default_factory=dict)
    refused: tuple[Sequence[bool], Sequence[bool]] = ((), ())


def compare(parts: Sequence[Comparison], run_id: str, moment: datetime, figures: Figures | None = None) -> Any:
    """Evidently's snapshot: of the comparisons each column by its kind's distance and with its own threshold, of the
    project's own figures the means."""
    figures = figures or Figures()
    names = list(figures.values)
    current, reference = (
        _join_columns([
            *(getattr(part, side) for part in parts),
            *(pl.DataFrame({name: figures.values[name][place]}, schema={name: pl.Float64}) for name in names),
            pl.DataFrame({ROW: range(len(figures.refused[place]))}, schema={ROW: pl.Float64}),
        ])
        for place, side in enumerate(("current", "reference"))
    )  # fmt: skip
    presets = [
        DataDriftPreset(
            columns=list(part.columns),
            drift_share=part.share,
            per_column_method={name: method(part.current[name]) for name in part.columns},
            per_column_threshold=part.thresholds,
        )
        for part in parts
    ]
    names += [REFUSED] if figures.refused[0] else []
    means = [MeanValue(column=name, tests=[]) for name in names]
    report = Report([*presets, *means], include_tests=True, metadata={"drift_run_id": run_id})
    with np.errstate(invalid="ignore"):  # a figure may have no reference
        return report.run(
            _dataset(current, figures.refused[0]),
            _dataset(reference, figures.refused[1]),
            timestamp=moment.replace(tzinfo=None),
            name=run_id,
        )


def _dataset(frame: pl.DataFrame, refused: Sequence[bool]) -> Dataset:
    """With a descriptor that tells which of the sampled explanations the project's check refuses."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    numbers = [name for name in frame.columns if name not in texts]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=texts)

    def refuse(dataset: Dataset) -> DatasetColumn:
        values = pd.Series([float(one) for one in refused] + [None] * (len(frame) - len(refused)), dtype=float)
        return DatasetColumn(ColumnType.Numerical, values)

    descriptors = [CustomDescriptor(refuse, alias=REFUSED)]
    return Dataset.from_pandas(_pandas(frame), data_definition=definition, descriptors=descriptors)


def _join_columns(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frames side by side, the shorter ones filled with nulls: each column is compared on its own."""
    height = max(map(len, frames))
    return pl.concat([pl.concat([each, each.clear(height - len(each))]) for each in frames], how="horizontal")


def _pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """Numbers stay numbers where there is none at all."""
    kinds = {name: object if kind == pl.String else float for name, kind in frame.schema.items()}
    return pd.DataFrame({name: pd.Series(frame[name].to_list(), dtype=kind) for name, kind in kinds.items()})


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
