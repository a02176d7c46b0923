"""Everything counted from a log, ready to be asked: graphs, factors, popularity. No learned weights are here.

It knows a log and item facts. Whose labels it may be asked about is the caller's affair: `training.ranker` fits it
without the shoppers it makes examples of.

Shape suffixes: N items, R rank, L events.
"""

from dataclasses import dataclass, field, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.ranker.cycles import Cycles
from recommender.ranker.graphs import factors, pruned, scaled, shared, transitions, unit
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Ints, Log, Mask
from recommender.ranker.mixture import Weights, given
from recommender.ranker.neighbours import AlikeShoppers, Ease
from recommender.ranker.sequence import SequenceModel
from recommender.ranker.towers import Towers

WINDOW, DECAY, BACKWARD = 10, 0.8, 0.4
SAME_OCCASION_DAYS = 3.0
RANK, SMALL_RANK = 256, 64
STEPPED, KEPT = 300, 200  # entries of a row that a second step starts from, and that it ends with
DENSE = 400  # links an item, on average, from which only the strong ones are kept
REPEATS = 0.05  # a shop whose events come back to the shopper's own items at least so often sells repeat products
MOST_EASE = 12_000  # shoppers or items, whichever are fewer; its cost is their cube
SPAN = 1e6  # days; no log is longer
TASTE_DAYS, RECENT_DAYS = 90.0, 56.0


@dataclass(frozen=True)
class Collaborative:
    """What whole histories say, whatever came last. EASE only in shops of repeat products, which are its strength."""

    ease: Ease | None
    alike: AlikeShoppers
    left_NR: Floats
    rarity_N: Floats
    ease_ever: Ease | None = None  # of what was ever bought, where `ease` is of what is bought now


@dataclass(frozen=True)
class Sources:
    facts: ItemFacts
    repeats: bool
    graphs: dict[str, sp.csr_matrix]
    places: dict[str, Floats]  # unit vectors of items in the transition graph
    out_NR: Floats  # the same graph's factors with direction
    in_NR: Floats
    counts_N: Floats
    flow_N: Floats
    history_N: Floats  # how long, as a logarithm, the histories are that an item is part of
    first_seen_N: NDArray[np.float64]
    sales_L: NDArray[np.float64]  # item * SPAN + time, ascending: what sold until when is a search away
    sorted_items_L: Ints
    sorted_times_L: NDArray[np.float64]
    repeat_rate_N: Floats
    members: dict[str, sp.csr_matrix]  # 1 where an item is of a brand or category, of shape (N, groups)
    group_steps: dict[str, sp.csr_matrix]  # which brand or category follows which; rows sum to 1
    collaborative: Collaborative
    sequence: SequenceModel | None = None  # not fitted here, nor are towers: they learn from everybody's earlier events
    towers: Towers | None = None
    mixture: Weights = field(default_factory=dict)
    links: dict[str, sp.csr_matrix] = field(default_factory=dict)  # shopper to shopper, rows sum to 1
    cycles: Cycles | None = None  # of shops of repeat products
    keeps_fresh: bool = False  # items nobody has touched get their share of candidates, and one of the first places

    @property
    def items(self) -> int:
        return len(self.facts)

    @property
    def fresh_N(self) -> Mask:
        """Which items nobody has touched."""
        fresh: Mask = self.counts_N == 0
        return fresh


def fit_sources(
    facts: ItemFacts,
    log: Log,
    repeats: bool,
    moment: float | None = None,
    seed: int = 0,
    mixture: Weights | None = None,
    trust_UU: sp.csr_matrix | None = None,
) -> Sources:
    """`moment`: for shops of repeat products, what decides how recent an event is (else the log's last event)."""
    items = len(facts)
    counts_N = np.bincount(log.items_L, minlength=items).astype(np.float32)
    graphs, flow_N = _graphs(facts, log, counts_N, repeats)
    linked = (graphs["both"] + graphs["both"].T).tocsr()
    damped = 1 / np.sqrt(flow_N + 3)
    left, values, right = factors(scaled(linked, damped, damped), RANK, seed)
    root = np.sqrt(values)
    order = np.argsort(log.times_L, kind="stable")
    first_seen_N = np.full(items, np.inf)
    np.minimum.at(first_seen_N, log.items_L, log.times_L)
    members = {name: _members(group_N, facts.unknown[name]) for name, group_N in facts.groups.items()}
    now = float(log.times_L.max(initial=0.0)) if moment is None else moment
    return Sources(
        facts=facts,
        repeats=repeats,
        graphs=graphs,
        places={"all": unit(left * root), "small": unit(left[:, :SMALL_RANK] * root[:SMALL_RANK])},
        out_NR=left * root,
        in_NR=right * root,
        counts_N=counts_N,
        flow_N=flow_N,
        history_N=_history_lengths(log, counts_N),
        first_seen_N=first_seen_N,
        sales_L=_sales(log),
        sorted_items_L=log.items_L[order],
        sorted_times_L=log.times_L[order],
        repeat_rate_N=_repeat_rates(log, counts_N),
        members=members,
        group_steps={name: _group_steps(graphs["both"], member) for name, member in members.items()},
        collaborative=_collaborative(log, items, repeats, now, seed),
        mixture=given(repeats) if mixture is None else mixture,
        links={} if trust_UU is None else _links(trust_UU),
        cycles=Cycles.fit(log, facts, now) if repeats else None,
    )


def with_sales(sources: Sources, log: Log) -> Sources:
    """The same sources, but what is looked up by moments (popularity of the days before) is another log's."""
    order = np.argsort(log.times_L, kind="stable")
    return replace(sources, sales_L=_sales(log), sorted_items_L=log.items_L[order], sorted_times_L=log.times_L[order])


def _sales(log: Log) -> NDArray[np.float64]:
    sales_L: NDArray[np.float64] = np.sort(log.items_L * SPAN + log.times_L.clip(0, SPAN - 1))
    return sales_L


def _graphs(facts: ItemFacts, log: Log, counts_N: Floats, repeats: bool) -> tuple[dict[str, sp.csr_matrix], Floats]:
    def strong(graph: sp.csr_matrix) -> sp.csr_matrix:
        """Whole baskets link almost everything; what links strongly is enough."""
        return pruned(graph, STEPPED) if repeats or graph.nnz > DENSE * graph.shape[0] else graph

    items = len(facts)
    forward = strong(transitions(log, items, WINDOW, DECAY))
    backward = forward.T.tocsr()
    both = (forward + BACKWARD * backward).tocsr()
    flow_N = np.asarray(both.sum(axis=1), dtype=np.float32).ravel() + np.float32(1e-3)
    share = scaled(both, 1 / flow_N, None)
    occasion = transitions(log, items, WINDOW, 1.0, SAME_OCCASION_DAYS)
    together = strong(shared(log, items))
    rare = 1 / np.sqrt(counts_N + 1)
    main = pruned(share, STEPPED)
    graphs = {
        "forward": forward,
        "backward": backward,
        "both": both,
        "links": (both > 0).astype(np.float32).tocsr(),
        "next": transitions(log, items, 1, 1.0),
        "share": share,
        "damped": scaled(both, flow_N**-0.5, None),
        "lift": scaled(both, flow_N**-0.5, rare),
        "together": together,
        "together_lift": scaled(together, rare, rare),
        "occasion": strong((occasion + occasion.T).tocsr()),
        "two_steps": pruned((main @ main).tocsr(), KEPT),
        "step_then_text": pruned((main @ facts.neighbours_NN).tocsr(), KEPT),
        "text_then_step": pruned((facts.neighbours_NN @ main).tocsr(), KEPT),
    }
    return graphs, flow_N


def _history_lengths(log: Log, counts_N: Floats) -> Floats:
    """Of items that few touched, near the mean of all."""
    total_N = np.bincount(log.items_L, log.lengths_U[log.users_L], minlength=len(counts_N))
    mean = total_N.sum() / max(counts_N.sum(), 1)
    lengths: Floats = np.log((total_N + mean + 1) / (counts_N + 1)).astype(np.float32)
    return lengths


def _repeat_rates(log: Log, counts_N: Floats) -> Floats:
    pairs = np.unique(log.users_L * len(counts_N) + log.items_L)
    buyers = np.bincount(pairs % len(counts_N), minlength=len(counts_N))
    rates: Floats = (counts_N / (buyers + 1.0)).astype(np.float32)
    return rates


def _links(trust_UU: sp.csr_matrix) -> dict[str, sp.csr_matrix]:
    """Whom a shopper trusts, who trusts the shopper, and whom the trusted trust."""
    there = (trust_UU > 0).astype(np.float32).tocsr()
    rows = {"trusted": there, "trusting": there.T.tocsr()}
    rows = {
        name: scaled(graph, 1 / (np.asarray(graph.sum(axis=1)).ravel() + 1e-9), None) for name, graph in rows.items()
    }
    twice = pruned((rows["trusted"] @ rows["trusted"]).tocsr(), KEPT)
    twice.setdiag(0)
    return {**rows, "trusted twice": twice}


def _members(group_N: Ints, unknown: int) -> sp.csr_matrix:
    ones = (group_N != unknown).astype(np.float32)
    shape = (len(group_N), max(int(group_N.max(initial=0)), unknown) + 1)
    return sp.csr_matrix((ones, (np.arange(len(group_N)), group_N)), shape=shape)


def _group_steps(both: sp.csr_matrix, member: sp.csr_matrix) -> sp.csr_matrix:
    steps = (member.T @ (both @ member)).tocsr()
    return scaled(steps, 1 / (np.asarray(steps.sum(axis=1)).ravel() + 1), None)


def _collaborative(log: Log, items: int, repeats: bool, now: float, seed: int) -> Collaborative:
    owned = owned_matrix(log, items)
    rarity = 1 / np.sqrt(np.bincount(owned.indices, minlength=items) + 5.0)
    if not repeats:
        _, _, right = factors(scaled(owned, None, rarity), 128, seed)
        return Collaborative(None, AlikeShoppers.fit(owned, owned), right, rarity.astype(np.float32))
    shape = (log.shoppers, items)
    weights = np.exp2(-(now - log.times_L) / TASTE_DAYS).astype(np.float32)
    taste = sp.csr_matrix((weights, (log.users_L, log.items_L)), shape=shape)
    taste.data = np.sqrt(np.minimum(taste.data, 3))
    recent = owned_matrix(log.kept(now - log.times_L < RECENT_DAYS), items)
    _, _, right = factors(scaled(taste, None, rarity), 128, seed)
    small = min(taste.shape) <= MOST_EASE
    ease, ease_ever = (Ease.fit(taste, 300.0), Ease.fit(owned, 1000.0)) if small else (None, None)
    return Collaborative(ease, AlikeShoppers.fit(taste, recent), right, rarity.astype(np.float32), ease_ever)


def owned_matrix(log: Log, items: int) -> sp.csr_matrix:
    """1 where the shopper has the item, of shape (U, N)."""
    ones = np.ones(len(log.items_L), dtype=np.float32)
    owned = sp.csr_matrix((ones, (log.users_L, log.items_L)), shape=(log.shoppers, items))
    owned.data[:] = 1
    return owned
