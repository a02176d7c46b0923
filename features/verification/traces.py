"""What is looked for of a shopper: the id and their texts, in every form in which a store may write them.

An id within a longer one is another shopper's: `user-1` is no trace in `user-12`. In text the characters beside an id
tell; in binary data (a page of SQLite, a key of Redis) values touch each other, so there the ids of other shoppers that
hold this one are known and passed over.
"""

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from mmap import mmap
from typing import Any
from urllib.parse import quote

SHORT_ID = 6  # bytes; a shorter id stands in binary data by chance, so that it needs bounds there, too
SHORT_TEXT = 12  # bytes; a shorter text may be anybody's
NUL = b"\0"


@dataclass(frozen=True, slots=True)
class Found:
    """How often the id and the texts stand in something."""

    ids: int = 0
    texts: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.ids + other.ids, self.texts + other.texts)

    def __bool__(self) -> bool:
        return bool(self.ids or self.texts)


@dataclass(frozen=True)
class Traces:
    """The shopper's id, their texts, and the ids of other shoppers that hold the id within."""

    user_id: str
    texts: tuple[str, ...] = ()
    longer_ids: tuple[str, ...] = ()

    @cached_property
    def forms(self) -> tuple[bytes, ...]:
        """Every form of the id and the texts, the id's first."""
        return (*self._id_forms, *self._text_forms)

    @cached_property
    def _id_forms(self) -> tuple[bytes, ...]:
        return _forms([self.user_id])

    @cached_property
    def _text_forms(self) -> tuple[bytes, ...]:
        return _forms(self.texts)

    @cached_property
    def _longer(self) -> tuple[bytes, ...]:
        return _forms(self.longer_ids)

    def find(self, data: bytes | mmap, binary: bool = False) -> Found:
        """How often they stand in `data`; in what is `binary` values may touch each other."""
        bounded = not binary or len(self.user_id.encode()) < SHORT_ID
        ids = {
            place
            for form in self._id_forms
            for place in _places(data, form)
            if not (bounded and _goes_on(data, place, len(form))) and not self._is_another(data, place, form)
        }
        return Found(len(ids), len({place for form in self._text_forms for place in _places(data, form)}))

    def find_value(self, value: Any) -> Found:
        """The same for a value of a database; numbers hold no trace."""
        if isinstance(value, str):
            return self.find(value.encode())
        return self.find(bytes(value), binary=True) if isinstance(value, bytes | memoryview) else Found()

    def _is_another(self, data: bytes | mmap, place: int, form: bytes) -> bool:
        for longer in self._longer:
            for offset in _places(longer, form):
                start = place - offset
                if start >= 0 and data[start : start + len(longer)] == longer:
                    return True
        return False

    def mask(self, name: str) -> str:
        """The name of a place, without the id in any of its forms."""
        for form in sorted(self._id_forms, key=len, reverse=True):
            name = name.replace(form.decode(), "…")
        return name


def texts_of(held: Mapping[str, Iterable[Mapping[str, Any]]]) -> Iterator[str]:
    """What a shopper wrote, and other texts of theirs alone, of rows as `holdings.held` or an export give them."""
    for row in held.get("events", ()):
        yield from (str(row[name]) for name in ("text", "session_id") if row.get(name))
    for row in held.get("users", ()):
        yield from _strings(row.get("attributes"))
    for row in held.get("outgoing_messages", ()):
        yield from _strings({name: row["data"].get(name) for name in ("question", "text")})


def batches(forms: Sequence[bytes], size: int) -> Iterator[Sequence[bytes]]:
    """The forms in parts of `size`, the last one smaller."""
    return (forms[start : start + size] for start in range(0, len(forms), size))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)


def _forms(texts: Iterable[str]) -> tuple[bytes, ...]:
    """As it is, and as JSON, a page and an address write it; each once."""
    forms = dict[bytes, None]()
    for text in texts:
        for form in (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], html.escape(text)):
            forms[form.encode()] = None
        forms[quote(text, safe="").encode()] = None
    return tuple(forms)


def _places(data: bytes | mmap, form: bytes) -> Iterator[int]:
    place = data.find(form)
    while place >= 0:
        yield place
        place = data.find(form, place + 1)


def _goes_on(data: bytes | mmap, place: int, length: int) -> bool:
    """Whether a letter or digit stands right beside it."""
    before = data[place - 1 : place] if place else b""
    return before.isalnum() or data[place + length : place + length + 1].isalnum()
