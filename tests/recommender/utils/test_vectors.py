import numpy as np
import pytest

from recommender.utils.vectors import normalise, normalise_rows


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_rows_have_length_one_and_keep_their_direction_and_type(kind: type[np.floating]) -> None:
    vectors = np.array([[3, 4], [-0.5, 0], [1e-3, 1e-3]], dtype=kind)
    unit = normalise_rows(vectors)
    assert unit.dtype == kind
    assert np.allclose(unit, np.array([[0.6, 0.8], [-1, 0], [0.5**0.5, 0.5**0.5]]))
    assert vectors[0, 0] == 3  # what was given stays as it is


def test_a_row_of_zeros_stays_one_and_a_tiny_one_near_it() -> None:
    unit = normalise_rows(np.array([[0, 0], [1e-12, 0]], dtype=np.float32))
    assert unit.tolist() == [[0, 0], [pytest.approx(1e-3), 0]]


def test_rows_are_divided_in_place_where_that_is_asked() -> None:
    vectors = np.array([[0, 2]], dtype=np.float32)
    assert normalise_rows(vectors, out=vectors) is vectors
    assert vectors.tolist() == [[0, 1]]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_one_vector_is_brought_to_length_one_as_a_row_is(kind: type[np.floating]) -> None:
    vector = np.array([3, 4], dtype=kind)
    unit = normalise(vector)
    assert unit.dtype == kind
    assert unit.tolist() == normalise_rows(vector[None])[0].tolist()
    assert normalise(np.zeros(2, dtype=kind)).tolist() == [0, 0]
    assert normalise(np.array([1.0, 0.0], dtype=kind), least=2).tolist() == [0.5, 0]
