"""The drift check: this week's shoppers against the weeks before, and a verdict with its numbers.

It puts together what is compared (`compared_days`, `behaviour`, `shoppers`, `answers`), how (`comparison`, `report`),
what is said of it (`verdict`) and the rows (`runs`). It decides who should get a new profile; building it is
`training`'s affair.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from features.building.event_log import read_catalogue
from features.offline import read_events
from monitoring.answers.judge import judge_answers
from monitoring.behaviour import draw, states
from monitoring.check_params import DriftError, DriftParams
from monitoring.compared_days import Stretches, choose_stretches
from monitoring.feed import judge_feed
from monitoring.runs import DriftedShopper, replace_run
from monitoring.shoppers import (
    LEAST_CHANGES,
    NewBehaviour,
    Ordinary,
    ServedProfile,
    histories_of,
    known_since,
    made_comparable,
    new_behaviours,
    ordinary_changes,
    profile_states,
    representative_ages,
    served_profiles,
)
from monitoring.tastes import Tastes
from monitoring.unbuilt_days import require_built
from monitoring.verdict import count_distances, judge_activity, judge_shoppers, sentence
from monitoring.workspace.publish import HELD_OUT, Sample, compare_run, publish
from recommender.data.history import History
from recommender.db.engine import session_scope
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import build_profiles
from recommender.retrieval.columns import read_model
from recommender.settings import get_settings
from recommender.store.queries import promoted_model
from recommender.tracing import traced_step

__all__ = ["DriftError", "DriftParams", "check_drift"]

# of a verdict; any of them alone is drift
PARTS = ("activity", "feed", "behaviour", "profiles", "shoppers", "scores", "answers")
LEAST_ROWS = 10
MOST_SUMMARISED = 500  # shoppers whose profiles are put in words
MOST_COMPONENTS = 32  # of a profile vector; its components are alike in kind, so that many stand for all


@traced_step("check drift")
def check_drift(params: DriftParams) -> str:
    """Makes the check, saves report, verdict and shoppers, and returns the run's id; repeated, it replaces its own."""
    with session_scope() as session:
        model = promoted_model(session)
    if model is None:
        raise DriftError("model: none is in service to compare profiles by; run `retrain` first")
    bundle, run_id = read_model(get_settings().placed(model.path)), params.run_id(model.model_version)
    events = read_events(params.reference_from - timedelta(days=params.history_days), params.current_until)
    stretches = choose_stretches(params, events["time"])
    require_built(params, stretches.end)
    histories = histories_of(events)

    with session_scope() as session:
        served = served_profiles(session, model.model_version, stretches.end, but_for=f"drift:{run_id}")
        younger = known_since(session, model.model_version, stretches.end, but_for=f"drift:{run_id}")
    behind = {user_id: history for user_id, history in histories.items() if user_id not in younger}
    tastes = Tastes.of(bundle.catalogue, histories.values(), stretches.start)
    new = new_behaviours(tastes, behind, served, stretches.end, stretches.start)
    ordinary = _ordinary(tastes, histories, stretches, new, params)
    changes = made_comparable(new, ordinary)
    drifted = {
        user_id: one.distance
        for user_id, one in changes.items()
        if one.age is None or one.distance > ordinary.threshold
    }
    with session_scope() as session:
        answered = judge_answers(session, events, stretches, model.model_version, params.most_shoppers, params.seed)
    verdict: dict[str, Any] = {
        "activity": judge_activity(events, stretches),
        "feed": judge_feed(events, stretches),
        "shoppers": judge_shoppers(changes, drifted, ordinary) | {"histogram": count_distances(changes, ordinary)},
        "answers": answered.verdict,
        "model_version": model.model_version,
        "held_out_ndcg": bundle.manifest.metrics.get(HELD_OUT),
        "as_of": stretches.end.isoformat(),
        "reference_ends": [moment.isoformat() for moment in stretches.ends],
        "params": params.model_dump(mode="json"),
    }
    samples = _samples(bundle, events, histories, stretches, params)
    snapshot, found = compare_run(run_id, params, samples, answered, verdict)
    verdict |= found
    verdict["drifted"] = any(verdict[part]["drifted"] for part in PARTS)
    verdict["sentence"] = sentence(verdict)
    verdict["workspace_run"] = publish(run_id, snapshot, verdict)
    replace_run(
        run_id,
        params,
        verdict,
        f"{run_id}/report.html",
        _before_and_after(bundle, histories, served, drifted, stretches),
    )
    return run_id


def _before_and_after(
    bundle: ModelBundle,
    histories: Mapping[str, History],
    served: Mapping[str, ServedProfile],
    drifted: Mapping[str, float],
    stretches: Stretches,
) -> dict[str, DriftedShopper]:
    """What the profiles of those who drifted say: the one in service, and the one that today's behaviour gives.

    Of who moved farthest; the others are kept with their distance alone.
    """
    farthest = sorted(drifted, key=lambda user_id: -drifted[user_id])[:MOST_SUMMARISED]
    today = build_profiles(bundle, [(user_id, histories[user_id], 0) for user_id in farthest], stretches.end)
    found = {user_id: DriftedShopper(distance) for user_id, distance in drifted.items()}
    for profile in today:
        user_id, before = profile.user_id, served.get(profile.user_id)
        since = before.as_of if before is not None else stretches.start
        new = int(np.count_nonzero(profile.history.times >= int(since.timestamp())))
        was = before.summary if before is not None else ""
        found[user_id] = DriftedShopper(drifted[user_id], new, was, profile.summary)
    return found


def _ordinary(
    tastes: Tastes,
    histories: Mapping[str, History],
    stretches: Stretches,
    found: Mapping[str, NewBehaviour],
    params: DriftParams,
) -> Ordinary:
    """How far shoppers ordinarily go in as long a time as the profiles in service are old, in the reference."""
    ages = representative_ages([one.age for one in found.values() if one.age is not None], stretches.length)
    far, items = ordinary_changes(tastes, histories, stretches.ends, ages, params.ordinary_shoppers, params.seed)
    if len(far) < LEAST_CHANGES:
        raise DriftError(
            f"reference_from: the reference shows only {len(far)} shoppers with a past and new behaviour, "
            f"{LEAST_CHANGES} are needed to know what is ordinary; choose an earlier reference_from"
        )
    return Ordinary(far, items, params.false_alarm)


def _samples(
    bundle: ModelBundle,
    events: pl.DataFrame,
    histories: Mapping[str, History],
    stretches: Stretches,
    params: DriftParams,
) -> list[Sample]:
    """What is compared: by name states of a sample of shoppers, the current one first, and the share that tells."""
    users = draw(events, stretches, params.most_shoppers, params.seed)
    with session_scope() as session:
        catalogue = read_catalogue(session)
    behaviour = states(events, catalogue, users, stretches)
    profiles = profile_states(bundle, {user: histories[user] for user in users}, stretches, MOST_COMPONENTS)
    for field, number in (("current_from", len(behaviour[0])), ("reference_from", min(map(len, behaviour[1:])))):
        if number < LEAST_ROWS:
            raise DriftError(
                f"{field}: behaviour of only {number} shoppers, {LEAST_ROWS} are needed; "
                "run `features` for these days first, or choose a longer interval"
            )
    return [
        ("behaviour", behaviour, users, params.column_share),
        ("profiles", profiles, users, params.component_share),
    ]
