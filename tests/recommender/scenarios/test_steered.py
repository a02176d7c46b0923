"""What a wish does to an order: what satisfies it first, odds raised by hand, a list filled up, and it is told."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ranking.evidence import WISH, Evidence
from recommender.scenarios.steered import FIT_BOOST, NOT_STEERED, RAISED, Steered
from tests.support.shops.counted import counted_bundle

EVERYTHING = np.ones(60, dtype=bool)
ROWS, SCORES = np.array([4, 9, 2, 7]), np.array([0.8, 0.6, 0.4, 0.2], dtype=np.float32)


def marks(*rows: int) -> NDArray[np.bool_]:
    found = np.zeros(60, dtype=bool)
    found[list(rows)] = True
    return found


def fits(**by_row: float) -> NDArray[np.float32]:
    found = np.zeros(60, dtype=np.float32)
    for row, value in by_row.items():
        found[int(row[1:])] = value
    return found


def test_without_a_wish_nothing_moves() -> None:
    assert not NOT_STEERED
    assert NOT_STEERED.meets(ROWS).all()
    for moved in (
        NOT_STEERED.raised(ROWS, SCORES), NOT_STEERED.first(ROWS, SCORES),
        NOT_STEERED.filled(counted_bundle(), ROWS, SCORES, EVERYTHING, 9),
    ):  # fmt: skip
        assert moved[0] is ROWS
        assert moved[1] is SCORES


def test_what_satisfies_goes_first_each_part_in_its_own_order() -> None:
    rows, scores = Steered(first_N=marks(2, 7, 50)).first(ROWS, SCORES)
    assert rows.tolist() == [2, 7, 4, 9]
    assert scores.tolist() == pytest.approx([0.4, 0.2, 0.8, 0.6])
    steps = np.zeros(60, dtype=np.int32)
    steps[[4, 9]] = 2, 1
    assert Steered(first_N=marks(2, 7), step_N=steps).first(ROWS, SCORES)[0].tolist() == [2, 7, 9, 4]


def test_fitting_and_preferring_multiply_the_odds() -> None:
    rows, scores = Steered(fits_N=fits(_7=0.5), raised_N=marks(2)).raised(ROWS, SCORES)
    odds = {4: 4.0, 9: 1.5, 2: RAISED * 2 / 3, 7: np.exp(FIT_BOOST / 2) / 4}
    expected = sorted(odds, key=lambda row: -odds[row])
    assert rows.tolist() == expected
    assert scores.tolist() == pytest.approx([odds[row] / (1 + odds[row]) for row in expected], rel=1e-4)
    ends = Steered(raised_N=EVERYTHING).raised(ROWS[:2], np.array([1.0, 0.0], dtype=np.float32))
    assert ends[1].tolist() == [1, 0]


def test_a_list_is_filled_with_what_fits_then_what_satisfies_then_the_nearest_others() -> None:
    bundle, sellers = counted_bundle(), counted_bundle().sellers
    taken, fitting, satisfying = sellers[:2], sellers[[50, 40]], sellers[[30, 55, 45]]
    wish = Steered(first_N=marks(*satisfying), fits_N=np.where(marks(*fitting), 0.5, 0).astype(np.float32))
    allowed_N = marks(*taken, *fitting, *satisfying, *sellers[10:14])
    rows, scores = wish.filled(bundle, taken, np.array([0.9, 0.5], dtype=np.float32), allowed_N, 2)
    assert rows.tolist() == [*taken, *sellers[[40, 50]], *sellers[[30, 45]], *sellers[10:12]]
    assert scores.tolist() == pytest.approx([0.9, 0.5] + [0.25] * 6)
    assert allowed_N[rows].all()


def test_others_come_by_their_step_and_then_by_what_sells() -> None:
    sellers = counted_bundle().sellers
    steps = np.full(60, 3, dtype=np.int32)
    steps[sellers[[20, 10]]] = 1
    wish = Steered(first_N=marks(), step_N=steps)
    rows, scores = wish.filled(counted_bundle(), sellers[:0], np.zeros(0, dtype=np.float32), EVERYTHING, 3)
    assert rows.tolist() == sellers[[10, 20, 0]].tolist()
    assert scores.tolist() == [0.5] * 3


def test_what_meets_a_wish_is_told_so_once_before_all_else() -> None:
    other, stale = Evidence("popular"), Evidence(WISH, attributes={"wish": "old words"})
    told = Steered(first_N=marks(2), wish="something blue").add_evidence(lambda rows: [(stale, other) for _ in rows])
    met = Evidence(WISH, attributes={"wish": "something blue"})
    assert told(np.array([2, 4])) == [(met, other), (other,)]
    silent = Steered(first_N=marks(2))
    why: list[tuple[Evidence, ...]] = [(other,)]
    assert silent.add_evidence(lambda rows: why)(np.array([2])) is why, "without words nothing is told"


def test_without_what_satisfies_what_fits_meets_the_wish() -> None:
    assert Steered(fits_N=fits(_4=0.1)).meets(ROWS).tolist() == [True, False, False, False]
    assert Steered(first_N=marks(9), fits_N=fits(_4=0.1)).meets(ROWS).tolist() == [False, True, False, False]
