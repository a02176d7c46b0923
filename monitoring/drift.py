"""The drift check: this week's shoppers against the weeks before, and a verdict with its numbers.

It puts together the frames (`behaviour`), the distances (`shoppers`), the report (`report`) and the rows (`runs`). It
decides who should get a new profile; building it is `training`'s affair.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.offline import read_events, read_view
from monitoring.behaviour import comparable, one_each, snapshots
from monitoring.params import DriftError, DriftParams
from monitoring.runs import drifted_users, find_run, mark_refreshed, replace_run
from monitoring.shoppers import (
    Vectors,
    active_between,
    distances,
    drift_of_shoppers,
    histories_of,
    served_profiles,
    vectors_at,
)
from recommender.artifacts import ModelBundle
from recommender.behaviour import History
from recommender.database import session_scope
from recommender.moments import day_end
from recommender.queries import promoted_model
from recommender.settings import get_settings

__all__ = ["DriftError", "DriftParams", "check_drift", "drifted_users", "mark_refreshed"]

LEAST_PAIRS = 20  # a threshold from fewer ordinary changes would be a guess
LEAST_ROWS = 10
MOST_COMPONENTS = 32  # of a profile vector; its components are alike in kind, so that many stand for all
UNUSUAL = 2.0  # more than so many times the expected false alarms is more than chance


@dataclass(frozen=True, slots=True)
class Ordinary:
    """How profiles change from stretch to stretch within the reference."""

    distances: NDArray[np.float64]
    vectors: Vectors  # one of each shopper, as of the end of a stretch they were active in
    threshold: float


def check_drift(params: DriftParams) -> str:
    """Makes the check, saves report, verdict and shoppers, and returns the run's id; repeated, it replaces its own."""
    with session_scope() as session:
        model = promoted_model(session)
    if model is None:
        raise DriftError("model: none is in service to compare profiles by; run `retrain` first")
    bundle, run_id = ModelBundle.load(get_settings().placed(model.path)), params.run_id(model.model_version)
    events = read_events(params.current_until - timedelta(days=params.history_days), params.current_until)
    as_of = _end_of_data(events, params)
    histories = histories_of(events)

    ordinary = _ordinary(bundle, histories, params)
    with session_scope() as session:
        served = served_profiles(session, model.model_version, params.current_until, but_for=f"drift:{run_id}")
    found = drift_of_shoppers(bundle, histories, served, params.current_until, params.current_from)
    drifted = {user_id: distance for user_id, distance in found.items() if distance > ordinary.threshold}

    frames = _frames(bundle, histories, ordinary, params)
    verdict = _publish(run_id, frames, params) | {
        "shoppers": _shoppers_verdict(found, drifted, served.keys(), ordinary, params),
        "model_version": model.model_version,
        "as_of": as_of.isoformat(),
        "params": params.model_dump(mode="json"),
    }
    verdict["drifted"] = any(verdict[part]["drifted"] for part in ("behaviour", "profiles", "shoppers"))
    verdict["sentence"] = sentence(verdict)
    replace_run(run_id, params, verdict, f"{run_id}/report.html", drifted)
    return run_id


def _end_of_data(events: pl.DataFrame, params: DriftParams) -> datetime:
    """Just past the latest event that the check has seen: what was known when it was made."""
    current = events.filter(pl.col("time") >= params.current_from)
    if current.is_empty():
        raise DriftError(
            f"current_from: no events from {params.current_from:%Y-%m-%d} to {params.current_until:%Y-%m-%d}; "
            "choose days with events, or run `features` for them first"
        )
    latest: datetime = current["time"].max()  # type: ignore[assignment]  # polars says any Python value
    return min(params.current_until, latest.replace(microsecond=0) + timedelta(seconds=1))


def _ordinary(bundle: ModelBundle, histories: Mapping[str, History], params: DriftParams) -> Ordinary:
    """What the reference's own stretches say about change, from a sample of its shoppers."""
    boundaries = params.boundaries()
    rng = np.random.default_rng(params.seed)
    active = active_between(histories, boundaries[0], boundaries[-1])
    chosen = sorted(rng.permutation(active)[: params.ordinary_shoppers].tolist())
    sample = [histories[user_id] for user_id in chosen]
    at = [vectors_at(bundle, sample, moment) for moment in boundaries]
    moved, last = [], np.zeros((len(sample), bundle.width), dtype=np.float32)
    for (start, end), (before_SD, after_SD) in zip(pairwise(boundaries), pairwise(at), strict=True):
        acted = np.isin(chosen, active_between(dict(zip(chosen, sample, strict=True)), start, end))
        moved.append(distances(before_SD[acted], after_SD[acted]))
        keep = acted & (~last.any(axis=1) | (rng.random(len(sample)) < 0.5))
        last[keep] = after_SD[keep]
    known = np.concatenate(moved) if moved else np.zeros(0)
    known = known[np.isfinite(known)]
    if len(known) < LEAST_PAIRS:
        raise DriftError(
            f"reference_from: the reference shows only {len(known)} changes of a profile, {LEAST_PAIRS} are needed to "
            "know what is ordinary; choose an earlier reference_from"
        )
    threshold = float(np.quantile(known, 1 - params.false_alarm))
    return Ordinary(known, last[last.any(axis=1)], threshold)


@dataclass(frozen=True, slots=True)
class Frames:
    """What the report compares: behaviour columns and profile components, now and before."""

    current: pl.DataFrame
    reference: pl.DataFrame
    behaviour: tuple[str, ...]
    components: tuple[str, ...]


def _frames(bundle: ModelBundle, histories: Mapping[str, History], ordinary: Ordinary, params: DriftParams) -> Frames:
    rows = read_view("user_behaviour", params.reference_from.date(), day_end(params.current_until).date())
    now = one_each(snapshots(rows, [params.current_from, params.current_until]), params.most_shoppers, params.seed)
    before = one_each(snapshots(rows, params.boundaries()), params.most_shoppers, params.seed)
    for field, frame in (("current_from", now), ("reference_from", before)):
        if len(frame) < LEAST_ROWS:
            raise DriftError(
                f"{field}: behaviour features of only {len(frame)} shoppers, {LEAST_ROWS} are needed; "
                "run `features` for these days first, or choose a longer interval"
            )
    current, reference = comparable(now, before)
    active = active_between(histories, params.current_from, params.current_until)
    chosen = np.random.default_rng(params.seed).permutation(active)[: params.most_shoppers]
    today = vectors_at(bundle, [histories[user_id] for user_id in sorted(chosen.tolist())], params.current_until)
    components = [f"profile_{place:02d}" for place in range(min(bundle.width, MOST_COMPONENTS))]
    return Frames(
        _beside(current, today[today.any(axis=1)], components),
        _beside(reference, ordinary.vectors, components),
        tuple(current.columns),
        tuple(components),
    )


def _beside(frame: pl.DataFrame, vectors: Vectors, components: list[str]) -> pl.DataFrame:
    """The two side by side, the shorter one filled with nulls: each column is compared on its own."""
    parts = pl.DataFrame(vectors[:, : len(components)].astype(np.float64), schema=components)
    return pl.concat([_filled(each, max(len(frame), len(parts))) for each in (frame, parts)], how="horizontal")


def _filled(frame: pl.DataFrame, height: int) -> pl.DataFrame:
    return pl.concat([frame, frame.clear(height - len(frame))])


def _publish(run_id: str, frames: Frames, params: DriftParams) -> dict[str, Any]:
    """Makes and saves the report; returns its verdicts."""
    from monitoring.report import Part, add_to_workspace, compare, save, verdicts

    parts = [
        Part("behaviour", frames.behaviour, params.column_share),
        Part("profiles", frames.components, params.component_share),
    ]
    snapshot = compare(frames.current, frames.reference, parts, run_id, params.current_until)
    found = {name: asdict(verdict) for name, verdict in verdicts(snapshot, parts).items()}
    reports, earlier = get_settings().reports_dir, find_run(run_id)
    save(snapshot, reports / run_id, {"drift_run_id": run_id, **found})
    shown_before = earlier.details.get("workspace_run") if earlier else None
    return found | {"workspace_run": add_to_workspace(snapshot, reports / "workspace", shown_before)}


def _shoppers_verdict(
    found: Mapping[str, float],
    drifted: Mapping[str, float],
    served: Any,
    ordinary: Ordinary,
    params: DriftParams,
) -> dict[str, Any]:
    known = [distance for user_id, distance in found.items() if user_id in served]
    share = sum(user_id in served for user_id in drifted) / max(len(known), 1)
    return {
        "checked": len(found),
        "drifted_count": len(drifted),
        "without_profile": len(found) - len(known),
        "share": round(share, 4),
        "expected_share": params.false_alarm,
        "threshold": round(ordinary.threshold, 6),
        "median_distance": round(float(np.median(known)), 6) if known else None,
        "ordinary_median_distance": round(float(np.median(ordinary.distances)), 6),
        "ordinary_changes": len(ordinary.distances),
        "drifted": share > UNUSUAL * params.false_alarm,
    }


def sentence(verdict: Mapping[str, Any]) -> str:
    """The verdict as a person would say it."""
    behaviour, profiles, shoppers = verdict["behaviour"], verdict["profiles"], verdict["shoppers"]
    return (
        f"{'Drift' if verdict['drifted'] else 'No drift'}: {behaviour['share']:.0%} of the behaviour's columns and "
        f"{profiles['share']:.0%} of the profiles' components changed; {shoppers['drifted_count']} of "
        f"{shoppers['checked']} shoppers moved farther than {shoppers['threshold']:.3f}, which an ordinary stretch "
        f"lets {shoppers['expected_share']:.0%} do"
    )
