"""Orders of rows with what says why: two mixed by turns, and what is new told of."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.ranking.evidence import NOVELTY, Evidence
from recommender.scenarios.orders import MOST, Order, Why, add_novelty, in_turn


def said_by(source: str) -> Why:
    """Says of each row that it is there for one source, with the row as its item."""

    def why(page: NDArray[np.int64]) -> list[tuple[Evidence, ...]]:
        return [(Evidence(source, (str(row),)),) for row in page.tolist()]

    return why


def order_of(rows: list[int], source: str) -> Order:
    return np.array(rows, dtype=np.int64), np.ones(len(rows), dtype=np.float32), said_by(source)


@pytest.mark.parametrize(
    ("products", "content", "mixed"),
    [
        ([1, 2, 3], [10, 11, 12], [1, 10, 2, 11, 3, 12]),
        ([1, 2, 3], [10], [1, 10, 2, 3]),
        ([1], [10, 11, 12], [1, 10, 11, 12]),
        ([], [10], [10]),
    ],
)
def test_two_orders_are_mixed_by_turns_and_the_longer_goes_on(
    products: list[int], content: list[int], mixed: list[int]
) -> None:
    rows, scores, _ = in_turn(order_of(products, "products"), order_of(content, "content"))
    assert rows.tolist() == mixed
    assert (np.diff(scores) < 0).all()


def test_each_row_keeps_the_evidence_of_its_own_order() -> None:
    _, _, why = in_turn(order_of([1, 2], "products"), order_of([10], "content"))
    found = why(np.array([10, 2]))
    assert found == [(Evidence("content", ("10",)),), (Evidence("products", ("2",)),)]


def test_no_more_rows_than_can_be_paged_to() -> None:
    rows, scores, _ = in_turn(order_of(list(range(MOST)), "products"), order_of(list(range(MOST, 2 * MOST)), "content"))
    assert (len(rows), len(scores)) == (MOST, MOST)


def test_novelty_is_told_last_and_of_new_rows_alone() -> None:
    why = said_by("products")
    found = add_novelty(why, np.array([2]))(np.array([1, 2]))
    assert [[one.source for one in each] for each in found] == [["products"], ["products", NOVELTY]]
    assert add_novelty(why, np.array([], dtype=np.int64)) is why
