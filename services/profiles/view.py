"""A profile for people: in words, each affinity with the events that show it, what is muted, the latest events.

It knows a profile and the titles of items, and neither stores nor HTTP.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from recommender.data.history import History
from recommender.db.tables import EVENT_TYPES
from recommender.profiles.profile import Affinity, Profile
from recommender.profiles.summary_zh import chinese_summary
from services.schemas.profile import EventSeen, ProfileAffinity, ProfileResponse
from services.schemas.wish import StatedPreference
from services.state.preferences import Control

RECENT_SHOWN = 20
Title = Callable[[str], str]  # of an item, by its id


def readable(
    profile: Profile, control: Control, title: Title, language: str, degraded: Sequence[str]
) -> ProfileResponse:
    """The profile as `/profile` answers it, in Chinese for "zh", else in English; `degraded`: made without these."""
    seen = _events_seen(profile.history, title)
    in_chinese = language == "zh"
    return ProfileResponse(
        user_id=profile.user_id,
        profile_version=profile.version,
        model_version=profile.model_version,
        as_of=profile.as_of,
        summary=chinese_summary(profile.affinities, profile.history, title) if in_chinese else profile.summary,
        affinities=[_affinity(one, seen, control, title) for one in profile.affinities],
        muted_categories=sorted(control.categories),
        muted_brands=sorted(control.brands),
        preferences=[
            StatedPreference(kind=one.kind, key=one.key, wanted=bool(one.wanted)) for one in control.preferences
        ],
        recent=list(seen.values())[::-1][:RECENT_SHOWN],
        degraded=list(degraded),
    )


def _events_seen(history: History, title: Title) -> dict[str, EventSeen]:
    """By event id, oldest first."""
    return {
        event_id: EventSeen(
            event_id=event_id,
            event_type=EVENT_TYPES[kind],
            item_id=item_id,
            title=title(item_id) if item_id else "",
            time=datetime.fromtimestamp(int(seconds), UTC),
        )
        for event_id, kind, item_id, seconds in zip(
            history.event_ids, history.event_types, history.item_ids, history.times, strict=True
        )
    }


def _affinity(affinity: Affinity, seen: Mapping[str, EventSeen], control: Control, title: Title) -> ProfileAffinity:
    return ProfileAffinity(
        kind=affinity.kind,
        key=affinity.key,
        title=title(affinity.key) if affinity.kind == "repeat" else affinity.key,
        weight=affinity.weight,
        muted=affinity.key in {"category": control.categories, "brand": control.brands}.get(affinity.kind, ()),
        evidence=[seen[event_id] for event_id in affinity.evidence if event_id in seen],
    )
