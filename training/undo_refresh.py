"""A drift refresh taken back: who was refreshed by it gets the profile from before it again, as a new version.

Versions only grow, so that every reader sees this change as it sees any other: the profile is f on what the version
before the refresh had seen, dated just after the one that it replaces. Who did something since keeps what that taught.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import select

from features.writing import writing_profiles
from recommender.db.engine import session_scope
from recommender.db.tables import ProfileVersion
from recommender.drift.runs import mark_taken_back, refreshed_users
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile
from recommender.store.queries import latest_profiles
from training.profiles import batches, build_at, keep_profiles, model_in_service, willing

log = structlog.get_logger(__name__)
JUST_AFTER = timedelta(microseconds=1)


def undo_refresh(run_id: str) -> dict[str, int]:
    """Counts whom the run had refreshed, who has the former profile again, and who keeps theirs: it is newer by now,
    or there was none before. Repeating it changes nothing."""
    users = refreshed_users(run_id)
    counts = {"shoppers": len(users), "taken_back": 0, "kept": 0}
    if not users:
        return counts
    bundle = model_in_service()
    for batch in batches(users):
        with writing_profiles():
            former = sorted(_former_profiles(bundle, run_id, willing(batch)), key=lambda profile: profile.as_of)
            for as_of, profiles in groupby(former, lambda profile: profile.as_of):  # most often one
                keep_profiles(list(profiles), f"undo:{run_id}", as_of)
            mark_taken_back(run_id, [profile.user_id for profile in former])
            counts["taken_back"] += len(former)
    counts["kept"] = len(users) - counts["taken_back"]
    log.info("a drift refresh was taken back", run=run_id, **counts)
    return counts


def _former_profiles(bundle: ModelBundle, run_id: str, user_ids: Sequence[str]) -> Iterator[Profile]:
    """Of those whose newest profile is the run's, by the model in service."""
    with session_scope() as session:
        latest = latest_profiles(session, user_ids)
    of_run = {user_id: one for user_id, one in latest.items() if one.reason == f"drift:{run_id}"}
    moments = {user_id: moment for user_id, one in of_run.items() if (moment := _seen_before(one)) is not None}
    for user_id, moment in moments.items():
        newest = of_run[user_id]
        for profile in build_at(bundle, [user_id], moment, {user_id: newest.version + 1}):
            yield replace(profile, as_of=newest.as_of + JUST_AFTER)


def _seen_before(newest: ProfileVersion) -> datetime | None:
    """What the version before this one had seen; None where there was none, or it is no longer kept."""
    query = select(ProfileVersion.as_of).where(
        ProfileVersion.user_id == newest.user_id, ProfileVersion.version < newest.version
    )
    with session_scope() as session:
        return session.scalars(query.order_by(ProfileVersion.version.desc()).limit(1)).first()
