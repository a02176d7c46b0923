"""Every file below a folder, looked through: as bytes, and what is packed (parquet, gzip, zip, SQLite) also unpacked.

A file of SQLite is read twice: its rows name the table, its bytes hold free pages and the write-ahead log too.
"""

import gzip
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import BinaryIO

import polars as pl

from features.verification.findings import Findings
from features.verification.sqlite_rows import find_in_rows, is_sqlite
from features.verification.traces import NUL, Found, Traces

HEAD = 8_192  # bytes that tell what a file is
ROWS_AT_ONCE = 50_000
PIECE = 1 << 22  # bytes of what is packed, unpacked at once
GZIP, ZIP, PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"
FREE, ROWS = "bytes, free pages among them", "rows"


def scan_folder(findings: Findings, root: Path, store_of: Callable[[Path], str | None]) -> None:
    """Looks through every file below `root`; `store_of` names the store of a path relative to it, None: of no store."""
    for path in sorted(root.rglob("*")):
        relative = path.relative_to(root)
        store = store_of(relative)
        if store is not None and path.is_symlink():
            findings.keep(store, f"{relative} (a link)", findings.traces.find(str(path.readlink()).encode()))
        elif store is not None and path.is_file():
            scan_file(findings, path, store, str(relative))


def scan_file(findings: Findings, path: Path, store: str, name: str) -> None:
    """Looks through one file and its name; what can't be read is among `unread`, what is gone by now isn't."""
    try:
        findings.see(store, 1, path.stat().st_size)
        findings.keep(store, f"{name} (its name)", findings.traces.find(name.encode()))
        for part, found in _parts(path, findings.traces):
            findings.keep(store, f"{name}{f' ({part})' if part else ''}", found)
    except FileNotFoundError:
        return
    except (OSError, sqlite3.Error, pl.exceptions.PolarsError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        findings.unread.append(findings.traces.mask(f"{name}: {type(error).__name__}: {error}"))


def _parts(path: Path, traces: Traces) -> Iterator[tuple[str, Found]]:
    """What each part of a file holds; the part without a name is its bytes."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        if not head:
            return
        with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            as_bytes = traces.find(data, binary=NUL in head or path.name.endswith("-wal"))
    if is_sqlite(head):
        yield from find_in_rows(path, traces).items()
        yield FREE, as_bytes
        return
    yield "", as_bytes
    if head.startswith(PARQUET):
        yield ROWS, _in_parquet(path, traces)
    elif head.startswith(GZIP):
        with gzip.open(path) as unpacked:
            yield "unpacked", _in_stream(unpacked, traces)  # type: ignore[arg-type]
    elif head.startswith(ZIP):
        with zipfile.ZipFile(path) as packed:
            for one in packed.namelist():
                with packed.open(one) as unpacked:
                    yield one, _in_stream(unpacked, traces)  # type: ignore[arg-type]


def _in_parquet(path: Path, traces: Traces) -> Found:
    found = Found()
    for frame in pl.read_parquet(path, hive_partitioning=False).iter_slices(ROWS_AT_ONCE):
        found += traces.find(frame.select(~pl.selectors.binary()).write_ndjson().encode())
        for column in frame.select(pl.selectors.binary()):
            found += traces.find(NUL.join(column.drop_nulls()), binary=True)
    return found


def _in_stream(stream: BinaryIO, traces: Traces) -> Found:
    """In pieces that overlap by the longest form, so that nothing is cut; what lies in the overlap counts once."""
    overlap = max(map(len, traces.forms)) + 1
    found, rest = Found(), b""
    while piece := stream.read(PIECE):
        data = rest + piece
        binary = NUL in data[:HEAD]
        found += traces.find(data, binary)
        rest = data[-overlap:]
        again = traces.find(rest, binary)
        found = Found(found.ids - again.ids, found.texts - again.texts)
    return found + traces.find(rest, NUL in rest)
