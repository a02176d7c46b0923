"""Examples for the listwise ranker: questions of the past whose answers are known, asked of honest sources.

Two ways to ask. Where sequences are split by place, questions are folded: the sources that an example is read from
know the shopper's events before its answer and nothing of that shopper later, as when a real question comes. Where
they are split by time, the sources end before the answers begin. Either way no example sees its own answer.

Shape suffixes: Q queries, C candidates, F columns, U shoppers, L events.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from recommender.ranker.batch import Batch
from recommender.ranker.items import ItemFacts
from recommender.ranker.log import Floats, Ints, Log, Mask, Queries, at_moment
from recommender.ranker.sequence import SequenceModel
from recommender.ranker.sources import Sources, fit_sources, owned_matrix, with_sales
from recommender.ranker.towers import content_of
from training.ranker_collector import Collector, Examples
from training.ranker_mixture import Asked, learned_mixture, start_of
from training.ranker_sequence import fit_sequence
from training.ranker_towers import TowersStart

LONG = 15.0  # events of a shopper, on average, from which the order of many says more than the latest few
MIXTURE_QUERIES = 640
EXAMPLES_MS, MS_AN_ITEM = 4e5, 3.5e-4  # what a core may spend on examples; an item's part of a question's cost
MANY_EVENTS = 1_000_000
SCORES_AT_ONCE = 400_000

Progress = Callable[[str], None]


@dataclass(frozen=True)
class RankerParams:
    """Chosen on validation; `targets` is how many of a shopper's last events become answers."""

    candidates: int = 400
    folds: int = 8
    targets: int = 3
    most_queries: int = 64_000  # examples are drawn by chance where there would be more
    later_weight: float = 0.5  # an answer one event further away counts this much less
    epochs: int = 6
    hidden: int = 64
    queries_a_step: int = 64
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    networks: int = 6  # of different chance, whose scores are averaged
    new_items_weight: float = 0.5  # shops of repeat products: the list of products new to the shopper, besides all
    groups_weight: float = 0.1  # the tasks of naming the answer's category and brand, besides the answer
    list_weight: float = 1.0  # the softmax over the whole list, which the many answers far down decide
    swaps_weight: float = 0.0  # LambdaLoss among the best, which asks what a swap costs NDCG; for many answers a query
    trees: int = 0  # beside the networks; for many answers a query
    learn_mixture: bool = True
    sequence: bool | None = None  # the sequence model as a source; None: where histories are long and don't repeat
    towers: bool = True  # the learned reading of what follows what, tuned on the shop's own behaviour
    cold_share: float = 0.0  # items that the sources of examples are fitted without, to learn to rank and show new ones
    left_out: tuple[str, ...] = ()  # columns, and parts of the mixture, whose names start so are done without
    seed: int = 0


def sized(params: RankerParams, log: Log, items: int, repeats: bool) -> RankerParams:
    """Fewer questions where each costs more: its time grows with the catalogue, and with whole histories."""
    milliseconds = (1 + items * MS_AN_ITEM) * (3 if repeats else 1)
    most = int(np.clip(EXAMPLES_MS / milliseconds, 3000, params.most_queries))
    folds = params.folds if len(log.items_L) < MANY_EVENTS else min(params.folds, 4)
    return replace(params, most_queries=most, folds=folds)


def batches(sources: Sources, queries: Queries, size: int = 0) -> Iterator[tuple[slice, Batch]]:
    """So many queries at once (if not told) that the scores of all items, of some fifty sources, stay small."""
    size = size or max(8, min(100, SCORES_AT_ONCE // sources.items))
    for start in range(0, len(queries), size):
        part = slice(start, start + size)
        yield part, Batch(sources, queries.take(part))


def sequence_examples(
    facts: ItemFacts,
    log: Log,
    repeats: bool,
    params: RankerParams,
    progress: Progress = lambda _: None,
    trust_UU: sp.csr_matrix | None = None,
) -> Examples:
    """Each shopper's last events as answers; a fold's sources know nothing of its answers, nor of what came after."""
    rng = np.random.default_rng(params.seed)
    fold_UT = _folds(log.shoppers, params, rng)
    asked_TU = _asked(log, params, rng)
    collector = Collector(params.candidates, params.left_out, params.seed)
    mixture, to_learn = start_of(repeats, params.left_out), params.learn_mixture
    sequence = _sequence(log, len(facts), repeats, params, progress)
    towers = _towers(facts, log, params, progress)
    for fold in range(params.folds):
        progress(f"examples, fold {fold + 1} of {params.folds}")
        sold_N = rng.random(len(facts)) >= params.cold_share
        asked_after_U = ((fold_UT == fold) * np.arange(1, params.targets + 1)).max(axis=1)
        known = _of_items(log.without_last(asked_after_U), sold_N)
        sources = fit_sources(facts, known, repeats, seed=params.seed, mixture=mixture, trust_UU=trust_UU)
        towers_then = towers.on(known) if towers else None
        sources = replace(sources, sequence=sequence, towers=towers_then, keeps_fresh=params.cold_share > 0)
        for later, asked_U in enumerate(asked_TU):
            queries = _before_last(log, np.flatnonzero(asked_U & (fold_UT[:, later] == fold)), later)
            if to_learn:
                answers = _first_answers(sources, queries, rng)
                mixture, to_learn = learned_mixture(answers, mixture, params.seed, params.left_out), False
                sources = replace(sources, mixture=mixture)
            for _, batch in batches(sources, queries):
                collector.add(batch, _next_events(log, batch.queries.ends_Q, later, params.later_weight))
    return replace(collector.examples(facts, mixture), sequence=sequence, towers=towers)


def _folds(shoppers: int, params: RankerParams, rng: np.random.Generator) -> Ints:
    """The fold of each shopper's questions, of shape (U, targets): in different ones where there are enough folds."""
    apart = max(params.folds // params.targets, 1)
    return (rng.integers(0, params.folds, shoppers)[:, None] + apart * np.arange(params.targets)) % params.folds


def _of_items(log: Log, kept_N: Mask) -> Log:
    """The other items are as if nobody had touched them yet, so that the ranker learns to rank what is new."""
    return log if kept_N.all() else log.kept(kept_N[log.items_L])


def _asked(log: Log, params: RankerParams, rng: np.random.Generator) -> list[Mask]:
    """For each of the last events, whose is asked for; by chance where that would be too many."""
    asked = [log.lengths_U > later + 1 for later in range(params.targets)]
    share = params.most_queries / max(sum(int(who_U.sum()) for who_U in asked), 1)
    return asked if share >= 1 else [who_U & (rng.random(log.shoppers) < share) for who_U in asked]


def _before_last(log: Log, users: Ints, later: int) -> Queries:
    ends = log.bounds_U[users + 1] - 1 - later
    return Queries(log, users, ends, log.times_L[ends - 1])


def _sequence(log: Log, items: int, repeats: bool, params: RankerParams, progress: Progress) -> SequenceModel | None:
    """Of everybody's events before those that examples ask for, so that it has seen no answer."""
    long = float(log.lengths_U[log.lengths_U > 0].mean()) >= LONG if len(log.items_L) else False
    if not (long and not repeats if params.sequence is None else params.sequence):
        return None
    progress("sequence model")
    return fit_sequence(log.without_last(params.targets), items, params.seed)


def _towers(facts: ItemFacts, log: Log, params: RankerParams, progress: Progress) -> TowersStart | None:
    """Begun on events that no example asks for. Where items are held out of some folds, each begins anew."""
    if not params.towers:
        return None
    progress("towers")
    if params.cold_share:
        return TowersStart(content_of(facts, params.seed), params.seed)
    return TowersStart.of(facts, log.without_last(params.targets), params.seed)


def _first_answers(sources: Sources, queries: Queries, rng: np.random.Generator) -> Asked:
    chosen = queries.take(np.sort(rng.permutation(len(queries))[:MIXTURE_QUERIES]))
    for _, batch in batches(sources, chosen):
        count = len(batch.queries)
        answers = chosen.log.items_L[batch.queries.ends_Q]
        entries = (np.ones(count, dtype=np.float32), (np.arange(count), answers))
        yield batch, sp.csr_matrix(entries, shape=(count, sources.items))


def _next_events(log: Log, ends_Q: Ints, later: int, weight: float) -> Callable[[Ints], Floats]:
    def wanted(rows_QC: Ints) -> Floats:
        wanted_QC = np.zeros(rows_QC.shape, dtype=np.float32)
        for step in range(later, -1, -1):
            wanted_QC[rows_QC == log.items_L[ends_Q + step][:, None]] = weight**step
        return wanted_QC

    return wanted


def moment_examples(
    facts: ItemFacts, log: Log, repeats: bool, params: RankerParams, spans: int, progress: Progress = lambda _: None
) -> Examples:
    """The same questions in order of time: whoever is asked within a span sees sources that end where it begins."""
    rng = np.random.default_rng(params.seed)
    collector = Collector(params.candidates, params.left_out, params.seed)
    mixture, to_learn = start_of(repeats, params.left_out), params.learn_mixture
    asked_TU = _asked(log, params, rng)
    asked = [_before_last(log, np.flatnonzero(asked_U), later) for later, asked_U in enumerate(asked_TU)]
    moment_T = [np.floor(log.times_L[queries.ends_Q]) - 1e-3 for queries in asked]
    span_T = np.split(spans_of(np.concatenate(moment_T), spans), np.cumsum([len(queries) for queries in asked])[:-1])
    for span in range(1, spans):  # the first knows too little
        progress(f"examples, span {span} of {spans}")
        begins = min((moments[of == span].min(initial=np.inf) for moments, of in zip(moment_T, span_T, strict=True)))
        if not np.isfinite(begins):
            continue
        sources = with_sales(fit_sources(facts, log.before(begins), repeats, seed=params.seed, mixture=mixture), log)
        for later, (queries, moments, of) in enumerate(zip(asked, moment_T, span_T, strict=True)):
            part = replace(queries, moments_Q=moments).take(of == span)
            if to_learn:
                answers = _first_answers(sources, part, rng)
                mixture, to_learn = learned_mixture(answers, mixture, params.seed, params.left_out), False
                sources = replace(sources, mixture=mixture)
            for _, batch in batches(sources, part):
                collector.add(batch, _next_events(log, batch.queries.ends_Q, later, params.later_weight))
    return collector.examples(facts, mixture)


def spans_of(moments_Q: NDArray[np.float64], spans: int) -> Ints:
    """The number of the span of time that each moment lies in; each span holds as many moments."""
    edges = np.quantile(moments_Q, np.linspace(0, 1, spans + 1)[1:-1])
    return np.searchsorted(edges, moments_Q, "right")


def interval_examples(
    facts: ItemFacts,
    log: Log,
    intervals: list[tuple[float, float]],
    params: RankerParams,
    progress: Progress = lambda _: None,
    repeats: bool = True,
) -> Examples:
    """All that shoppers bought in each interval of days as answers; sources end where the interval begins."""
    rng = np.random.default_rng(params.seed)
    collector = Collector(params.candidates, params.left_out, params.seed)
    mixture, to_learn = start_of(repeats, params.left_out), params.learn_mixture
    a_span = params.most_queries // max(len(intervals), 1)
    for start, end in intervals:
        progress(f"examples, days {start:.0f} to {end:.0f}")
        past = log.before(start)
        bought = log.kept((log.times_L >= start) & (log.times_L < end))
        sources = fit_sources(facts, past, repeats, moment=start, seed=params.seed, mixture=mixture)
        users = np.flatnonzero((past.lengths_U > 0) & (bought.lengths_U > 0))
        users = np.sort(rng.permutation(users)[:a_span])
        if to_learn and not repeats:  # whose candidates are not the mixture's
            asked = at_moment(past, rng.permutation(users)[: MIXTURE_QUERIES // 2], start)
            pairs = (
                (batch, _matrix_of(bought, batch.queries.users_Q, len(facts))) for _, batch in batches(sources, asked)
            )
            mixture, to_learn = learned_mixture(pairs, mixture, params.seed, params.left_out), False
            sources = replace(sources, mixture=mixture)
        for _, batch in batches(sources, at_moment(past, users, start)):
            collector.add(batch, _bought(bought, batch.queries.users_Q, len(facts)))
    return collector.examples(facts, mixture)


def _matrix_of(log: Log, users_Q: Ints, items: int) -> sp.csr_matrix:
    return owned_matrix(log, items)[users_Q]


def _bought(log: Log, users_Q: Ints, items: int) -> Callable[[Ints], Floats]:
    table = _matrix_of(log, users_Q, items).toarray()
    return lambda rows_QC: np.take_along_axis(table, rows_QC, axis=1)
