"""Named arrays in a safetensors file: mapped, so that processes share the memory, or read, to outlive the file.

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
    """Writes arrays under their names into a new safetensors file."""
    save_file({name: np.ascontiguousarray(array) for name, array in tensors.items()}, path)


def read_tensors(path: Path, mapped: bool = True) -> Tensors:
    """Read-only arrays; ValueError where the file is cut or isn't safetensors.

    Who reads a mapped file that is cut later is killed by the system (SIGBUS); what was read stays as it is.
    """
    with path.open("rb") as stream:
        data = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) if mapped else stream.read()
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise ValueError(f"{path.name} is cut short or isn't safetensors")
    try:
        header = json.loads(data[8 : 8 + length])
        entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{path.name} has no readable safetensors header") from error
    return {name: _view(path, data, 8 + length, entry) for name, entry in entries.items()}


def _view(path: Path, data: mmap.mmap | bytes, start: int, entry: dict[str, Any]) -> NDArray[Any]:
    begin, end = entry["data_offsets"]
    dtype = np.dtype(_DTYPES[entry["dtype"]])
    if not 0 <= begin <= end or start + end > len(data):
        raise ValueError(f"{path.name} is cut short")
    flat = np.frombuffer(data, dtype, count=(end - begin) // dtype.itemsize, offset=start + begin)
    return flat.reshape(entry["shape"])


def names_under(tensors: Tensors, prefix: str) -> list[str]:
    """What stands between the prefix and the next dot, each once."""
    return sorted({name.removeprefix(prefix).partition(".")[0] for name in tensors if name.startswith(prefix)})


def tensors_under(tensors: Tensors, prefix: str) -> Tensors:
    """Those whose names begin so, by the rest of their names."""
    return {name.removeprefix(prefix): array for name, array in tensors.items() if name.startswith(prefix)}
