"""Profiles that this worker built last, in its memory: an answer right after an event need not read one anew.

One counts only while the online store holds the very same version, which its mark says. It knows nothing of stores.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from features.online import ProfileMark
from features.profile_rows import EPOCH, MICROSECOND
from recommender.profiles.profile import Profile

MOST = 200  # profiles; one of 500 events takes about 60 kB


class JustBuilt:
    """Safe to use from several threads; the earliest built leave first."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._kept: OrderedDict[str, Profile] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, profiles: Iterable[Profile]) -> None:
        """Keeps these profiles, each in place of its shopper's former one."""
        with self._lock:
            for profile in profiles:
                self._kept[profile.user_id] = profile
                self._kept.move_to_end(profile.user_id)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def get(self, user_id: str, mark: ProfileMark) -> Profile | None:
        """The profile that the mark stands for, if it is here."""
        profile = self._kept.get(user_id)
        return profile if profile is not None and mark_of(profile) == mark else None

    def forget(self, user_id: str) -> None:
        """Drops the shopper's profile, if one is here."""
        with self._lock:
            self._kept.pop(user_id, None)

    def users(self) -> set[str]:
        """The shoppers whose profile is here."""
        with self._lock:
            return set(self._kept)


def mark_of(profile: Profile) -> ProfileMark:
    """What the online store would say of this profile."""
    return ProfileMark(profile.version, profile.model_version, (profile.as_of - EPOCH) // MICROSECOND)
