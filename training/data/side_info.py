"""What a shop may know beside texts and events, for a training to learn from: photos, trust, attributes, behaviour.

It knows what is there, what of it was known at a moment, and which sources of candidates and columns that gives.

Shape suffixes: U shoppers, N items, E choices of people trusted.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import orjson
from numpy.typing import NDArray

from features.behaviour import BehaviourAt
from recommender.data.catalog import Catalogue
from recommender.data.event_weights import DAY, strengths
from recommender.data.side_info import TRUSTED_DAYS, Background, agreed
from recommender.models.counting.demographics import LATELY_DAYS, Demographics, fit_demographics
from recommender.models.image_vectors import Seen
from recommender.profiles.user_state import Shopper
from recommender.retrieval import SOURCES
from training.data.interactions import Log, shoppers_at

OPTIONAL_SOURCES = ("image", "trusted", "demographic", "behaviour")  # sources of shops that know such things
FEWEST = 20  # shoppers of whom a thing is known, for the ranker to learn from it


@dataclass(frozen=True)
class SideInfo:
    """Each may be missing. `known` are the sources that only a shop has which knows such things."""

    seen: Seen | None = None  # the items' photos
    links: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # shopper -> whom they trust, how much
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # shopper -> what they are, in words
    behaviour: BehaviourAt | None = None  # the feature store's
    known: tuple[str, ...] = ()

    def settled(self, log: Log, catalogue: Catalogue, moment: int) -> "SideInfo":
        """The same with the sources that what was known at `moment` gives."""
        known = ["image"] if self.seen else []
        if len(_trusted(self.links, log.before(moment), catalogue, moment)) >= FEWEST:
            known.append("trusted")
        if self.demographics(log, np.zeros(len(catalogue), dtype=np.float32), moment) is not None:
            known.append("demographic")
        if self.behaviour is not None:
            known.append("behaviour")
        return replace(self, known=tuple(known))

    def sources(self, left_out: tuple[str, ...] = ()) -> tuple[str, ...]:
        """The sources that a model of this shop asks, without those that are left out by name."""
        return tuple(
            name for name in SOURCES
            if (name not in OPTIONAL_SOURCES or name in self.known) and name not in left_out
        )  # fmt: skip

    def shoppers_at(self, log: Log, users_U: NDArray[np.int64], catalogue: Catalogue, moment: int) -> list[Shopper]:
        """The shoppers as the service would see them at `moment`, with all that was known of them."""
        shoppers = shoppers_at(log, users_U, catalogue, moment)
        shoppers = self.with_backgrounds(log.before(moment), users_U, catalogue, shoppers, moment)
        return self.with_behaviour(log, users_U, shoppers, moment)

    def with_behaviour(
        self, log: Log, users_U: NDArray[np.int64], shoppers: list[Shopper], moment: int
    ) -> list[Shopper]:
        """The same shoppers with what the feature store had of them at `moment`."""
        if self.behaviour is None or not shoppers:
            return shoppers
        done = self.behaviour.at(_names(log, users_U), moment)
        return [replace(shopper, behaviour=one) for shopper, one in zip(shoppers, done, strict=True)]

    def with_backgrounds(
        self, log: Log, users_U: NDArray[np.int64], catalogue: Catalogue, shoppers: list[Shopper], moment: int = 2**40
    ) -> list[Shopper]:
        """The same shoppers with what else was known of them at the end of the log."""
        if not self.links and not self.attributes:
            return shoppers
        moment = min(moment, int(log.events.times.max(initial=0)))
        trusted = _trusted(self.links, log, catalogue, moment)
        names = _names(log, users_U)
        backgrounds = (Background(trusted.get(name, {}), self.attributes.get(name, ())) for name in names)
        return [replace(shopper, background=one) for shopper, one in zip(shoppers, backgrounds, strict=True)]

    def demographics(self, log: Log, popularity_N: NDArray[np.float32], moment: int) -> Demographics | None:
        """What shoppers of each attribute chose before `moment` (Unix seconds); None where attributes say nothing."""
        if not self.attributes:
            return None
        events = log.before(moment).events
        lately = (events.times >= moment - LATELY_DAYS * DAY) & (strengths(events.event_types, events.values) > 0)
        words_U = [self.attributes.get(name, ()) for name in log.shoppers]
        return fit_demographics(words_U, events.users[lately], events.items[lately], popularity_N)

    def digest(self) -> str:
        """Another one where anything of it is another."""
        digest = hashlib.sha256()
        if self.seen:
            digest.update(self.seen.encoder_id.encode() + self.seen.row_N.tobytes())
            digest.update(self.seen.vectors_ME.sum(axis=1).tobytes())
        digest.update(orjson.dumps({user: dict(people) for user, people in self.links.items()}))
        digest.update(orjson.dumps(dict(self.attributes)))
        return digest.hexdigest()


NOTHING = SideInfo()


def _names(log: Log, users_U: NDArray[np.int64]) -> list[str]:
    """The ids of these shoppers, "" for one who is not in the log."""
    return [log.shoppers[user] if user >= 0 else "" for user in users_U.tolist()]


def _trusted(
    links: Mapping[str, Mapping[str, float]], log: Log, catalogue: Catalogue, moment: int
) -> dict[str, dict[str, float]]:
    """What the people each shopper trusts came for lately, out of a log that ends at `moment`."""
    if not links:
        return {}
    events = log.events
    lately = (events.times >= moment - TRUSTED_DAYS * DAY) & (strengths(events.event_types, events.values) > 0)
    users, items = events.users[lately], events.items[lately]
    starts = np.searchsorted(users, np.arange(len(log.shoppers) + 1))
    code_of = {user_id: code for code, user_id in enumerate(log.shoppers)}
    found = {}
    for user_id, people in links.items():
        codes = [(code_of[person], weight) for person, weight in people.items() if person in code_of]
        spans = [slice(starts[code], starts[code + 1]) for code, _ in codes]
        weights = [np.full(span.stop - span.start, weight) for span, (_, weight) in zip(spans, codes, strict=True)]
        if spans:
            people_E, items_E = (np.concatenate([part[span] for span in spans]) for part in (users, items))
            rows, shares = agreed(people_E, np.concatenate(weights), items_E)
            found[user_id] = dict(zip(catalogue.ids[rows].tolist(), shares.tolist(), strict=True))
    return {user_id: trusted for user_id, trusted in found.items() if trusted}
