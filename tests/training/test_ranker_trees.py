"""Trees beside the networks: what they are shown, that they learn it, that both answer together and after saving."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recommender.ranker.network import TREES_SHARE, ListwiseRanker, Scaler
from training.ranker import RankerParams
from training.ranker_collector import Examples
from training.ranker_fitting import fit_listwise
from training.ranker_trees import contenders

QUERIES, CANDIDATES = 300, 40
PARAMS = RankerParams(networks=1, epochs=2, hidden=8, groups_weight=0.0, new_items_weight=0.0, trees=30)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Threads of OpenMP that wait for each other on busy cores make a second into a minute."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def examples(seed: int = 0) -> Examples:
    """One of each list's candidates is wanted: the one whose two columns are both middling, which no line tells."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-2, 2, size=(QUERIES, CANDIDATES, 2)).astype(np.float16)
    off_centre = np.abs(values).max(axis=2)
    wanted = (off_centre == off_centre.min(axis=1, keepdims=True)).astype(np.float32)
    ones = np.ones(2, dtype=np.float32)
    scaler = Scaler(np.zeros(2, dtype=np.bool_), ones, 0 * ones, ones)
    return Examples(("first", "second"), scaler, values, wanted, np.ones(wanted.shape, dtype=np.bool_))


def found(ranker: ListwiseRanker, asked: Examples) -> float:
    best = ranker.score(asked.names, asked.scaled_QCF.astype(np.float32)).argmax(axis=1)
    return float(np.take_along_axis(asked.wanted_QC, best[:, None], axis=1).mean())


def test_trees_learn_what_networks_of_two_rounds_do_not() -> None:
    together = fit_listwise(examples(), PARAMS)
    unseen = examples(seed=1)
    assert found(together, unseen) > found(replace(together, trees=None), unseen) + 0.1


def test_both_are_heard_on_one_scale() -> None:
    ranker, asked = fit_listwise(examples(), PARAMS), examples(seed=1)
    assert ranker.trees is not None
    values = asked.scaled_QCF.astype(np.float32)
    networks, trees = replace(ranker, trees=None).score(asked.names, values), ranker.trees.scores(asked.scaled_QCF)
    np.testing.assert_allclose(
        ranker.score(asked.names, values), (1 - TREES_SHARE) * networks + TREES_SHARE * trees, rtol=1e-4, atol=1e-4
    )
    assert trees.std() == pytest.approx(networks.std(), rel=0.3)
    assert ranker.parameters > replace(ranker, trees=None).parameters


def test_trees_are_kept_with_the_networks(tmp_path: Path) -> None:
    ranker, asked = fit_listwise(examples(), PARAMS), examples(seed=1)
    ranker.save(tmp_path / "ranker.safetensors")
    again = ListwiseRanker.load(tmp_path / "ranker.safetensors")
    values = asked.scaled_QCF.astype(np.float32)
    np.testing.assert_allclose(again.score(asked.names, values), ranker.score(asked.names, values), rtol=1e-6)


def test_they_are_shown_the_best_and_some_others() -> None:
    places = np.arange(1000, dtype=np.float32)[None]
    (chosen,) = contenders(places, 160, 40, np.random.default_rng(0))
    assert len(set(chosen.tolist())) == len(chosen) == 200
    assert (np.diff(chosen) > 0).all()
    assert set(range(160)) <= set(chosen.tolist())


def test_of_few_candidates_all_are_shown() -> None:
    chosen = contenders(np.zeros((2, 7)), 160, 40, np.random.default_rng(0))
    assert chosen.tolist() == [list(range(7))] * 2


def test_what_is_new_is_put_in_order_even_where_old_candidates_are_all_that_is_wanted_among_the_best() -> None:
    """Half the candidates are old and, by the third column, always better; among the new ones the rule holds too."""
    lists = examples()
    new = np.arange(CANDIDATES) >= CANDIDATES // 2
    values = np.concatenate([lists.scaled_QCF, np.where(new, -1, 1)[None, :, None].repeat(QUERIES, 0)], axis=2)
    off_centre = np.abs(lists.scaled_QCF).max(axis=2)
    of_new = np.where(new, off_centre, np.inf)
    wanted = (off_centre < 1.5) & ~new | (of_new == of_new.min(axis=1, keepdims=True))
    ones = np.ones(3, dtype=np.float32)
    told = Examples(
        ("first", "second", "old"), Scaler(np.zeros(3, dtype=np.bool_), ones, 0 * ones, ones),
        values.astype(np.float16), wanted.astype(np.float32), np.tile(new, (QUERIES, 1)),
    )  # fmt: skip
    trees = fit_listwise(told, PARAMS).trees
    assert trees is not None
    best = np.where(new, trees.scores(told.scaled_QCF), -np.inf).argmax(axis=1)
    assert np.take_along_axis(wanted, best[:, None], axis=1).mean() > 0.6
