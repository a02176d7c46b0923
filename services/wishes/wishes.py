"""A request's wish put to work: read or taken as corrected, together with the visit's and what the shopper prefers.

It knows who asks and what they said before; how words are read is `reader`'s affair.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile
from recommender.ranking.pipeline import RankingQuery, allowed
from recommender.search.search_index import Shopfront
from recommender.steering.constraints import (
    ATTRIBUTE,
    BRAND,
    BY_CALLER,
    CATEGORY,
    PRICE,
    Constraint,
    Understood,
    each_once,
)
from recommender.steering.reading.vocabulary import Vocabulary
from services.core.errors import Problem
from services.schemas.recommend import RecommendRequest
from services.schemas.wish import UnderstoodWish, WishConstraint
from services.state.preferences import Control
from services.wishes.reader import WishReader
from services.wishes.sessions import SessionWishes
from services.wishes.steering import Steering, quote_constraints, steer

USUAL_BRANDS = 3


@dataclass(slots=True)
class Wishes:
    """`front` gives the search index beside the model; it may raise a `Problem` while there is none."""

    front: Callable[[], Shopfront]
    reader: WishReader
    sessions: SessionWishes

    def is_steered(self, request: RecommendRequest) -> bool:
        """Whether the answer is another one for what is wished, now or for the visit."""
        return request.is_wish or self.sessions.get(request.session_id) is not None

    def understand(
        self, request: RecommendRequest, profile: Profile | None, bundle: ModelBundle, degraded: set[str]
    ) -> Understood:
        """What holds for this answer; nothing where nothing is wished."""
        check(request)
        if request.understood is not None:
            return self.taken(request.understood)
        held = self.sessions.get(request.session_id) or Understood()
        if request.wish is None:
            return held
        own = self.read(request.wish, profile, bundle, degraded)
        if request.wish_scope == "session" or not held:
            return own
        about = " ".join(filter(None, (own.about, held.about)))
        return replace(own, constraints=each_once((*own.constraints, *held.constraints)), about=about)

    def read(self, wish: str, profile: Profile | None, bundle: ModelBundle, degraded: set[str]) -> Understood:
        """What the words say of this model's catalogue to this shopper; what was away is added to `degraded`."""
        return self.reader.read(self._front(bundle), wish, usual_brands(profile), degraded)

    def taken(self, sent: UnderstoodWish) -> Understood:
        """What was sent in place of words, each constraint borne out by the catalogue."""
        vocabulary = self.reader.names(self.front()).vocabulary
        constraints = [_taken(one, vocabulary) for one in sent.constraints]
        return Understood(each_once(constraints), sent.about, tuple(sent.not_understood))

    def steer(
        self,
        request: RecommendRequest,
        query: RankingQuery,
        understood: Understood,
        control: Control,
        profile: Profile | None,
        bundle: ModelBundle,
        now: datetime,
        degraded: set[str],
    ) -> Steering:
        """Which rows the answer may hold and which come first."""
        if not understood and not control.preferences:
            return Steering(understood)
        front = self._front(bundle)
        history = profile.history if profile is not None else None
        level_N = self.reader.levels(bundle).of(history)
        allowed_N = allowed(bundle, query, now)
        of_kinds = bundle.catalogue.of_kinds(frozenset(request.kinds))
        allowed_N = allowed_N if of_kinds is None else allowed_N & of_kinds
        reading = self.reader.reading(bundle, understood.about, degraded) if understood.about else None
        words = quote_constraints(understood.constraints, request.language) or request.wish or understood.about
        count = request.offset + query.n
        return steer(front, understood, control.preferences, level_N, allowed_N, count, reading, words)

    def _front(self, bundle: ModelBundle) -> Shopfront:
        try:
            front = self.front()
        except Problem as away:  # it speaks of a query
            raise Problem("wish", away.message, away.remedy, away.status) from None
        return front if front.bundle is bundle else Shopfront(front.index, bundle)


def check(request: RecommendRequest) -> None:
    """A `Problem` for what makes no sense together."""
    if request.wish is not None and request.understood is not None:
        raise Problem("understood", "is given beside wish", "Send one of them.")
    if request.wish is not None and not request.wish.strip():
        raise Problem("wish", "is blank", "Say what is wished for, or leave it out.")
    if request.wish_scope != "request" and not request.is_wish:
        raise Problem("wish_scope", "no wish is given", "Give wish, or leave out wish_scope.")
    if request.wish_scope == "session" and request.session_id is None:
        raise Problem("session_id", "a wish for the session needs one", "Give session_id, or leave out wish_scope.")
    if request.wish_scope == "profile" and request.user_id is None:
        raise Problem("user_id", "a wish for good needs its shopper", "Give user_id, or leave out wish_scope.")


def usual_brands(profile: Profile | None) -> tuple[str, ...]:
    """The brands that a shopper has most of."""
    affinities = profile.affinities if profile is not None else ()
    return tuple(one.key for one in affinities if one.kind == "brand")[:USUAL_BRANDS]


def _taken(sent: WishConstraint, vocabulary: Vocabulary) -> Constraint:
    """As it was sent, in the catalogue's own names."""
    named = {CATEGORY: _named_by(vocabulary, CATEGORY), BRAND: _named_by(vocabulary, BRAND)}
    fields = {"wanted": sent.wanted, "quote": sent.said, "read_by": sent.read_by or BY_CALLER}
    if sent.kind == PRICE:
        if sent.low is None and sent.high is None and not sent.relation:
            raise Problem("understood", "a price without low, high or relation", "Give one of them.")
        return Constraint(PRICE, low=sent.low, high=sent.high, relation=sent.relation, **fields)  # type: ignore[arg-type]
    if not sent.values:
        raise Problem("understood", f"a constraint of kind {sent.kind} without values", "Give at least one.")
    for value in sent.values:
        known = named[sent.kind](value) if sent.kind in named else _is_known(vocabulary, sent, value)
        if not known:
            what = sent.name if sent.kind == ATTRIBUTE else sent.kind
            raise Problem(
                "understood", f"no item of the catalogue has the {what} {value!r}", "Write it as the catalogue does."
            )
    return Constraint(sent.kind, tuple(sent.values), name=sent.name, **fields)  # type: ignore[arg-type]


def _named_by(vocabulary: Vocabulary, kind: str) -> Callable[[str], bool]:
    catalogue = vocabulary.index.catalogue
    mask = catalogue.in_categories if kind == CATEGORY else catalogue.of_brands
    return lambda value: bool(np.any(mask(frozenset({value}))))


def _is_known(vocabulary: Vocabulary, sent: WishConstraint, value: str) -> bool:
    if sent.kind == ATTRIBUTE:
        return value in vocabulary.index.attribute_values.get(sent.name, ())
    return vocabulary.has_phrase(value) or (not sent.wanted and vocabulary.is_denied(value))


def answered(steering: Steering) -> UnderstoodWish:
    """What was understood, as an answer says it."""
    understood, satisfying = steering.understood, steering.satisfying
    return UnderstoodWish(
        constraints=[_sent(one) for one in understood.constraints],
        about=understood.about,
        not_understood=list(understood.not_understood),
        dropped=understood.dropped,
        loosened=describe_constraints(satisfying.loosened) if satisfying is not None else [],
        matching=int(np.count_nonzero(satisfying.all_N)) if satisfying is not None and understood.constraints else None,
    )


def describe_constraints(constraints: Sequence[Constraint]) -> list[str]:
    """Each in its own words, or what it says."""
    return [one.quote or ", ".join(one.values) or one.relation or f"{one.low}-{one.high}" for one in constraints]


def _sent(one: Constraint) -> WishConstraint:
    return WishConstraint.model_validate(
        {
            "kind": one.kind,
            "values": list(one.values),
            "wanted": one.wanted,
            "name": one.name,
            "low": one.low,
            "high": one.high,
            "relation": one.relation,
            "said": one.quote,
            "read_by": one.read_by,
        }
    )
