"""Chinese words of a catalogue by their sounds in Latin letters: "shoujike" and "shǒu jī ké" for 手机壳.

Tones don't count. It needs `pypinyin` (the extra `chinese`); without it nothing is found by sound. It knows words and
how many texts use each.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, lru_cache
from importlib.util import find_spec
from itertools import islice, product

from recommender.search.text.tokenization import is_ideographic

CACHE_SIZE = 100_000
LONGEST = 24  # letters of a word's sound
MOST_ALIKE = 3  # words of one sound that are tried
MOST_READINGS = 27
SHORTEST = 4  # letters of what is read by its sound: shorter ones are words of many languages


class Sounds:
    """`readings` gives what letters may stand for, the likeliest first."""

    def __init__(self, uses: Mapping[str, int]) -> None:
        self._uses = uses

    @cached_property
    def _words(self) -> dict[str, list[str]]:
        words: dict[str, list[str]] = defaultdict(list)
        for word in self._uses:
            if is_ideographic(word) and (sound := sound_of(word)):
                words[sound].append(word)
        return {sound: sorted(alike, key=lambda word: (-self._uses[word], word)) for sound, alike in words.items()}

    def readings(self, letters: str) -> Iterator[tuple[str, ...]]:
        """The catalogue's words whose sounds make up these letters, in as few words as that can be done."""
        parts = self._parted(letters) if len(letters) >= SHORTEST else None
        if parts is not None:
            yield from islice(product(*(self._words[part][:MOST_ALIKE] for part in parts)), MOST_READINGS)

    def _parted(self, letters: str) -> list[str] | None:
        best: list[list[str] | None] = [[]]
        for end in range(1, len(letters) + 1):
            found = [
                [*before, letters[start:end]]
                for start in range(max(0, end - LONGEST), end)
                if (before := best[start]) is not None and letters[start:end] in self._words
            ]
            best.append(min(found, key=len) if found else None)
        return best[-1]


@lru_cache(CACHE_SIZE)
def sound_of(word: str) -> str:
    """The syllables of a Chinese word in Latin letters, without tones and gaps; "" where nobody can tell."""
    return _reader()(word)


@lru_cache(1)
def _reader() -> Callable[[str], str]:
    if find_spec("pypinyin") is None:
        return lambda word: ""
    from pypinyin import Style, lazy_pinyin  # its dictionary takes a moment

    return lambda word: "".join(lazy_pinyin(word, style=Style.NORMAL, errors="ignore", v_to_u=False))
