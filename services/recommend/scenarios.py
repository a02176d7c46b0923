"""What `/recommend` and `/similar` answer with: the scenario, filters, rules, diversity and page a request asks for.

It knows the model in service, the shop's rules and, for filters by attributes, the search index. `refresh` is called by
the watcher.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from recommender.data.catalog import PRODUCT
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile
from recommender.ranking.pipeline import RankingQuery, ScoredItem, similar
from recommender.reranking.rules import Rule, RuleSet
from recommender.scenarios.base import HOME, PRODUCT_PAGE, Chosen, Page, Plan, choose, find
from recommender.scenarios.cart import goes_with
from recommender.search.search_index import Shopfront, wanted_attributes
from recommender.store.rules import read_rules
from services.core.errors import Problem
from services.schemas.recommend import RecommendRequest, SimilarRequest
from services.wishes.steering import NO_STEERING, Steering


def scenario_of(request: RecommendRequest) -> str:
    """The one named; without a name an item in the context makes it a product page."""
    return request.scenario or (PRODUCT_PAGE if request.context_item_ids else HOME)


def is_planned(request: RecommendRequest) -> bool:
    """Whether it asks for more than the top of the shopper's own ranking of products."""
    return (
        request.scenario not in (None, HOME)
        or request.offset > 0
        or request.diversity > 0
        or request.kinds != [PRODUCT]
        or bool(request.attributes)
        or request.is_wish
    )


@dataclass(slots=True)
class Scenarios:
    """`front` gives the search index beside the model; it may raise a `Problem` while there is none."""

    front: Callable[[], Shopfront]
    rules: tuple[Rule, ...] = ()
    novelty: Mapping[str, float] = field(default_factory=dict)  # by scenario, the share for what is new to the shopper

    def refresh(self, session: Session, now: datetime) -> bool:
        """Takes in the rules that hold now; says whether they are others than before."""
        before, self.rules = self.rules, tuple(rule for rule in read_rules(session) if rule.holds(now))
        return self.rules != before

    def page(
        self,
        bundle: ModelBundle,
        profile: Profile | None,
        request: RecommendRequest,
        query: RankingQuery,
        now: datetime,
        steering: Steering = NO_STEERING,
    ) -> Page:
        """The items of the answer, and whether there are more."""
        return choose(bundle, profile, query, self._plan(bundle, request, steering), now)

    def find(
        self,
        bundle: ModelBundle,
        profile: Profile | None,
        request: RecommendRequest,
        query: RankingQuery,
        item_id: str,
        now: datetime,
        steering: Steering = NO_STEERING,
    ) -> Chosen | None:
        """One item of all the pages there are; None where it is on none."""
        return find(bundle, profile, query, self._plan(bundle, request, steering), item_id, now)

    def _plan(self, bundle: ModelBundle, request: RecommendRequest, steering: Steering) -> Plan:
        having_N = self._having(bundle, request)
        plan = Plan(
            scenario=scenario_of(request),
            kinds=frozenset(request.kinds),
            offset=request.offset,
            diversity=request.diversity,
            novelty=self.novelty.get(scenario_of(request), 0.0),
            rules=self.rules,
            only_N=steering.among(having_N),
            steered=steering.steered,
        )
        if plan.scenario == PRODUCT_PAGE and not request.context_item_ids:
            raise Problem("context_item_ids", "a product page is of an item", "Give its id, or leave out scenario.")
        return plan

    def alike(
        self, bundle: ModelBundle, request: SimilarRequest, n: int, now: datetime, withdrawn: Iterable[str] = ()
    ) -> list[ScoredItem]:
        """Items like one item, or that go with it; of its own kind, less what a rule leaves out or was `withdrawn`.

        Of items that a shopper can't tell apart it names one, and none that can't be told from the item itself.
        """
        catalogue = bundle.catalogue
        allowed_N = catalogue.sellable(now).copy()
        of_kind = catalogue.of_kinds(frozenset({catalogue.kind_of(catalogue.index[request.item_id])}))
        if of_kind is not None:
            allowed_N &= of_kind
        rules, like = RuleSet(self.rules, catalogue, now), np.array([catalogue.index[request.item_id]])
        allowed_N[rules.left_out()] = False
        gone = catalogue.rows_of(withdrawn)
        allowed_N[gone[gone >= 0]] = False
        allowed_N[catalogue.duplicates.joined(like)] = False
        allowed_N = catalogue.duplicates.keep_one(allowed_N, bundle.sellers[::-1], rules.raised_items())
        if request.kind == "goes_with":
            return goes_with(bundle, request.item_id, n, allowed_N)
        return similar(bundle, request.item_id, n, now, allowed_N)

    def _having(self, bundle: ModelBundle, request: RecommendRequest) -> NDArray[np.bool_] | None:
        if not request.attributes:
            return None
        front = self.front()
        if front.bundle is not bundle:  # another model came while this was answered
            front = Shopfront(front.index, bundle)
        return front.rows_of(front.index.having(wanted_attributes(request.attributes)))
