"""What a text says is not there, or not wanted: "not", "without", "-free", a leading minus, 不含 and the like.

One reader for queries and for the texts of items, so that an item that says "sugar-free" is what "no sugar" asks for,
and no "sugar". It knows the cues of `negation_cues` and cuts Chinese by `chinese_segmentation`; it knows no items.

The words after a cue are denied up to the end of the clause, three at most, where something stands before the cue
("cola without cane sugar"), else only the first ("no sugar cola"); the texts of items, which are longer, deny one word
for each cue. Lists go on after "and", "or" and commas.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field

from recommender.search.text import negation_cues
from recommender.search.text.chinese_segmentation import first_word
from recommender.search.text.normalization import fold, to_plain

MOST_DENIED = 3  # words of a query after one cue
_TOKEN = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]")
_EDGES = " .,;:!?()[]\"'"
_SAYS_NOTHING = """
i we you me my a an the some any something anything show find give want need looking for is
"""
_NOTHING = frozenset(_SAYS_NOTHING.split())


@dataclass(frozen=True, slots=True)
class Polarity:
    """`affirmed` is the folded text without what it denies; `denied` are the phrases that it denies, each once."""

    affirmed: str
    denied: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reader:
    text: str
    is_query: bool
    names: Container[str]
    denied: list[str] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)  # that are taken out of what is said
    taken: list[tuple[int, int]] = field(default_factory=list)  # that are read, and stay

    def read(self) -> Polarity:
        """What the text says and what it denies, read cue by cue."""
        for found in negation_cues.DENIED_BEFORE.finditer(self.text):
            self._deny(found.start(1), found.end(1), found.span())
            self.taken.append(found.span())
        self._read_free()
        for cue in negation_cues.BEFORE.finditer(self.text):
            if not self._is_taken(cue.start()) and not negation_cues.NO_DENIAL.match(self.text, cue.end()):
                self._read_after(cue)
        if self.is_query:
            for cue in negation_cues.MINUS.finditer(self.text):
                self._read_minus(cue)
        if not self.text.isascii():
            self._read_unspaced()
        return Polarity(self._left(), tuple(dict.fromkeys(self.denied)))

    def _left(self) -> str:
        left = list(self.text)
        for start, end in self.spans:
            left[start:end] = " " * (end - start)
        return " ".join("".join(left).split())

    def _deny(self, start: int, end: int, cue: tuple[int, int]) -> None:
        """What stands from `start` to `end` is denied; in a query, the cue with it says nothing else."""
        phrase = self.text[start:end].strip(_EDGES)
        if phrase:
            self.denied.append(phrase)
        self.spans.append((min(start, cue[0]), max(end, cue[1])) if self.is_query else (start, end))

    def _is_taken(self, place: int) -> bool:
        return any(start <= place < end for start, end in (*self.spans, *self.taken))

    def _read_free(self) -> None:
        for pattern in (negation_cues.SUSPENDED, negation_cues.FREE, negation_cues.FREE_WORD):
            for found in pattern.finditer(self.text):
                loose = pattern is negation_cues.FREE and found[2] == " free"
                if found[1] in negation_cues.NEVER_FREE or (loose and found[1] in self.names):
                    continue
                if pattern is negation_cues.FREE and negation_cues.GRATIS.match(self.text, found.end()):
                    continue
                if pattern is negation_cues.FREE_WORD and not self.is_query:
                    self.denied.append(found[1])  # the word itself stays
                else:
                    self._deny(found.start(1), found.end(1), found.span())
        for found in negation_cues.NON.finditer(self.text):
            word = found[1] or found[2]
            if word not in negation_cues.NEVER_NON:
                self._deny(found.end() - len(word), found.end(), found.span())

    def _read_after(self, cue: re.Match[str]) -> None:
        start = cue.end()
        if start < len(self.text) and self.text[start] not in " ":
            return
        ends = min(
            (
                found.start()
                for pattern in (negation_cues.ENDS, negation_cues.BEFORE)
                if (found := pattern.search(self.text, start))
            ),
            default=len(self.text),
        )
        tokens = list(_TOKEN.finditer(self.text, start, ends))
        alone = len(tokens) > 1 and not self._has_statement(cue.start())
        groups, most = [[]], 1 if alone or not self.is_query else MOST_DENIED  # type: list[list[re.Match[str]]], int
        for token in tokens:
            if token[0][0].isdigit() and groups[-1]:
                break
            if negation_cues.AND.fullmatch(token[0]):
                groups.append([])
            elif token[0] not in negation_cues.BETWEEN:
                full = len(groups[-1]) >= most and groups[-1][-1][0] not in negation_cues.QUALIFIERS
                if full and (alone or not self.is_query):
                    break
                if not full:
                    groups[-1].append(token)
        for group in filter(None, groups):
            self._deny(group[0].start(), group[-1].end(), (cue.start(), group[-1].end()))
        if groups[0] and (more := negation_cues.LIST.match(self.text, ends)):
            for phrase in [*more[1].split(",")[1:], more[2]]:
                self.denied.append(phrase.strip())
            self.spans.append(more.span())

    def _has_statement(self, until: int) -> bool:
        """Whether anything is wanted before this place: in a query, or in the same clause of a text."""
        before = self.text[:until]
        if not self.is_query:
            before = re.split(r"[.;:!?,|]", before)[-1]
        for token in _TOKEN.finditer(before):
            taken = self.is_query and self._is_taken(token.start())
            if not taken and _LETTERS.search(token[0]) and token[0] not in _NOTHING:
                return True
        return False

    def _read_minus(self, cue: re.Match[str]) -> None:
        rest = self.text[cue.end() :]
        quoted = re.match(r'"([^"]+)"', rest)
        word = quoted or _TOKEN.match(rest)
        if word is not None and not self._is_taken(cue.start()):
            self._deny(cue.end(), cue.end() + word.end(), cue.span())

    def _read_unspaced(self) -> None:
        for found in (
            *negation_cues.JAPANESE_AFTER.finditer(self.text),
            *negation_cues.KOREAN_AFTER.finditer(self.text),
        ):
            if not negation_cues.CHINESE_BEFORE.search(self.text, max(found.start() - 3, 0), found.end()):
                self._deny(found.start(1), found.end(1), found.span())
        for found in negation_cues.THAI_BEFORE.finditer(self.text):
            self._deny(found.start(1), found.end(1), found.span())
        words = [found.span() for found in negation_cues.CHINESE_WORDS.finditer(self.text)]
        for cue in negation_cues.CHINESE_BEFORE.finditer(self.text):
            if any(start <= cue.start() < end for start, end in words) or self._is_taken(cue.start()):
                continue
            self._read_chinese(cue)

    def _read_chinese(self, cue: re.Match[str]) -> None:
        between = negation_cues.CHINESE_BETWEEN.match(self.text, cue.end())
        start = between.end() if between else cue.end()
        run = negation_cues.CHINESE_RUN.match(self.text, start)
        if run is None:
            return
        stop = negation_cues.CHINESE_ENDS.search(run[0])
        inner = next(
            (
                one
                for one in negation_cues.CHINESE_BEFORE.finditer(run[0])
                if not negation_cues.CHINESE_WORDS.match(run[0], one.start())
            ),
            None,
        )
        end = min([len(run[0]), *(one.start() for one in (stop, inner) if one is not None)])
        whole = stop is not None and end == stop.start()
        phrases = negation_cues.CHINESE_AND.split(run[0][:end])
        upto = start
        for phrase in filter(None, phrases):
            denied = phrase if whole or phrase[0].isascii() else first_word(phrase)
            at = self.text.find(phrase, upto)
            self._deny(at, at + len(denied), (cue.start(), at + len(denied)))
            upto = at + len(phrase)
            if denied != phrase:
                break
        if self.is_query and whole and stop is not None:
            self.spans.append((start + stop.start(), start + stop.end()))


def read_polarity(folded_text: str, is_query: bool = False, names: Container[str] = frozenset()) -> Polarity:
    """What a folded text says and what it denies; `names` (of brands) are none of what something can be free of.

    A minus before a word denies it in a query only: titles are full of dashes.
    """
    return _Reader(folded_text, is_query, names).read()


def wanted_text(query: str) -> str:
    """What of a query the encoder reads: all of it, in its script, or what is wanted where it says what is not."""
    polarity = read_polarity(fold(query), is_query=True)
    return polarity.affirmed if polarity.denied else to_plain(query)
