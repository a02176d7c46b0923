"""Reads what is known of shoppers beside their own dealings with items. Sessions are handed in; nothing is written.

What the people a shopper trusts chose is only looked at where they consent to personalisation themselves, and leaves
here as shares of several people (see `background`).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter

import numpy as np
from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from recommender.data.event_weights import strengths
from recommender.data.side_info import NOTHING, TRUSTED_DAYS, Background, Search, agreed
from recommender.db.tables import Erasure, Event, User, UserLink
from recommender.embeddings.text import stored_vectors
from recommender.models.counting.demographics import format_attributes
from recommender.search.query_embedding import REMEMBERED, query_hash
from recommender.store.consent import PERSONALISATION, consents_to
from recommender.store.queries import load_histories

MOST_PEOPLE = 200  # of those a shopper trusts, whom they trust most
MOST_SEARCHES = 3  # of a shopper
IDS_A_QUERY = 500
Links = dict[str, dict[str, float]]
Chosen = Mapping[str, frozenset[str]]


def load_backgrounds(
    session: Session, user_ids: Iterable[str], until: datetime, encoder_id: str
) -> dict[str, Background]:
    """As known before `until`; a shopper of whom there is nothing is not in the answer.

    Searches count as far as the encoder has read them.
    """
    found: dict[str, Background] = {}
    users = list(user_ids)
    for start in range(0, len(users), IDS_A_QUERY):
        part = users[start : start + IDS_A_QUERY]
        trusted, attributes = _trusted(session, part, until), load_attributes(session, part)
        searches = _searches(session, Event.user_id.in_(part), until, encoder_id)
        for user_id in part:
            if user_id not in trusted and user_id not in attributes and user_id not in searches:
                continue
            found[user_id] = Background(
                trusted.get(user_id, {}), attributes.get(user_id, ()), tuple(searches.get(user_id, ()))
            )
    return found


def load_background(session: Session, user_id: str, until: datetime, encoder_id: str) -> Background:
    """As `load_backgrounds`, of one shopper; `NOTHING` where there is none."""
    return load_backgrounds(session, [user_id], until, encoder_id).get(user_id, NOTHING)


def session_background(
    session: Session, session_id: str, until: datetime, encoder_id: str, owner: str | None = None
) -> Background:
    """What was searched for in a visit of `owner`'s; None: nobody has signed in in it."""
    visit = and_(Event.session_id == session_id, Event.user_id.is_(None) if owner is None else Event.user_id == owner)
    return Background(searches=tuple(_searches(session, visit, until, encoder_id).get(owner, ())))


def _searches(
    session: Session, whose: ColumnElement[bool], until: datetime, encoder_id: str
) -> dict[str | None, list[Search]]:
    """The latest few searches of each shopper that the encoder has read."""
    query = select(Event.user_id, Event.event_id, Event.text, Event.time).where(
        whose, Event.event_type == "search", Event.time >= until - REMEMBERED, Event.time < until
    )
    rows = session.execute(query.order_by(Event.time.desc(), Event.event_id)).all()
    if not rows:
        return {}
    names = [query_hash(row.text or "") for row in rows]
    read = dict(stored_vectors(session, encoder_id, sorted(set(names))))
    found: dict[str | None, list[Search]] = {}
    for (user_id, event_id, text, time), name in zip(rows, names, strict=True):
        theirs, raw = found.setdefault(user_id, []), read.get(name)
        if raw is not None and len(theirs) < MOST_SEARCHES:
            vector_E = np.frombuffer(raw, dtype="<f4")
            theirs.append(Search.of(event_id, text or "", int(time.timestamp()), encoder_id, vector_E))
    return {user_id: theirs for user_id, theirs in found.items() if theirs}


def followers(session: Session, user_id: str) -> list[str]:
    """Who trusts this shopper."""
    return sorted(session.scalars(select(UserLink.source_user_id).where(UserLink.target_user_id == user_id).distinct()))


def load_attributes(session: Session, users: list[str] | None = None) -> dict[str, tuple[str, ...]]:
    """What these shoppers are (None: all), as words; those of whom nothing is known are not in the answer."""
    query = select(User.user_id, User.attributes)
    if users is not None:
        query = query.where(User.user_id.in_(users))
    found = {user_id: format_attributes(attributes or {}) for user_id, attributes in session.execute(query)}
    return {user_id: words for user_id, words in found.items() if words}


def load_links(session: Session, users: list[str] | None = None) -> Links:
    """Whom each of these shoppers trusts (None: of all), and how much."""
    links = (
        select(UserLink.source_user_id, UserLink.target_user_id, func.max(UserLink.weight))
        .where(UserLink.weight > 0, UserLink.target_user_id != UserLink.source_user_id)
        .where(consents_to(UserLink.target_user_id, PERSONALISATION))
        .where(~exists().where(Erasure.user_id == UserLink.target_user_id))
        .group_by(UserLink.source_user_id, UserLink.target_user_id)
        .order_by(UserLink.source_user_id, func.max(UserLink.weight).desc(), UserLink.target_user_id)
    )
    if users is not None:
        links = links.where(UserLink.source_user_id.in_(users))
    return {
        source: {target: float(weight) for _, target, weight in list(theirs)[:MOST_PEOPLE]}
        for source, theirs in groupby(session.execute(links), key=itemgetter(0))
    }


def _trusted(session: Session, users: list[str], until: datetime) -> dict[str, dict[str, float]]:
    people = load_links(session, users)
    if not people:
        return {}
    chosen = _chosen(session, sorted({target for theirs in people.values() for target in theirs}), until)
    found = {source: _agreed(theirs, chosen) for source, theirs in people.items()}
    return {source: trusted for source, trusted in found.items() if trusted}


def _chosen(session: Session, people: list[str], until: datetime) -> Chosen:
    """What each of these came for lately."""
    chosen: dict[str, set[str]] = {}
    since = until - timedelta(days=TRUSTED_DAYS)
    for user_id, history in load_histories(session, people, until).items():
        for_it = strengths(history.event_types, history.values) > 0
        lately = (history.times >= int(since.timestamp())) & (history.item_ids != "")
        chosen[user_id] = set(history.item_ids[for_it & lately].tolist())
    return {user_id: frozenset(items) for user_id, items in chosen.items()}


def _agreed(people: Mapping[str, float], chosen: Chosen) -> dict[str, float]:
    entries = [
        (place, weight, item)
        for place, (person, weight) in enumerate(people.items())
        for item in sorted(chosen.get(person, ()))
    ]
    names = sorted({item for _, _, item in entries})
    place_of = {item: place for place, item in enumerate(names)}
    rows, shares = agreed(
        np.array([place for place, _, _ in entries], dtype=np.int64),
        np.array([weight for _, weight, _ in entries], dtype=np.float64),
        np.array([place_of[item] for _, _, item in entries], dtype=np.int64),
    )
    return {names[row]: float(share) for row, share in zip(rows.tolist(), shares, strict=True)}
