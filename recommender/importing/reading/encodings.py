"""In which encoding a text file is: UTF-8, UTF-16 and UTF-32 are told by rule, GB18030 by what it then says.

Anything else is refused in one sentence unless the encoding is named; a wrong guess would spoil every name without a
word. It knows bytes and no field.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from recommender.importing.reading.rows import UnreadableFile

UTF8 = "utf-8"
_MARKS = (  # the longer ones first, since UTF-32's begins like UTF-16's
    *((codecs.BOM_UTF8, UTF8), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")),
    *((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")),
)
_CHINESE = frozenset(("gb18030", "gbk", "gb2312"))  # each is part of the first
BLOCK = 4 << 20
ENOUGH = 1_000  # lines that are not UTF-8
SAMPLE = 1 << 16  # bytes of them that are judged
THROUGHOUT = 0.1  # of a file's lines; below, a few lines are damaged


@dataclass(slots=True)
class _Lines:
    """How many lines were looked at, which of them are beyond ASCII, and those that are not UTF-8."""

    looked_at: int = 0
    valid: int = 0
    first_bad: int = 0
    bad: list[bytes] = field(default_factory=list)

    def look_at(self, block: bytes) -> None:
        """Counts the lines of a block, each judged by itself, and keeps those that are not UTF-8."""
        lines = block.splitlines(keepends=True)
        for number, line in enumerate(lines, self.looked_at + 1):
            if not line.isascii():
                if is_utf8(line):
                    self.valid += 1
                else:
                    self.first_bad = self.first_bad or number
                    self.bad.append(line)
        self.looked_at += len(lines)

    def pass_over(self, block: bytes) -> None:
        """A block that is UTF-8 throughout."""
        self.looked_at += block.count(b"\n")
        if not block.isascii():
            self.valid += sum(not line.isascii() for line in block.split(b"\n"))


def is_in(data: bytes, encoding: str) -> bool:
    """Whether these bytes are a text in this encoding."""
    try:
        data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def is_utf8(data: bytes) -> bool:
    """Whether these bytes are a text in UTF-8."""
    return is_in(data, UTF8)


def find_encoding(path: Path, file: IO[bytes], named: str | None = None) -> str:
    """The encoding of a file's text; `named` is that of files which aren't Unicode. Lines may still be damaged."""
    head = file.read(SAMPLE)
    if encoding := _unicode_of(head):
        return encoding
    lines = _look_through(head + file.readline(), file)
    if lines.valid > len(lines.bad) // 10:  # a few characters of another encoding may look like UTF-8
        return UTF8
    if not lines.bad:
        return UTF8
    if named:
        return named
    chinese = [line for line in lines.bad if is_in(line, "gb18030")]
    if 3 * len(chinese) >= 2 * len(lines.bad) and _guess(chinese) in _CHINESE:
        return "gb18030"
    if len(lines.bad) < 2 or len(lines.bad) < THROUGHOUT * lines.looked_at:
        return UTF8
    chinese_too = "gb18030" if is_east_asian(b"".join(chinese), "gb18030") else ""
    names = [name for name in dict.fromkeys((chinese_too, _guess(lines.bad))) if name]
    likely = f" It looks like {' or '.join(names)}." if names else ""
    raise UnreadableFile(
        f"{path} is not UTF-8, as line {lines.first_bad} shows: save it in that encoding, or name its own with "
        f"--encoding (gb18030, big5, shift_jis, cp1252, ...).{likely}"
    )


def _guess(lines: list[bytes]) -> str:
    """The East Asian encoding that these lines seem to be in; blank for none."""
    sample = b"".join(lines)[:SAMPLE]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    best = from_bytes(sample).best()
    name = best.encoding if best else ""
    if name in _CHINESE:
        name = "gb18030"
    return name if name and is_east_asian(sample, name) else ""


def _unicode_of(head: bytes) -> str | None:
    """By its byte order mark; or UTF-16 without one, in which every other byte of ASCII characters is 0."""
    marked = next((name for mark, name in _MARKS if head.startswith(mark)), None)
    if marked == UTF8 or (marked is None and head.count(0) < max(4, len(head) // 20)):
        return None
    if marked:
        return marked
    even, odd = head[::2].count(0), head[1::2].count(0)
    if min(even, odd) > 0.1 * max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _look_through(block: bytes, file: IO[bytes]) -> _Lines:
    lines = _Lines()
    while block and len(lines.bad) < ENOUGH:
        if is_utf8(block):
            lines.pass_over(block)
        else:
            lines.look_at(block)
        block = file.read(BLOCK) + file.readline()
    return lines


def is_east_asian(sample: bytes, encoding: str) -> bool:
    """Whether the sample is whole words of Chinese, Japanese or Korean in this encoding.

    Single accented letters of European languages decode as single characters between Latin ones.
    """
    if not is_in(sample, encoding):
        return False
    runs = re.findall(r"[^\x00-\x7f]+", sample.decode(encoding))
    characters = "".join(runs)
    written = re.findall(r"[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff00-\uffef]", characters)
    return len(characters) >= max(6, 1.8 * len(runs)) and len(written) >= 0.75 * len(characters)


def check_encoding(name: str) -> str:
    """The name of an encoding, if there is one of that name."""
    try:
        "".encode(name)
    except LookupError:
        raise UnreadableFile(
            f"--encoding {name!r} is none that is known: write gb18030, big5, shift_jis, euc_kr, cp1252 and so on"
        ) from None
    return codecs.lookup(name).name


def as_utf8(path: Path, file: IO[bytes], encoding: str) -> Iterator[bytes]:
    """The file's lines in UTF-8; a line that can't be decoded stays as it is."""
    if encoding == UTF8:
        yield from file
    elif encoding.startswith(("utf-16", "utf-32")):
        yield from _wide_as_utf8(path, file, encoding)
    else:
        for line in file:
            try:
                yield line.decode(encoding).encode()
            except UnicodeDecodeError:
                yield line


def _wide_as_utf8(path: Path, file: IO[bytes], encoding: str) -> Iterator[bytes]:
    decoder, rest = codecs.getincrementaldecoder(encoding)("surrogatepass"), ""
    try:
        while block := file.read(SAMPLE):
            *lines, rest = (rest + decoder.decode(block)).split("\n")
            yield from (f"{line}\n".encode("utf-8", "surrogatepass") for line in lines)
        rest += decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is cut short or damaged ({error.reason}): write it again") from error
    if rest:
        yield rest.encode("utf-8", "surrogatepass")
