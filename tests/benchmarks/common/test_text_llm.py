"""The files of small models: those that are there are taken, another file than the measured one is refused."""

from pathlib import Path

import pytest

from benchmarks.common import text_llm
from benchmarks.common.text_llm import ModelMissing, model_file


def test_a_file_that_was_put_together_before_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "qwen2.5-coder-0.5b.gguf"
    file.touch()
    assert model_file("qwen2.5-coder-0.5b", tmp_path) == file
    assert model_file("smollm2", tmp_path).suffix == ".gguf"


def test_a_model_nobody_knows_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'none-such'"):
        model_file("none-such", tmp_path)


def test_parts_that_make_another_file_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = text_llm.Packed((), "0" * 64)
    monkeypatch.setitem(text_llm.PACKED, "qwen2.5-coder-0.5b", other)
    with pytest.raises(ModelMissing, match="SHA-256"):
        model_file("qwen2.5-coder-0.5b", tmp_path)
    assert list(tmp_path.iterdir()) == []
