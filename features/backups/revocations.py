"""What else must not come back with a backup: consent that was withdrawn since, keys that were revoked since.

It knows the database alone; the feature stores lose what they hold of who withdrew consent at the service's next look.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from recommender.auth.keys import revoke_key
from recommender.db.tables import ApiKey, Consent, ProfileVersion
from recommender.privacy.erasure import erased
from recommender.store.consent import PERSONALISATION, consents_of, say


@dataclass(frozen=True, slots=True)
class Revocations:
    """As a database knows it: who refuses what, and which keys have ended."""

    refusals: list[tuple[str, str]] = field(default_factory=list)
    revoked: list[tuple[str, datetime]] = field(default_factory=list)


def read_revocations(session: Session) -> Revocations:
    refusals = session.execute(select(Consent.user_id, Consent.purpose).where(Consent.given.is_(False)))
    revoked = session.execute(select(ApiKey.key_id, ApiKey.revoked_at).where(ApiKey.revoked_at.is_not(None)))
    return Revocations(
        [(user, purpose) for user, purpose in refusals], [(key, at) for key, at in revoked if at is not None]
    )


def take_back_again(session: Session, found: Revocations) -> int:
    """Answers how many of them the restored database didn't know."""
    now, changed = datetime.now(UTC), 0
    gone = erased(session, {user for user, _ in found.refusals})
    for user, purpose in found.refusals:
        if user in gone or not consents_of(session, user)[purpose]:
            continue
        say(session, user, purpose, False, now)
        changed += 1
        if purpose == PERSONALISATION:
            session.execute(delete(ProfileVersion).where(ProfileVersion.user_id == user))
    for key_id, at in found.revoked:
        row = session.get(ApiKey, key_id)
        if row is not None and row.revoked_at is None:
            changed += revoke_key(session, key_id, at)
    return changed
