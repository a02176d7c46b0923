"""How a candidate stands among its kind: counted by hand on a shop of four items."""

import numpy as np
import pytest

from recommender.ranker.batch import Batch
from recommender.ranker.items import item_facts
from recommender.ranker.log import Log, at_end
from recommender.ranker.sources import fit_sources
from recommender.ranker.standing import standing


def columns() -> dict[str, np.ndarray]:
    """Items 0 and 1 are of brand a, 2 of brand b, 3 of none; the shopper asked touched 2, then 0 and 3 on one day."""
    facts = item_facts(
        np.zeros((4, 2), dtype=np.float32), [""] * 4, ["a", "a", "b", ""], [["x", "y"], ["x", "y"], ["x", "z"], []]
    )
    log = Log.of(np.array([0, 0, 0, 1, 1]), np.array([2, 0, 3, 0, 1]), np.array([0.0, 5.1, 5.2, 0.0, 1.0]), 2)
    batch = Batch(fit_sources(facts, log, repeats=False), at_end(log, np.array([0])))
    return {name: np.asarray(values)[0] for name, values in standing(batch, np.arange(4)[None])}


def test_kinds_are_counted_among_the_latest() -> None:
    found = columns()
    assert found["brand how often"].tolist() == [1, 1, 1, 0]  # no brand is no kind
    assert found["brand how far back"].tolist() == [1, 1, 2, 10]
    np.testing.assert_allclose(found["brand and category"], [0.8, 0.8, 0.64, 0], rtol=1e-6)
    assert found["level2 how often"].tolist() == [1, 1, 1, 0]


def test_parts_and_sums_are_those_of_the_log() -> None:
    found = columns()
    np.testing.assert_allclose(found["sold within brand"][:3], np.log1p([3, 3, 1]), rtol=1e-6)
    assert found["part within brand"][1] == pytest.approx(np.log(1.5 / 6), rel=1e-5)
    assert found["length of its histories"][2] > found["length of its histories"][1]


def test_the_shopper_is_the_same_for_all_candidates() -> None:
    found = columns()
    np.testing.assert_allclose(found["spread of brands"], 1)
    assert found["events of the last day"].tolist() == [2, 2, 2, 2]
