"""Photo and text together: what agrees is counted, and the weight is chosen where it isn't measured."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.language import fashion


def test_agreement_counts_the_nearest_others() -> None:
    kinds = np.array(["shoe"] * 12 + ["hat"] * 12)
    same = (kinds[:, None] == kinds[None, :]).astype(np.float32)
    assert fashion.agreement(same, kinds) == 1.0
    assert fashion.agreement(-same, kinds) == 0.0


def test_two_weak_views_are_stronger_together() -> None:
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 6, 400).astype(np.str_)
    same = (kinds[:, None] == kinds[None, :]).astype(np.float32)
    one, other = (same + rng.normal(0, 1.2, same.shape).astype(np.float32) for _ in range(2))
    rows = fashion.rows_of(one, other, kinds, seeds=2)
    assert [goal["met"] for goal in fashion.goals_of(rows)] == [True, True]


@pytest.mark.data
@pytest.mark.slow
def test_photos_and_names_of_a_catalogue(shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "fashion.json"
    fashion.main(shared_data / "fashion-images", photos=400, seeds=1, json_out=out)
    rows = {row["system"]: row for row in json.loads(out.read_text())["rows"]}
    assert rows["photo + text"]["agreement@10"]["mean"] > rows["photo"]["agreement@10"]["mean"] > 0.3
