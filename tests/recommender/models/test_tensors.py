"""Arrays in a file: what is written comes back in every type, and a file that is cut or none is refused by its name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommender.models.tensors import names_under, read_tensors, tensors_under, write_tensors

KINDS = [np.float32, np.float64, np.float16, np.int64, np.int32, np.int8, np.uint8, np.bool_]


@pytest.mark.parametrize("mapped", [True, False])
def test_arrays_of_every_kind_and_shape_come_back(tmp_path: Path, mapped: bool) -> None:
    rng = np.random.default_rng(0)
    written: dict[str, NDArray[Any]] = {str(np.dtype(kind)): (100 * rng.random((3, 4))).astype(kind) for kind in KINDS}
    written |= {
        "turned": written["float32"].T,
        "empty": np.zeros((0, 5), dtype=np.float32),
        "none": np.zeros(0, np.int64),
    }
    write_tensors(tmp_path / "t", written)
    found = read_tensors(tmp_path / "t", mapped)
    assert set(found) == set(written)
    for name, array in written.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert not found[name].flags.writeable


def test_what_was_read_outlives_its_file(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t", {"a": np.arange(5)})
    found = read_tensors(tmp_path / "t", mapped=False)
    (tmp_path / "t").write_bytes(b"")
    assert found["a"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("mapped", [True, False])
@pytest.mark.parametrize("length", [1, 7, 8, 30, 200])
def test_a_file_that_is_cut_is_refused(tmp_path: Path, length: int, mapped: bool) -> None:
    write_tensors(tmp_path / "model", {"a": np.arange(50), "b": np.arange(50)})
    content = (tmp_path / "model").read_bytes()
    assert length < len(content)
    (tmp_path / "model").write_bytes(content[:length])
    with pytest.raises(ValueError, match="model"):
        read_tensors(tmp_path / "model", mapped)


@pytest.mark.parametrize("header", [b"not JSON", b"[1]", b"\xff\xfe\xfd"])
def test_a_header_that_is_none_is_refused(tmp_path: Path, header: bytes) -> None:
    (tmp_path / "model").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ValueError, match="model has no readable safetensors header"):
        read_tensors(tmp_path / "model")


def test_tensors_are_found_by_what_stands_before_their_names() -> None:
    one = np.zeros(1)
    tensors = {
        "links.words.indptr": one,
        "links.words.indices_E": one,
        "links.ease.indptr": one,
        "links": one,
        "x": one,
    }
    assert names_under(tensors, "links.") == ["ease", "words"]
    assert set(tensors_under(tensors, "links.words.")) == {"indptr", "indices_E"}
    assert names_under(tensors, "parts.") == []
    assert tensors_under(tensors, "parts.") == {}
