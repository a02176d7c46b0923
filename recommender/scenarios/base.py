"""One profile, every scenario: home, product page, basket, buy it again, things to read; then rules, diversity, pages.

It puts together what other modules know: the ranker's order or a scenario's own, the shop's rules, the page asked for.
Evidence is gathered for the page alone. Without any of it the answer is `ranking.recommend`'s.

Shape suffixes: N items.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from recommender.data.catalog import PRODUCT
from recommender.data.history import History
from recommender.models.bundle import ModelBundle
from recommender.profiles.profile import Profile, prepare_shopper
from recommender.profiles.user_state import disliked_rows_of
from recommender.ranking.evidence import Evidence, gather
from recommender.ranking.pipeline import RankingQuery, ScoredItem, allowed, one_of_each, rank
from recommender.reranking.diversity import diversified, falling
from recommender.reranking.novelty import find_new, standing_due, with_room
from recommender.reranking.rules import Rule, RuleSet
from recommender.retrieval.sources.own_purchases import without_unwanted
from recommender.scenarios.cart import NOTHING_LEADS, complements, few_of_its_kind, together
from recommender.scenarios.content import Topics
from recommender.scenarios.orders import MOST, Order, Why, add_novelty, in_turn
from recommender.scenarios.reorder import due_items
from recommender.scenarios.steered import NOT_STEERED, Steered

HOME, PRODUCT_PAGE, CART, BUY_AGAIN = "home", "product", "cart", "buy_again"
PERSONAL_SHARE = 0.3  # of the ranker's score beside how well an item goes with the basket


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked beside the ranking query. `only_N`: rows that further filters leave; None: all."""

    scenario: str = HOME
    kinds: frozenset[str] = frozenset({PRODUCT})
    offset: int = 0
    diversity: float = 0.0
    novelty: float = 0.0  # the share that is kept for what is new to the shopper
    rules: tuple[Rule, ...] = ()
    only_N: NDArray[np.bool_] | None = field(default=None, compare=False)
    steered: Steered = field(default=NOT_STEERED, compare=False)


@dataclass(frozen=True, slots=True)
class Chosen:
    """An item of an answer and the rules it owes its place to."""

    item: ScoredItem
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`more`: whether there is a next page."""

    items: tuple[Chosen, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class _Arranged:
    """All that can be paged to, in the order it is shown in. `why`: evidence of rows."""

    ids: NDArray[np.object_]
    rows: NDArray[np.int64]
    scores: NDArray[np.float32]
    why: Why
    rules: RuleSet

    def at(self, places: NDArray[np.int64]) -> tuple[Chosen, ...]:
        """The items at these places, each with why it is there."""
        rows, scores = self.rows[places], self.scores[places]
        order = self.rows.tolist() if self.rules else []
        return tuple(
            Chosen(
                ScoredItem(str(self.ids[row]), float(score), evidence),
                tuple(self.rules.touching(int(row), order)) if self.rules else (),
            )
            for row, score, evidence in zip(rows, scores, self.why(rows), strict=True)
        )


def choose(bundle: ModelBundle, profile: Profile | None, query: RankingQuery, plan: Plan, now: datetime) -> Page:
    """The page of `query.n` items from `plan.offset` on."""
    end = plan.offset + query.n
    arranged = _arrange(bundle, profile, query, plan, end + 1, now)
    places = np.arange(plan.offset, min(end, len(arranged.rows)))
    return Page(arranged.at(places), len(arranged.rows) > end)


def find(
    bundle: ModelBundle, profile: Profile | None, query: RankingQuery, plan: Plan, item_id: str, now: datetime
) -> Chosen | None:
    """One item, as a page would show it; None where it is on none of them."""
    arranged = _arrange(bundle, profile, query, plan, MOST, now)
    places = np.flatnonzero(arranged.rows == bundle.catalogue.index.get(item_id, -1))
    return arranged.at(places[:1])[0] if len(places) else None


def _arrange(
    bundle: ModelBundle, profile: Profile | None, query: RankingQuery, plan: Plan, most: int, now: datetime
) -> _Arranged:
    """In the scenario's order, moved by the shop's rules; the first `most` of it made diverse, if asked for."""
    rules = RuleSet(plan.rules, bundle.catalogue, now)
    allowed_N = _allowed(bundle, query, plan, rules, now)
    if profile is not None:
        disliked = disliked_rows_of(profile.history, bundle.catalogue, int(now.timestamp()))
        allowed_N[bundle.catalogue.duplicates.joined(disliked)] = False
    allowed_N = _one_of_each(bundle, profile, plan, rules, allowed_N)
    rows, scores, why = _ordered(bundle, profile, query, plan, allowed_N, now)
    rows, scores = plan.steered.raised(rows, scores)
    rows, scores = rows[:MOST], scores[:MOST]
    if rules:
        scores = rules.weighed(rows, scores)
        order = np.lexsort((np.arange(len(rows)), -scores))
        rows, scores = rows[order], scores[order]
    order, for_novelty = _reordered(bundle, profile, plan, rows, scores, most)
    rows, scores, why = rows[order], scores[order], add_novelty(why, rows[order][for_novelty])
    rows, scores = plan.steered.first(rows, scores)
    ranked = rows
    if rules:
        ranked, known = rules.pinned(rows, allowed_N), dict(zip(rows.tolist(), scores.tolist(), strict=True))
        scores = np.array([known.get(row, 0.0) for row in ranked.tolist()], dtype=np.float32)
    return _Arranged(bundle.catalogue.ids, ranked, falling(scores), plan.steered.add_evidence(why), rules)


def _reordered(
    bundle: ModelBundle,
    profile: Profile | None,
    plan: Plan,
    rows: NDArray[np.int64],
    scores: NDArray[np.float32],
    most: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The order that diversity and room for what is new leave, and which stand where they do for being new."""
    new_C = None
    if plan.novelty > 0 and profile is not None and plan.kinds == {PRODUCT} and not plan.steered:
        known = bundle.catalogue.rows_of(profile.history.item_ids.tolist())
        new_C = find_new(bundle.catalogue, rows, known[known >= 0])
    if plan.diversity > 0:
        vectors = bundle.text_MT[bundle.text_row_N[rows]]
        order = diversified(scores, vectors, plan.diversity, min(len(rows), most), new_C, plan.novelty)
        new = np.zeros(len(order), dtype=bool) if new_C is None else new_C[order]
        return order, standing_due(new, plan.novelty)
    if new_C is None:
        return np.arange(len(rows)), np.zeros(len(rows), dtype=bool)
    return with_room(new_C, plan.novelty)


def _one_of_each(
    bundle: ModelBundle, profile: Profile | None, plan: Plan, rules: RuleSet, allowed_N: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Of items that a shopper can't tell apart the one a rule names, that meets the wish, that is theirs, or sells."""
    if not bundle.catalogue.duplicates:
        return allowed_N
    history = History.of([]) if profile is None else profile.history
    wished_N = plan.steered.first_N
    wished = bundle.sellers[wished_N[bundle.sellers]][::-1] if wished_N is not None else bundle.sellers[:0]
    rows_L = bundle.catalogue.rows_of(history.item_ids.tolist())
    return one_of_each(bundle, rows_L, history.event_types, allowed_N, wished, rules.raised_items())


def _allowed(bundle: ModelBundle, query: RankingQuery, plan: Plan, rules: RuleSet, now: datetime) -> NDArray[np.bool_]:
    allowed_N = allowed(bundle, query, now)
    of_kinds = bundle.catalogue.of_kinds(plan.kinds)
    if of_kinds is not None:
        allowed_N = allowed_N & of_kinds
    if plan.only_N is not None:
        allowed_N = allowed_N & plan.only_N
    if rules:
        allowed_N[rules.left_out()] = False
    return allowed_N


def _ordered(
    bundle: ModelBundle,
    profile: Profile | None,
    query: RankingQuery,
    plan: Plan,
    allowed_N: NDArray[np.bool_],
    now: datetime,
) -> Order:
    """All that may be shown in the scenario's order, and how to say why."""
    if plan.scenario == BUY_AGAIN:
        return _due(bundle, profile, allowed_N, now)
    content_N = bundle.catalogue.of_kinds(plan.kinds - {PRODUCT})
    content_N = allowed_N if content_N is None else allowed_N & content_N
    if PRODUCT not in plan.kinds:
        return _content(bundle, profile, content_N, now)
    products = _products(bundle, profile, query, plan, allowed_N & ~content_N, now)
    if len(plan.kinds) == 1 or not content_N.any():
        return products
    return in_turn(products, _content(bundle, profile, content_N, now))


def _products(
    bundle: ModelBundle,
    profile: Profile | None,
    query: RankingQuery,
    plan: Plan,
    allowed_N: NDArray[np.bool_],
    now: datetime,
) -> Order:
    in_basket = plan.scenario == CART and bool(query.context_item_ids)
    product_query = replace(query, context_item_ids=()) if in_basket else query
    ranked = _ranked(bundle, profile, product_query, plan, allowed_N, now)
    return _with_basket(bundle, query, allowed_N, ranked) if in_basket else ranked


def _ranked(
    bundle: ModelBundle,
    profile: Profile | None,
    query: RankingQuery,
    plan: Plan,
    allowed_N: NDArray[np.bool_],
    now: datetime,
) -> Order:
    """g's own order; a wish is answered with all that there is, if need be."""
    shopper = prepare_shopper(bundle, profile, now, query.context_item_ids)
    usable = profile is not None and profile.model_version == bundle.model_version and not query.context_item_ids
    vector = profile.vector if profile is not None and usable else None
    candidates, rows, scores = rank(bundle, shopper, vector, allowed_N, include_bought=query.include_bought)
    if plan.steered:
        open_N = without_unwanted(bundle, shopper, allowed_N, query.include_bought)
        rows, scores = plan.steered.filled(bundle, rows, scores, open_N, plan.offset + query.n + 1)
    return rows, scores, lambda page: gather(bundle, shopper, candidates, page)


def _with_basket(bundle: ModelBundle, query: RankingQuery, allowed_N: NDArray[np.bool_], ranked: Order) -> Order:
    """What goes with the basket, the shopper's own taste deciding among it; then the rest of their ranking."""
    rows, scores, own_why = ranked
    with_it, goes, leads = complements(bundle, query.context_item_ids, allowed_N)
    counted = leads != NOTHING_LEADS  # what merely sells stands where the shopper's own ranking has it
    with_it, goes, leads = with_it[counted], goes[counted], leads[counted]
    own = dict(zip(rows.tolist(), scores.tolist(), strict=True))
    liked = np.array([own.get(row, 0.0) for row in with_it.tolist()], dtype=np.float32)
    mixed = (1 - PERSONAL_SHARE) * goes + PERSONAL_SHARE * liked
    order = np.lexsort((with_it, -mixed))
    order = order[few_of_its_kind(bundle, query.context_item_ids, with_it[order])]
    mixed = np.minimum.accumulate(mixed[order])
    rest = ~np.isin(rows, with_it)
    lead_of = dict(zip(with_it.tolist(), leads.tolist(), strict=True))
    lowest = float(mixed.min(initial=1.0))

    def why(page: NDArray[np.int64]) -> list[tuple[Evidence, ...]]:
        own_reasons = dict(zip(page.tolist(), own_why(page), strict=True))
        goes = {row: (together(bundle, lead_of[row]),) for row in page.tolist() if row in lead_of}
        return [(*goes.get(row, ()), *own_reasons[row]) for row in page.tolist()]

    all_rows = np.concatenate([with_it[order], rows[rest]])
    return all_rows, np.concatenate([mixed, scores[rest] * lowest]).astype(np.float32), why


def _due(bundle: ModelBundle, profile: Profile | None, allowed_N: NDArray[np.bool_], now: datetime) -> Order:
    history = History.of([]) if profile is None else profile.history
    due = due_items(bundle.catalogue, history, int(now.timestamp()), allowed_N)
    reasons = {one.row: (one.evidence,) for one in due}
    rows = np.array([one.row for one in due], dtype=np.int64)
    scores = np.array([one.score for one in due], dtype=np.float32)
    return rows, scores, lambda page: [reasons.get(row, ()) for row in page.tolist()]


def _content(bundle: ModelBundle, profile: Profile | None, allowed_N: NDArray[np.bool_], now: datetime) -> Order:
    topics = Topics(bundle, History.of([]) if profile is None else profile.history, int(now.timestamp()))
    rows = np.flatnonzero(allowed_N)
    scores = topics.scores(rows)
    order = np.lexsort((rows, -scores))
    return rows[order], scores[order], lambda page: [topics.evidence(row) for row in page.tolist()]
