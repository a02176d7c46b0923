"""How well items fit a text: measured from the nearest allowed item down."""

import numpy as np
import pytest

from recommender.models.bundle import ModelBundle
from recommender.steering.fitting import SPAN, measure_fits
from tests.support.shops.trained import shop_bundle


@pytest.fixture(scope="module")
def bundle() -> ModelBundle:
    return shop_bundle()


def test_items_fit_from_the_nearest_of_the_allowed_ones_down(bundle: ModelBundle) -> None:
    row, count = bundle.catalogue.index["tea-0"], len(bundle.catalogue)
    vector_E = bundle.projection_ET @ bundle.text_MT[bundle.text_row_N[row]]
    vector_E /= np.linalg.norm(vector_E)
    cosine_N = (bundle.text_MT @ bundle.project(vector_E[None, :])[0])[bundle.text_row_N]
    fits_N = measure_fits(bundle, vector_E, 0.2, np.ones(count, dtype=bool))
    assert fits_N is not None
    assert fits_N[row] == 1
    expected = ((cosine_N - cosine_N.max() + SPAN) / SPAN).clip(0, 1)
    assert fits_N.tolist() == pytest.approx(expected.tolist(), abs=1e-5)

    allowed_N = np.arange(count) != row
    without_N = measure_fits(bundle, vector_E, 0.2, allowed_N)
    assert without_N is not None
    assert without_N[row] == 0
    assert without_N.max() == 1
    assert without_N.argmax() == np.where(allowed_N, cosine_N, -1).argmax()


def test_where_nothing_is_nearer_than_nonsense_nothing_fits(bundle: ModelBundle) -> None:
    vector_E = np.ones(len(bundle.projection_ET), dtype=np.float32)
    allowed_N = np.ones(len(bundle.catalogue), dtype=bool)
    assert measure_fits(bundle, vector_E, 1.1, allowed_N) is None
