"""The listwise ranker: honest examples, learning what they hold, and the same answers after saving."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recommender.ranker.batch import Batch
from recommender.ranker.items import ItemFacts, item_facts
from recommender.ranker.log import Log, at_end
from recommender.ranker.network import ListwiseRanker, Scaler
from recommender.ranker.sources import Sources, fit_sources
from training.ranker import (
    RankerParams,
    interval_examples,
    moment_examples,
    sequence_examples,
    sized,
)
from training.ranker_collector import Examples, NothingToLearn
from training.ranker_fitting import _against_groups, _swaps, fit_listwise, rank_all, with_one_fresh

ITEMS, SHOPPERS = 40, 150
SMALL = RankerParams(candidates=30, folds=3, epochs=4, hidden=16, queries_a_step=16)


def facts() -> ItemFacts:
    return item_facts(np.zeros((ITEMS, 4), dtype=np.float32), [""] * ITEMS, [""] * ITEMS, [[]] * ITEMS)


def walks(seed: int = 1) -> Log:
    """Shoppers go along a ring of items, one step at a time."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, ITEMS, SHOPPERS)
    items = (starts[:, None] + np.arange(7)).ravel() % ITEMS
    return Log.of(np.repeat(np.arange(SHOPPERS), 7), items, np.tile(np.arange(7.0), SHOPPERS), SHOPPERS)


def answering(examples: Examples, known: Log) -> Sources:
    """What answers with the ranker of these examples: all that is known, the towers included."""
    assert examples.towers is not None
    return replace(fit_sources(facts(), known, False), towers=examples.towers.on(known))


def unscaled(columns: int) -> Scaler:
    ones = np.ones(columns, dtype=np.float32)
    return Scaler(np.zeros(columns, dtype=np.bool_), ones, 0 * ones, 100 * ones)


def test_it_learns_what_comes_next(tmp_path: Path) -> None:
    log = walks()
    known = log.without_last(1)
    examples = sequence_examples(facts(), known, False, SMALL)
    ranker = fit_listwise(examples, SMALL)
    queries = at_end(known, np.arange(SHOPPERS))
    sources = answering(examples, known)
    rows, scores = rank_all(sources, ranker, queries, SMALL)
    assert (rows[:, 0] == log.items_L[log.bounds_U[1:] - 1]).mean() > 0.9
    assert (np.diff(scores, axis=1) <= 0).all()
    ranker.save(tmp_path / "ranker.safetensors")
    again = rank_all(sources, ListwiseRanker.load(tmp_path / "ranker.safetensors"), queries, SMALL)
    np.testing.assert_array_equal(rows, again[0])
    np.testing.assert_allclose(scores, again[1], rtol=1e-5)


def test_one_of_the_first_places_is_a_fresh_item_s() -> None:
    rng = np.random.default_rng(0)
    scores_QC, fresh_QC = rng.normal(size=(500, 200)).astype(np.float32), rng.random((500, 200)) < 0.1
    scores_QC[1:][fresh_QC[1:]] -= 9  # as what nobody has touched is judged
    scores_QC[0, fresh_QC[0].argmax()] = 9
    fresh_QC[-1] = False
    shown_QC = with_one_fresh(scores_QC, fresh_QC, 0.1)
    order_QC, best_Q = np.argsort(-shown_QC, axis=1), np.where(fresh_QC, scores_QC, -np.inf).argmax(axis=1)
    assert order_QC[0, 0] == best_Q[0]  # first as it is
    np.testing.assert_array_equal(order_QC[1:-1, 9], best_Q[1:-1])
    np.testing.assert_array_equal(shown_QC[[0, -1]], scores_QC[[0, -1]])
    assert (shown_QC != scores_QC).sum() == 498
    for share in (0.0, 0.004, 1.0):  # none, too few to be among so many, all
        np.testing.assert_array_equal(with_one_fresh(scores_QC, fresh_QC, share), scores_QC)


def test_fresh_items_get_their_share_of_candidates() -> None:
    """A quarter of the items is touched by nobody, and nothing but their place in the mixture tells them apart."""
    log = walks().without_last(1)
    known = log.kept(log.items_L % 4 > 0)
    sources = fit_sources(facts(), known, False)
    queries = at_end(known, np.flatnonzero(known.lengths_U > 0))

    def share(sources: Sources) -> float:
        return float(sources.fresh_N[Batch(sources, queries).candidates(12)].mean())

    assert sources.fresh_N.mean() == 0.25
    assert share(sources) < 0.25
    assert share(replace(sources, keeps_fresh=True)) == 0.25


def test_fresh_items_are_shown_where_asked_for() -> None:
    log = walks().without_last(1)
    known = log.kept(log.items_L % 4 > 0)
    params = replace(SMALL, cold_share=0.2, networks=1)
    examples = sequence_examples(facts(), known, False, params)
    sources, ranker = answering(examples, known), fit_listwise(examples, params)
    queries = at_end(known, np.flatnonzero(known.lengths_U > 0))

    def shown(sources: Sources) -> float:
        rows_QC, _ = rank_all(sources, ranker, queries, params)
        return float(sources.fresh_N[rows_QC[:, :4]].any(axis=1).mean())

    assert shown(replace(sources, keeps_fresh=False)) < 1
    assert shown(replace(sources, keeps_fresh=True)) == 1


def test_an_example_never_sees_its_own_answer() -> None:
    """Each shopper has items of their own: without that shopper nothing is known of them, not even that they sell."""
    items = np.arange(ITEMS)
    log = Log.of(np.repeat(np.arange(10), 4), items, np.tile(np.arange(4.0), 10), 10)
    params = RankerParams(candidates=ITEMS, folds=2, targets=1)
    examples = sequence_examples(facts(), log, False, params)
    popularity = examples.scaled_QCF[:, :, examples.names.index("popularity")].astype(np.float32)
    assert len(popularity) == 10
    answers = popularity[examples.wanted_QC > 0]
    assert (answers == popularity.min()).all()
    assert (popularity > popularity.min()).any()


def test_another_answer_changes_no_column_of_its_example(monkeypatch: pytest.MonkeyPatch) -> None:
    """One shopper's last event is another item: whatever stood in their example stands there still."""
    monkeypatch.setattr(Scaler, "fit", lambda values_QCF, _: unscaled(values_QCF.shape[-1]))
    log = walks(5)
    params = replace(SMALL, candidates=ITEMS, targets=1, learn_mixture=False)
    fold_U = np.random.default_rng(params.seed).integers(0, params.folds, SHOPPERS)
    shopper = int(np.flatnonzero(fold_U == 1)[3])
    items = log.items_L.copy()
    items[log.bounds_U[shopper + 1] - 1] = (items[log.bounds_U[shopper + 1] - 1] + 11) % ITEMS
    one, other = (sequence_examples(facts(), of, False, params) for of in (log, Log(items, log.times_L, log.bounds_U)))
    query = int(np.flatnonzero(np.argsort(fold_U, kind="stable") == shopper)[0])
    assert (one.wanted_QC[query] != other.wanted_QC[query]).any()
    np.testing.assert_array_equal(one.scaled_QCF[query], other.scaled_QCF[query])


def test_examples_of_intervals_end_before_their_answers() -> None:
    """An event planted after the interval changes no example."""
    log = walks(2)
    intervals = [(3.0, 5.0)]
    before = interval_examples(facts(), log.before(5.0), intervals, SMALL)
    planted = interval_examples(facts(), log, intervals, SMALL)
    np.testing.assert_array_equal(before.scaled_QCF, planted.scaled_QCF)
    np.testing.assert_array_equal(before.wanted_QC, planted.wanted_QC)


def test_a_farther_answer_counts_less() -> None:
    params = RankerParams(candidates=ITEMS, folds=2, targets=2, later_weight=0.25)
    wanted = sequence_examples(facts(), walks(), False, params).wanted_QC
    assert set(np.unique(wanted)) == {0.0, 0.25, 1.0}


def test_the_same_seed_gives_the_same_ranker() -> None:
    examples = sequence_examples(facts(), walks(), False, SMALL)
    first, second = (fit_listwise(examples, SMALL).network.state_dict() for _ in range(2))
    assert all((first[name] == second[name]).all() for name in first)


def test_nothing_to_learn_is_said() -> None:
    log = Log.of(np.array([0]), np.array([0]), np.array([0.0]), 1)
    with pytest.raises(NothingToLearn, match="nothing to learn"):
        sequence_examples(facts(), log, False, SMALL)


def test_columns_of_another_model_are_refused() -> None:
    ranker = fit_listwise(sequence_examples(facts(), walks(), False, SMALL), SMALL)
    with pytest.raises(ValueError, match="columns"):
        ranker.score(["something"], np.zeros((1, 1, 1), dtype=np.float32))


def test_examples_of_moments_end_before_their_answers() -> None:
    """What somebody does after everybody was asked changes no example."""
    log = walks(4)

    def with_later(item: int, time: float) -> Log:
        bounds = np.append(log.bounds_U, log.bounds_U[-1] + 1)
        return Log(np.append(log.items_L, item), np.append(log.times_L, time), bounds)

    one, other = (moment_examples(facts(), with_later(*later), False, SMALL, 4) for later in ((3, 50.0), (7, 60.0)))
    np.testing.assert_array_equal(one.scaled_QCF, other.scaled_QCF)
    assert one.wanted_QC.any(axis=1).all()


def test_the_sequence_model_is_a_source_when_asked_for() -> None:
    examples = sequence_examples(facts(), walks(), False, replace(SMALL, sequence=True))
    assert "sequence" in examples.names
    assert examples.sequence is not None
    assert examples.mixture is not None
    assert sequence_examples(facts(), walks(), False, SMALL).sequence is None


def test_groups_share_their_candidates_chances() -> None:
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    wanted, codes = torch.tensor([[0.0, 1.0, 0.0]]), torch.tensor([[1, 1, 0]])
    assert _against_groups(scores, wanted, codes).item() == pytest.approx(-np.log(0.8), rel=1e-5)


def test_wide_catalogues_ask_fewer_questions() -> None:
    log = walks()
    assert sized(RankerParams(), log, 12_000, False).most_queries == RankerParams().most_queries
    assert 3000 <= sized(RankerParams(), log, 200_000, False).most_queries < 10_000


def test_a_pair_in_the_wrong_order_costs_what_its_swap_would_gain() -> None:
    scores = torch.tensor([[1.0, 0.0]])
    gained = 1 - 1 / np.log2(3)
    assert _swaps(scores, torch.tensor([[0.0, 1.0]])).item() == pytest.approx(gained * np.log1p(np.e), rel=1e-5)
    assert _swaps(scores, torch.tensor([[1.0, 0.0]])).item() == pytest.approx(gained * np.log1p(1 / np.e), rel=1e-5)
    assert _swaps(scores, torch.tensor([[1.0, 1.0]])).item() == 0


def test_swaps_alone_teach_what_comes_next() -> None:
    params = replace(SMALL, list_weight=0.0, swaps_weight=1.0)
    log = walks()
    known = log.without_last(1)
    examples = sequence_examples(facts(), known, False, params)
    ranker = fit_listwise(examples, params)
    rows, _ = rank_all(answering(examples, known), ranker, at_end(known, np.arange(SHOPPERS)), params)
    assert (rows[:, 0] == log.items_L[log.bounds_U[1:] - 1]).mean() > 0.9
