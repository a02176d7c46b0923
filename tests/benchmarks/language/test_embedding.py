"""The benchmark of the embedding path, run small."""

from pathlib import Path

import orjson
import pytest

from benchmarks.language.embedding import goals_of, main, peak_megabytes, synthetic_items
from recommender.settings import Settings
from tests.support.encoders import tiny_encoder


def test_it_reports_rows_and_goals(home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIYIN_ENCODER", str(tiny_encoder(tmp_path / "model")))
    main(texts=60, rounds=1, memory=False, peak_of=0, out=tmp_path / "out.json")
    report = orjson.loads((tmp_path / "out.json").read_bytes())
    assert [row["system"] for row in report["rows"]] == ["torch", "ONNX int8"]
    assert [row["model_calls_again"] for row in report["rows"]] == [0, 0]
    assert len(report["goals"]) == 4
    assert all(row["texts_per_second"] > 0 for row in report["rows"])


@pytest.mark.slow
def test_memory_doesnt_grow_with_the_catalogue() -> None:
    assert peak_megabytes(12_000) < 1.15 * peak_megabytes(3_000)


def test_goals_and_texts() -> None:
    rows = [{"system": "a", "peak_mb": 100.0}, {"system": "b", "peak_mb": 200.0}]
    assert [goal["met"] for goal in goals_of(rows)] == [False]
    hashes = {item.content_hash for item in [*synthetic_items(1_000), *synthetic_items(1_000, 1_000)]}
    assert len(hashes) == 2_000
