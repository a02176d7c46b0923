"""Named arrays in a safetensors file, read by mapping the file: processes that serve the same model share the memory.

It knows the format and nothing of models.
"""

import json
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save_file

Tensors = dict[str, NDArray[Any]]
_DTYPES = {"F32": "<f4", "F64": "<f8", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I8": "<i1", "U8": "<u1", "BOOL": "?"}


def write_tensors(path: Path, tensors: Tensors) -> None:
    save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, path)


def read_tensors(path: Path) -> Tensors:
    """Read-only arrays over the mapped file; ValueError where the file is cut or isn't safetensors."""
    with path.open("rb") as stream:
        size = path.stat().st_size
        length = int.from_bytes(stream.read(8), "little")
        if size < 8 or length > size - 8:
            raise ValueError(f"{path.name} is cut short or isn't safetensors")
        try:
            header = json.loads(stream.read(length))
        except ValueError as error:
            raise ValueError(f"{path.name} has no readable safetensors header") from error
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    header.pop("__metadata__", None)
    return {name: _view(path, mapped, 8 + length, entry) for name, entry in header.items()}


def _view(path: Path, mapped: mmap.mmap, start: int, entry: dict[str, Any]) -> NDArray[Any]:
    begin, end = entry["data_offsets"]
    dtype = np.dtype(_DTYPES[entry["dtype"]])
    if start + end > len(mapped):
        raise ValueError(f"{path.name} is cut short")
    flat = np.frombuffer(mapped, dtype, count=(end - begin) // dtype.itemsize, offset=start + begin)
    return flat.reshape(entry["shape"])
