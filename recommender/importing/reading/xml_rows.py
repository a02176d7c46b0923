"""Feeds in XML, RSS and Atom alike, as rows: an element `item` or `entry` is one, its children are the columns.

It knows no field. Namespaces don't count; what stands several times is a list.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from recommender.importing.reading.rows import Record, UnreadableFile

ROWS = ("item", "entry")


def xml_records(path: Path, file: IO[bytes]) -> Iterator[Record]:
    """The feed's entries in order; `line` is which of them it is."""
    place, depth = 0, list[Any]()
    try:
        for event, element in iterparse(file, events=("start", "end")):
            if event == "start":
                depth.append(element)
                continue
            depth.pop()
            if _name(element) in ROWS:
                place += 1
                yield Record(place, _row(element))
                element.clear()
                if depth:
                    depth[-1].remove(element)
    except (ParseError, DefusedXmlException) as error:
        raise UnreadableFile(f"{path} is not XML to its end ({error}): export it again") from error


def _row(element: Any) -> dict[str, Any]:
    fields: dict[str, list[Any]] = {}
    for child in element:
        fields.setdefault(_name(child), []).append(_value(child))
    return {name: values if len(values) > 1 else values[0] for name, values in fields.items()}


def _value(element: Any) -> Any:
    if len(element):
        return _row(element)
    return (element.text or "").strip() or element.get("href")  # Atom's links


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]
