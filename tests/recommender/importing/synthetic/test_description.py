"""The stored description reads as what it is."""

import numpy as np

from recommender.importing.synthetic.description import TIERS, read_description


def test_the_stored_description_is_of_the_demo_s_size() -> None:
    found = read_description()
    assert (found.source, found.days) == ("The Complete Journey", 365)
    assert 500 < found.lines_a_shopper < 700
    assert sum(sum(kind.items) for kind in found.categories) > 90_000
    assert all(len(kind.items) == len(TIERS) for kind in found.categories)


def test_shares_are_shares() -> None:
    found = read_description()
    assert np.isclose(sum(map(sum, found.hours)), 1, atol=1e-3)
    assert np.isclose(sum(found.quantities), 1, atol=1e-3)
    for curve in (found.first_bought, found.sold):
        places, shares = np.array(curve).T
        assert (np.diff(places) > 0).all()
        assert shares.min() > 0
        assert shares.max() <= 1
