"""What goes with a basket, against counting by a loop over its links; how others of its kind are spread out."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ranking.evidence import POPULAR_PLACES, Evidence
from recommender.scenarios.cart import NOTHING_LEADS, PRIOR, complements, few_of_its_kind, goes_with, together
from tests.support.shops.counted import counted_bundle, dense

BUNDLE = counted_bundle()
EVERYTHING = np.ones(60, dtype=bool)


def row_of(item_id: str) -> int:
    return BUNDLE.catalogue.index[item_id]


@pytest.mark.parametrize("basket", [("tea-0",), ("tea-0", "toys-3", "pets-1")])
def test_what_was_counted_and_what_sells_are_mixed_by_how_much_was_counted(basket: tuple[str, ...]) -> None:
    links = dense(BUNDLE.statistics.occasions, 60)
    sold = BUNDLE.popularity_N / BUNDLE.popularity_N.sum()
    total = np.zeros(60)
    for item in basket:
        row = links[row_of(item)]
        counted = row.sum() ** 2
        trust = counted / (counted + PRIOR)
        total += (trust * row / row.sum() + (1 - trust) * sold) / len(basket)
    rows, scores, _ = complements(BUNDLE, basket, EVERYTHING)
    inside = {row_of(item) for item in basket}
    reached = set(np.flatnonzero(links[list(inside)].any(axis=0)).tolist()) | set(
        BUNDLE.sellers[:POPULAR_PLACES].tolist()
    )
    may = [row for row in reached - inside if total[row] > 0]
    assert set(rows.tolist()) == set(may)
    np.testing.assert_allclose(scores, np.sqrt(total[rows] / total[may].max()) * 0.999, rtol=1e-3)
    assert (np.diff(scores) <= 1e-6).all()


def test_the_lead_is_the_item_of_the_basket_it_is_chosen_with_most() -> None:
    links = dense(BUNDLE.statistics.occasions, 60)
    basket = ("tea-0", "toys-3")
    shares = np.stack([links[row_of(item)] / links[row_of(item)].sum() for item in basket])
    rows, _, leads = complements(BUNDLE, basket, EVERYTHING)
    for row, lead in zip(rows.tolist(), leads.tolist(), strict=True):
        if not shares[:, row].any():
            assert lead == NOTHING_LEADS
        elif shares[:, row].min() == 0:
            assert lead == row_of(basket[int(shares[:, row].argmax())])
        else:
            assert lead in {row_of(item) for item in basket}


def test_what_may_not_be_shown_and_what_is_in_the_basket_are_left_out() -> None:
    allowed_N = np.random.default_rng(0).random(60) < 0.4
    rows, _, _ = complements(BUNDLE, ("tea-0", "tea-0", "gone"), allowed_N)
    assert len(rows)
    assert allowed_N[rows].all()
    assert row_of("tea-0") not in rows
    assert all(len(part) == 0 for part in complements(BUNDLE, (), EVERYTHING))
    assert all(len(part) == 0 for part in complements(BUNDLE, ("gone",), EVERYTHING))
    assert all(len(part) == 0 for part in complements(BUNDLE, ("tea-0",), ~EVERYTHING))


def test_one_in_ten_is_of_the_kind_that_is_in_the_basket() -> None:
    tea = [row_of(f"tea-{place}") for place in range(10)]
    toys = [row_of(f"{kind}-{place}") for kind in ("toys", "pets", "baby") for place in range(10)]
    rows = np.array(tea[1:4] + toys)  # three teas first
    order = few_of_its_kind(BUNDLE, ("tea-0",), rows)
    assert sorted(order.tolist()) == list(range(len(rows)))
    is_tea = np.isin(rows[order], tea)
    assert np.flatnonzero(is_tea).tolist() == [0, 10, 20]
    assert rows[order][~is_tea].tolist() == toys
    few = np.array([tea[1], tea[2], toys[0]])
    assert rows_in(few, few_of_its_kind(BUNDLE, ("tea-0",), few)) == [tea[1], toys[0], tea[2]]
    assert few_of_its_kind(BUNDLE, ("tea-0",), few[:0]).tolist() == []


def rows_in(rows: NDArray[np.int64], order: NDArray[np.int64]) -> list[int]:
    return [int(row) for row in rows[order]]


def test_an_answer_says_with_what_an_item_goes() -> None:
    found = goes_with(BUNDLE, "tea-0", 5, EVERYTHING)
    assert len(found) == 5
    _, _, leads = complements(BUNDLE, ("tea-0",), EVERYTHING)
    assert {one.evidence[0].source for one in found} <= {"context", "popular"}
    assert sum(one.evidence == (together(BUNDLE, row_of("tea-0")),) for one in found) <= (leads != NOTHING_LEADS).sum()
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert together(BUNDLE, row_of("tea-0")) == Evidence("context", ("tea-0",), attributes={"by": "together"})
    assert together(BUNDLE, NOTHING_LEADS) == Evidence("popular")
    assert goes_with(BUNDLE, "tea-0", 0, EVERYTHING) == []
    with pytest.raises(KeyError, match="gone"):
        goes_with(BUNDLE, "gone", 5, EVERYTHING)
