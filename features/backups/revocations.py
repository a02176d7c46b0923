"""What else must not come back with a backup: consent that was withdrawn since, keys that were revoked since.

It knows the database alone; the feature stores lose what they hold of who withdrew consent at the service's next look.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import delete, inspect, select
from sqlalchemy.orm import Session

from recommender.auth.keys import revoke_key
from recommender.db.tables import ApiKey, Consent, ProfileVersion, TokenRevocation
from recommender.privacy.erasure import erased
from recommender.store.consent import PERSONALISATION, consents_of, record_consent


@dataclass(frozen=True, slots=True)
class Revocations:
    """As a database knows it: who refuses what, which keys have ended, and which signed tokens."""

    refusals: list[tuple[str, str]] = field(default_factory=list)
    revoked: list[tuple[str, datetime]] = field(default_factory=list)
    tokens: list[tuple[str, datetime | None, datetime]] = field(default_factory=list)


def read_revocations(session: Session) -> Revocations:
    """What the database knows now; of signed tokens nothing where an earlier release made its tables."""
    refusals = session.execute(select(Consent.user_id, Consent.purpose).where(Consent.given.is_(False)))
    revoked = session.execute(select(ApiKey.key_id, ApiKey.revoked_at).where(ApiKey.revoked_at.is_not(None)))
    known = inspect(session.connection()).has_table(TokenRevocation.__tablename__)  # not of an earlier release
    columns = (TokenRevocation.mark, TokenRevocation.issued_before, TokenRevocation.forget_at)
    tokens = session.execute(select(*columns)).all() if known else []
    return Revocations(
        [(user, purpose) for user, purpose in refusals],
        [(key, at) for key, at in revoked if at is not None],
        [(mark, before, until) for mark, before, until in tokens],
    )


def take_back_again(session: Session, found: Revocations) -> int:
    """Answers how many of them the restored database didn't know."""
    now, changed = datetime.now(UTC), 0
    gone = erased(session, {user for user, _ in found.refusals})
    for user, purpose in found.refusals:
        if user in gone or not consents_of(session, user)[purpose]:
            continue
        record_consent(session, user, purpose, False, now)
        changed += 1
        if purpose == PERSONALISATION:
            session.execute(delete(ProfileVersion).where(ProfileVersion.user_id == user))
    for key_id, at in found.revoked:
        row = session.get(ApiKey, key_id)
        if row is not None and row.revoked_at is None:
            changed += revoke_key(session, key_id, at)
    for mark, before, until in found.tokens:
        known = session.get(TokenRevocation, mark)
        if known is None or known.forget_at < until:
            session.merge(TokenRevocation(mark=mark, issued_before=before, forget_at=until))
            changed += 1
    return changed
