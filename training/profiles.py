"""Profiles built anew for many shoppers: f over their histories, kept as versions and pushed to the feature store.

It knows the model in service, the events table and the feature stores. Repeating a refresh of the same moment with the
same model changes nothing: each shopper's profile keeps its version.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from features.offline import write_profiles
from features.online import push_profiles
from features.writing import writing_profiles
from recommender.db.engine import one_shopper_at_a_time, session_scope
from recommender.db.tables import Event, ProfileVersion
from recommender.drift.decisions import waiting_users
from recommender.drift.runs import find_run, mark_refreshed
from recommender.models.bundle import ModelBundle
from recommender.privacy.erasure import anybody_erased, erased
from recommender.profiles.profile import Profile, build_profiles
from recommender.retrieval.columns import read_model
from recommender.settings import get_settings
from recommender.store.consent import PERSONALISATION, refusing
from recommender.store.queries import latest_profiles, load_histories, next_versions, promoted_model, save_profiles
from recommender.store.side_info import load_backgrounds
from recommender.tracing import traced_step

log = structlog.get_logger(__name__)
SHOPPERS_AT_ONCE = 2_500  # each batch rewrites the day's partition once


class NoModel(LookupError):
    """No model is in service, so that no profile can be built."""


@traced_step("refresh profiles")
def refresh_profiles(as_of: datetime, user_ids: list[str] | None, reason: str) -> dict[str, int]:
    """Builds the profiles of these shoppers (None: of all with events) as of `as_of`; counts what it did.

    `saved` counts new versions, `pushed` those that the online store took: it keeps what is newer.
    """
    bundle = model_in_service()
    wanted = willing(_shoppers(as_of) if user_ids is None else sorted(set(user_ids)))
    counts = {"shoppers": len(wanted), "built": 0, "saved": 0, "pushed": 0}
    for batch in batches(wanted):
        with writing_profiles():
            profiles = _built(bundle, willing(batch), as_of)
            counts["built"] += len(profiles)
            saved, pushed = keep_profiles(profiles, reason, as_of)
            counts["saved"] += saved
            counts["pushed"] += pushed
    log.info("profiles refreshed", reason=reason, as_of=as_of.isoformat(), **counts)
    return counts


def refresh_drifted(run_id: str) -> dict[str, int]:
    """Carries out the decision to refresh: who waits gets a profile as of the moment that the run had seen."""
    run, waiting = find_run(run_id), waiting_users(run_id)
    if run is None or not waiting:
        return {"shoppers": 0, "built": 0, "saved": 0, "pushed": 0}
    counts = refresh_profiles(datetime.fromisoformat(run.details["as_of"]), waiting, f"drift:{run_id}")
    mark_refreshed(run_id, waiting)
    return counts


def keep_profiles(profiles: Sequence[Profile], reason: str, as_of: datetime) -> tuple[int, int]:
    """Saves new versions, on the day of `as_of`, and makes them what is served; counts those saved and those pushed.

    To be called while `writing_profiles`.
    """
    saved = _save(profiles, reason)
    still = set(willing([profile.user_id for profile in profiles]))  # building and saving may have taken a while
    kept = [profile for profile in profiles if profile.user_id in still]
    write_profiles(kept, as_of)
    return saved, push_profiles(kept)


def _save(profiles: Sequence[Profile], reason: str) -> int:
    """Keeps the profiles of those who may have one now; nobody is erased or withdraws while it looks and writes."""
    users = sorted(profile.user_id for profile in profiles)
    with session_scope() as session:
        one_shopper_at_a_time(session, users)
        gone = _unwilling(session, users)
        kept = [profile for profile in profiles if profile.user_id not in gone]
        return save_profiles(session, kept, reason, datetime.now(UTC))


def model_in_service() -> ModelBundle:
    """Read from its files; NoModel where none is."""
    with session_scope() as session:
        model = promoted_model(session)
    if model is None:
        raise NoModel("no model is in service yet; run the retrain DAG or `zhiyin run`")
    return read_model(get_settings().models_dir / model.model_version)


def _built(bundle: ModelBundle, user_ids: Sequence[str], as_of: datetime) -> list[Profile]:
    """A shopper whose profile has seen more than `as_of` keeps what it has seen: a refresh takes nothing back."""
    with session_scope() as session:
        latest = latest_profiles(session, user_ids)
        versions = next_versions(session, user_ids)
    newer = {user_id: kept.as_of for user_id, kept in latest.items() if kept.as_of > as_of}
    behind = [user_id for user_id in user_ids if user_id not in newer]
    profiles = build_at(bundle, behind, as_of, versions)
    for user_id, moment in newer.items():
        profiles += build_at(bundle, [user_id], moment, versions)
    return [_as_kept(profile, latest.get(profile.user_id)) for profile in profiles]


def build_at(bundle: ModelBundle, user_ids: Sequence[str], as_of: datetime, versions: dict[str, int]) -> list[Profile]:
    """f for these shoppers, on what they did before `as_of`, under the versions given."""
    with session_scope() as session:
        histories = load_histories(session, user_ids, as_of)
        backgrounds = load_backgrounds(session, user_ids, as_of, bundle.manifest.encoder_id)
    shoppers = [(one, histories[one], versions[one]) for one in user_ids if one in histories]
    return build_profiles(bundle, shoppers, as_of, backgrounds)


def _as_kept(profile: Profile, kept: ProfileVersion | None) -> Profile:
    """Under its former version where nothing has changed."""
    if kept is None or (kept.model_version, kept.as_of) != (profile.model_version, profile.as_of):
        return profile
    same = kept.summary == profile.summary and np.allclose(np.frombuffer(kept.vector, "<f4"), profile.vector, atol=1e-5)
    return replace(profile, version=kept.version) if same else profile


def _shoppers(as_of: datetime) -> list[str]:
    """All who did anything before `as_of`."""
    with session_scope() as session:
        query = select(Event.user_id).where(Event.user_id.is_not(None), Event.time < as_of).distinct()
        return sorted(user_id for user_id in session.scalars(query) if user_id)


def willing(user_ids: list[str]) -> list[str]:
    """Those who consent to it and are not being erased."""
    with session_scope() as session:
        gone = _unwilling(session, user_ids)
    return [user_id for user_id in user_ids if user_id not in gone]


def _unwilling(session: Session, user_ids: Sequence[str]) -> set[str]:
    gone = refusing(session, PERSONALISATION)
    return gone | erased(session, user_ids) if anybody_erased(session) else gone


def batches(user_ids: Sequence[str]) -> Iterator[list[str]]:
    """The shoppers, some at a time."""
    for start in range(0, len(user_ids), SHOPPERS_AT_ONCE):
        yield list(user_ids[start : start + SHOPPERS_AT_ONCE])
