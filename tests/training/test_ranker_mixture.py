"""The mixture that finds candidates learns what a shop's answers say, and stays as it was where they say nothing."""

from collections.abc import Iterator

import numpy as np
import pytest
import scipy.sparse as sp

from recommender.ranker.batch import Batch
from recommender.ranker.items import item_facts
from recommender.ranker.log import Log, at_end
from recommender.ranker.mixture import GIVEN, given, parts
from recommender.ranker.sources import Sources, fit_sources
from training import ranker_mixture
from training.ranker_mixture import learned_mixture, start_of

ITEMS, SHOPPERS = 80, 60


def texts_lead_the_way() -> tuple[Sources, Log, np.ndarray]:
    """Items come in pairs of the same text; shoppers touch one by chance, then its pair."""
    rng = np.random.default_rng(2)
    vectors = np.repeat(rng.standard_normal((ITEMS // 2, 16)), 2, axis=0).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    last = rng.integers(0, ITEMS, SHOPPERS)
    others = rng.integers(0, ITEMS, (SHOPPERS, 2))
    items = np.concatenate([others, last[:, None]], axis=1).ravel()
    log = Log.of(np.repeat(np.arange(SHOPPERS), 3), items, np.tile(np.arange(3.0), SHOPPERS), SHOPPERS)
    facts = item_facts(vectors, [""] * ITEMS, [""] * ITEMS, [[]] * ITEMS)
    return fit_sources(facts, log, repeats=False), log, last ^ 1


def asked(sources: Sources, log: Log, right: np.ndarray) -> Iterator[tuple[Batch, sp.csr_matrix]]:
    entries = (np.ones(SHOPPERS), (np.arange(SHOPPERS), right))
    yield Batch(sources, at_end(log, np.arange(SHOPPERS))), sp.csr_matrix(entries, shape=(SHOPPERS, ITEMS))


def test_it_learns_what_finds_the_answers() -> None:
    sources, log, right = texts_lead_the_way()
    weights = learned_mixture(asked(sources, log, right), GIVEN, seed=0)
    assert weights["text"] > GIVEN["text"]
    assert set(weights) == set(parts(next(iter(asked(sources, log, right)))[0]))


def test_a_part_that_is_left_out_finds_nobody() -> None:
    sources, log, right = texts_lead_the_way()
    left_out = ("text", "lately")
    weights = learned_mixture(asked(sources, log, right), start_of(False, left_out), 0, left_out)
    assert set(weights) == {name for name in GIVEN if not name.startswith(left_out)}


def test_batches_may_hold_different_numbers_of_answers() -> None:
    sources, log, right = texts_lead_the_way()

    def parted() -> Iterator[tuple[Batch, sp.csr_matrix]]:
        for users, answers in ((np.arange(40), 2), (np.arange(40, SHOPPERS), 1)):
            columns = (right[users][:, None] + np.arange(answers)) % ITEMS
            entries = (np.ones(columns.size), (np.repeat(np.arange(len(users)), answers), columns.ravel()))
            yield Batch(sources, at_end(log, users)), sp.csr_matrix(entries, shape=(len(users), ITEMS))

    assert learned_mixture(parted(), GIVEN, seed=0)["text"] > GIVEN["text"]


def test_wide_catalogues_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranker_mixture, "SAMPLED", 30)
    sources, log, right = texts_lead_the_way()
    assert learned_mixture(asked(sources, log, right), GIVEN, seed=0)["text"] > GIVEN["text"]


def test_without_questions_it_stays_as_it_was() -> None:
    assert learned_mixture([], GIVEN, seed=0) == GIVEN


@pytest.mark.parametrize("repeats", [False, True])
def test_every_given_weight_has_its_part(repeats: bool) -> None:
    _, log, _ = texts_lead_the_way()
    facts = item_facts(np.zeros((ITEMS, 1), dtype=np.float32), [""] * ITEMS, [""] * ITEMS, [[]] * ITEMS)
    batch = Batch(fit_sources(facts, log, repeats), at_end(log, np.arange(4)))
    assert set(given(repeats)) <= set(batch.parts)


def test_what_near_misses_have_in_common_does_not_count_against_everything() -> None:
    """Popularity finds the near misses and the answers alike: it stays, though near misses were looked at most."""
    rng = np.random.default_rng(3)
    items, shoppers = 3_000, 150
    chances = 1 / np.arange(1, items + 1)
    drawn = rng.choice(items, (shoppers, 12), p=chances / chances.sum())
    log = Log.of(
        np.repeat(np.arange(shoppers), 11), drawn[:, :-1].ravel(), np.tile(np.arange(11.0), shoppers), shoppers
    )
    blank = [""] * items
    facts = item_facts(np.zeros((items, 1), dtype=np.float32), blank, blank, [[]] * items)
    sources = fit_sources(facts, log, repeats=False)
    right = sp.csr_matrix((np.ones(shoppers), (np.arange(shoppers), drawn[:, -1])), shape=(shoppers, items))
    found = learned_mixture([(Batch(sources, at_end(log, np.arange(shoppers))), right)], GIVEN, seed=0)
    assert found["popular"] + found["lately"] > GIVEN["popular"]
