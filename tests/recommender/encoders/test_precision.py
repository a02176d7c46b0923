"""The kept verdict on int8: what it says holds, a damaged one counts as none, and neighbours are compared."""

from pathlib import Path

import numpy as np

from recommender.encoders.base import base_id, encoder_id
from recommender.encoders.precision import Verdict, encoder_folder, neighbour_overlap, read_verdict
from recommender.settings import Settings
from tests.support.encoders import int8_settings, tiny_encoder


def test_a_damaged_verdict_counts_as_none(home: Settings, tmp_path: Path) -> None:
    settings = int8_settings(home.root, tiny_encoder(tmp_path / "model"))
    Verdict(base_id(settings), "int8", "good").save(settings)
    (encoder_folder(settings, base_id(settings)) / "precision.json").write_text("{")
    assert read_verdict(settings, base_id(settings)) is None
    assert encoder_id(settings) == base_id(settings)


def test_overlap_counts_common_neighbours() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 8)).astype(np.float32)
    assert neighbour_overlap(vectors, vectors * 2) == 1.0
    assert neighbour_overlap(vectors, rng.permutation(vectors)) < 0.5
    assert neighbour_overlap(vectors[:2], vectors[2:4]) == 1.0
