"""JSON as rows: an object on each line, or one document that holds a list of objects.

It knows JSON and no field.
"""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from recommender.importing.reading.rows import Record, UnreadableFile, decoded


def json_records(lines: Iterator[bytes]) -> Iterator[Record]:
    """The objects of a file that has one on each line."""
    for number, raw in enumerate(lines, 1):
        if not raw.strip():
            continue
        try:
            value = _read_json(raw.removeprefix(b"\xef\xbb\xbf"))
        except ValueError as error:
            text, whole = decoded(raw)
            reason = (
                f"not JSON ({getattr(error, 'msg', error)})" if whole else "not UTF-8: save the file in that encoding"
            )
            yield Record(number, None, reason, text)
            continue
        if isinstance(value, dict):
            yield Record(number, value)
        else:
            yield Record(number, None, "not a JSON object", decoded(raw)[0])


def document_records(path: Path, lines: Iterator[bytes]) -> Iterator[Record]:
    """The objects of a document's list; where its first line is an object of its own, of its lines."""
    first = next(lines, b"")
    if isinstance(_try_json(first), dict) and (second := next(lines, None)) is not None:
        return json_records(chain((first, second), lines))
    try:
        document = _read_json(b"".join((first, *lines)).removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        raise UnreadableFile(f"{path} is neither one JSON document nor one object a line ({error})") from error
    return json_records(orjson.dumps(row) for row in _rows(document))


def _rows(document: Any) -> list[Any]:
    """A list as it is; of an object the one list of objects that it holds, or the object itself."""
    if isinstance(document, list):
        return document
    lists = [one for one in document.values() if isinstance(one, list) and one and isinstance(one[0], dict)]
    names = [name for name, one in document.items() if isinstance(one, list)]
    return lists[0] if len(lists) == 1 and len(names) == len(document) else [document]


def _try_json(raw: bytes) -> Any:
    try:
        return _read_json(raw.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return None


def _read_json(raw: bytes) -> Any:
    """A line of JSON; NaN, which Python writes though JSON has no such word, is null."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if b"NaN" not in raw and b"Infinity" not in raw:
            raise
        return json.loads(raw, parse_constant=lambda word: None)
